import { normalErrorBody } from "./error-body.js";
import { NOT_MODIFIED } from "./validators.js";

/**
 * Whatever else an SDK would send on the environment's word (as OPENAI_CUSTOM_HEADERS) must not reach another vendor.
 */
const ALLOWED_HEADERS =
  /^(accept|authorization|content-type|user-agent|if-none-match|if-modified-since|anthropic-version|x-stainless-.+)$/;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** An error's text is short; more of it is not read. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * The fetch that vendors' SDKs get: redirects are refused (a redirect would carry key and prompt to another host),
 * and the body of an error is bounded and brought into the one shape that the SDKs understand.
 */
export function guardedFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    for (const name of [...headers.keys()]) if (!ALLOWED_HEADERS.test(name)) headers.delete(name);
    // Not "error": with that, undici 6 (Node 20) no longer hears of an abort once garbage was collected, so that a
    // stream
    // that somebody stops would go on at the provider.
    const response = await fetch(input, { ...init, headers, redirect: "manual" });
    if (REDIRECTS.has(response.status) || response.type === "opaqueredirect") {
      await response.body?.cancel();
      throw new TypeError("fetch failed", { cause: new Error("unexpected redirect") }); // as fetch itself would say it
    }
    // An answer without a body, which is no error.
    return response.ok || response.status === NOT_MODIFIED ? response : plainError(response);
  };
}

async function plainError(response: Response): Promise<Response> {
  const text = await readText(response, MAX_ERROR_BYTES).catch(() => ""); // the status says enough
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  return new Response(normalErrorBody(text), { status: response.status, headers });
}

/**
 * A body's text, decoded.
 * @throws {RangeError} when it is larger than `maxBytes`; the rest is not read
 */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
