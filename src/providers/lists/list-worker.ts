import { createHash } from "node:crypto";
import { type MessagePort, parentPort } from "node:worker_threads";
import zlib from "node:zlib";
import { type Packing, packingOf } from "../http/packing.js";
import { type ParsedPage, type ParseTerms, parsePage } from "./parse-page.js";

/** One page of a list to parse; everything about it goes through a port of its own, which closes when it is over. */
export interface PageOrder extends ParseTerms {
  /** The body as it came. */
  readonly pieces: readonly Uint8Array[];
  /** How it is packed: the value of the header. */
  readonly encoding: string | undefined;
  /** Most bytes of the body, unpacked. */
  readonly maxBytes: number;
  readonly rowsAtOnce: number;
}

/** A parsed page without its rows: these follow, `rowsAtOnce` for each message that asks for more. */
export type PageHead =
  | Exclude<ParsedPage, { kind: "list" }>
  | (Omit<Extract<ParsedPage, { kind: "list" }>, "rows"> & { readonly rowCount: number });

/** What the worker posts about an order. */
export type PageMessage =
  /** The thread has started, and begins with the order. */
  | { readonly kind: "begun" }
  /** The body cannot be unpacked; `code` is zlib's. */
  | { readonly kind: "failed"; readonly code: string }
  | { readonly kind: "too-large" }
  | { readonly kind: "page"; readonly bytes: number; readonly head: PageHead }
  /** `json`: rows as text, which takes its reader half the time that objects take. */
  | { readonly kind: "rows"; readonly json: string };

type Unpack = (packed: Uint8Array, options: zlib.ZlibOptions & zlib.BrotliOptions) => Buffer;
const UNPACK: Readonly<Record<Packing, Unpack>> = {
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  "deflate-raw": zlib.inflateRawSync,
  br: zlib.brotliDecompressSync,
};

/** Returns what is posted first. @throws what zlib throws */
function answer({ pieces, encoding, ...order }: PageOrder, port: MessagePort): PageMessage {
  const packed = Buffer.concat(pieces);
  const packing = packingOf(encoding, packed);
  const body = packing === undefined ? packed : UNPACK[packing](packed, { maxOutputLength: order.maxBytes + 1 });
  const bytes = body.byteLength;
  if (bytes > order.maxBytes) return { kind: "too-large" };
  const digest = createHash("sha256").update(body).digest("base64");
  const page: ParsedPage = digest === order.known ? { kind: "known" } : parsePage(body, digest, order);
  if (page.kind !== "list") return { kind: "page", bytes, head: page };
  const { rows, ...head } = page;
  let sent = 0;
  port.on("message", () => {
    const json = JSON.stringify(rows.slice(sent, sent + order.rowsAtOnce));
    port.postMessage({ kind: "rows", json } satisfies PageMessage);
    sent += order.rowsAtOnce;
  });
  return { kind: "page", bytes, head: { ...head, rowCount: rows.length } };
}

function failure(error: unknown): PageMessage {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code === "ERR_BUFFER_TOO_LARGE" ? { kind: "too-large" } : { kind: "failed", code };
}

parentPort?.on("message", ({ order, port }: { readonly order: PageOrder; readonly port: MessagePort }) => {
  port.postMessage({ kind: "begun" } satisfies PageMessage);
  try {
    port.postMessage(answer(order, port));
  } catch (error) {
    port.postMessage(failure(error));
  }
});
