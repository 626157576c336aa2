import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { pipeline, type Readable } from "node:stream";
import zlib from "node:zlib";

export interface HttpRequest {
  readonly url: string;
  /** Default: GET. */
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Ends the request, and the answer while it comes. */
  readonly signal: AbortSignal;
}

/**
 * Sends a request with node:http and resolves with the response's head. Redirects are not followed. fetch takes twice
 * the CPU for an answer that comes in small pieces, and 10 MB more; in a thread its first call never ends where the
 * peer hangs up at once.
 * @throws what node:http says of a connection that fails, or of the abort
 */
export const sendRequest = ({ url, body, ...options }: HttpRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { request } = url.startsWith("https:") ? https : http;
    request(url, options, resolve).on("error", reject).end(body);
  });

/** What is asked of headers; both node:http's and fetch's answer it. */
export type ResponseHeaders = Pick<Headers, "get">;

/** Returns a response's headers, without the copy and the checks of a `Headers`. */
export const headersOf = ({ headers }: IncomingMessage): ResponseHeaders => ({
  get: (name) => headers[name]?.toString() ?? null,
});

export type HeaderPairs = [name: string, value: string][];

/** Returns a response's headers in the order in which they came. */
export const headerPairs = ({ rawHeaders }: IncomingMessage): HeaderPairs =>
  rawHeaders.flatMap((name, at): HeaderPairs => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""]] : []));

/** Returns a response's body, unpacked where it is packed; reading it throws whatever goes wrong with either. */
export function unpacked(response: IncomingMessage): Readable {
  const unpack = {
    gzip: zlib.createGunzip,
    "x-gzip": zlib.createGunzip,
    deflate: zlib.createInflate,
    br: zlib.createBrotliDecompress,
  }[response.headers["content-encoding"]?.toLowerCase() ?? ""];
  return unpack === undefined ? response : pipeline(response, unpack(), () => {});
}

/** Reads a response's body to its end, as text. @throws what breaks it off */
export const textOf = (response: IncomingMessage): Promise<string> =>
  new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    unpacked(response)
      .on("data", (piece) => pieces.push(piece))
      .on("end", () => resolve(Buffer.concat(pieces).toString()))
      .on("error", reject);
  });
