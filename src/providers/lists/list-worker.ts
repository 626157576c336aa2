import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { type MessagePort, parentPort } from "node:worker_threads";
import { type HeaderPairs, headerPairs, sendRequest, unpacked } from "../http/send-request.js";
import { type ParsedPage, type ParseTerms, parsePage } from "./parse-page.js";

/**
 * One page of a list to fetch and parse; everything about it goes through a port of its own, which closes when it is
 * over.
 */
export interface PageOrder extends ParseTerms {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Most bytes of the body, unpacked. */
  readonly maxBytes: number;
  /** Most bytes of an error's body; of a longer one nothing is kept. */
  readonly maxErrorBytes: number;
  readonly rowsAtOnce: number;
}

/** One link of the chain of causes of a failed request. */
export interface FaultLink {
  readonly message: string;
  readonly code: string | undefined;
}

/** A parsed page without its rows: these follow, `rowsAtOnce` for each message that asks for more. */
export type PageHead =
  | Exclude<ParsedPage, { kind: "list" }>
  | (Omit<Extract<ParsedPage, { kind: "list" }>, "rows"> & { readonly rowCount: number });

/** What the worker posts about an order. */
export type PageMessage =
  /** Any status outside 200 to 299, with the body's text. */
  | { readonly kind: "refused"; readonly status: number; readonly headers: HeaderPairs; readonly text: string }
  | { readonly kind: "failed"; readonly chain: readonly FaultLink[] }
  | { readonly kind: "too-large" }
  /** The body has arrived, and parsing begins. */
  | { readonly kind: "parsing" }
  | { readonly kind: "page"; readonly headers: HeaderPairs; readonly bytes: number; readonly head: PageHead }
  /** `json`: rows as text, which takes its reader half the time that objects take. */
  | { readonly kind: "rows"; readonly json: string };

/** Returns the whole body; undefined where it is larger than `maxBytes`, and then the rest is not read. */
async function bytesOf(body: Readable, maxBytes: number): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function answer(order: PageOrder, port: MessagePort, signal: AbortSignal): Promise<void> {
  const post = (message: PageMessage) => port.postMessage(message);
  const asked = { ...order.headers, "accept-encoding": "gzip, deflate, br" };
  const response = await sendRequest({ url: order.url, headers: asked, signal, isRepeatable: true });
  const { statusCode: status = 0 } = response;
  const headers = headerPairs(response);
  const body = unpacked(response);
  if (status < 200 || status > 299) {
    // The status says enough where the text breaks off or is too long.
    const text = `${(await bytesOf(body, order.maxErrorBytes).catch(() => undefined)) ?? ""}`;
    return post({ kind: "refused", status, headers, text });
  }
  const bytes = await bytesOf(body, order.maxBytes);
  if (bytes === undefined) return post({ kind: "too-large" });
  post({ kind: "parsing" });
  const digest = createHash("sha256").update(bytes).digest("base64");
  const page: ParsedPage = digest === order.known ? { kind: "known" } : parsePage(bytes, digest, order);
  const about = { kind: "page", headers, bytes: bytes.byteLength } as const;
  if (page.kind !== "list") return post({ ...about, head: page });
  const { rows, ...head } = page;
  let sent = 0;
  port.on("message", () => {
    post({ kind: "rows", json: JSON.stringify(rows.slice(sent, sent + order.rowsAtOnce)) });
    sent += order.rowsAtOnce;
  });
  post({ ...about, head: { ...head, rowCount: rows.length } });
}

function chainOf(error: unknown): readonly FaultLink[] {
  const chain: FaultLink[] = [];
  for (let link = error; link instanceof Error && chain.length < 5; link = link.cause) {
    chain.push({ message: link.message, code: "code" in link ? String(link.code) : undefined });
  }
  return chain;
}

parentPort?.on("message", ({ order, port }: { readonly order: PageOrder; readonly port: MessagePort }) => {
  const calledOff = new AbortController();
  port.on("close", () => calledOff.abort());
  answer(order, port, calledOff.signal).catch((error: unknown) =>
    port.postMessage({ kind: "failed", chain: chainOf(error) } satisfies PageMessage),
  );
});
