import type { ProviderErrorReason } from "../provider.js";

interface NetworkFault {
  readonly reason: ProviderErrorReason;
  /** Continues a sentence that begins with the provider's id. */
  readonly phrase: string;
  /** What may be kept as a cause: a system code, never an address or a body. */
  readonly code: string | undefined;
}

const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, "could not be reached: the connection was refused"],
  [/^(ENOTFOUND|EAI_AGAIN)$/, "could not be reached: its address was not found"],
  [/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/, "could not be reached: its certificate is not trusted"],
  [/^(ENETUNREACH|EHOSTUNREACH|ENETDOWN)$/, "could not be reached: there is no network"],
];

/** What a failed connection means. Reads the chain of causes, since fetch itself only says "fetch failed". */
export function networkFault(error: unknown): NetworkFault {
  const chain = causesOf(error);
  const code = chain.map((link) => ("code" in link ? String(link.code) : "")).find((text) => /^[A-Z_0-9]+$/.test(text));
  const text = chain.map((link) => link.message).join("; ");
  if (/unexpected redirect/i.test(text)) {
    return {
      reason: "network",
      phrase: "answered with a redirect, which is not followed; set its final address",
      code,
    };
  }
  // zlib's own codes: bytes came, and were not what their headers say.
  if (/^Z_/.test(code ?? "")) return { reason: "malformed", phrase: "sent an answer that cannot be unpacked", code };
  if (/TIMEDOUT|TIMEOUT/.test(code ?? "") || /timed? ?out/i.test(text)) {
    return { reason: "timeout", phrase: "gave no answer in time", code };
  }
  const phrase = PHRASES.find(([pattern]) => pattern.test(code ?? ""))?.[1];
  return { reason: "network", phrase: phrase ?? "broke the connection", code };
}

function causesOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let link = error; link instanceof Error && chain.length < 5; link = link.cause) chain.push(link);
  return chain;
}
