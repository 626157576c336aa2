import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { pipeline, type Readable, type Transform } from "node:stream";
import zlib from "node:zlib";
import { type Packing, packingOf } from "./packing.js";

export interface HttpRequest {
  readonly url: string;
  /** Default: GET. */
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Ends the request, and the answer while it comes. */
  readonly signal: AbortSignal;
  /**
   * Whether to send it again, once and over a new connection, where a kept one was closed before any answer: a server
   * closes what was idle too long just as the next request goes out. Default: false.
   */
  readonly isRepeatable?: boolean;
}

/** A host that is up takes a connection within a second or two. */
const CONNECT_MS = 10_000;

/**
 * Sends a request with node:http and resolves with the response's head. Redirects are not followed. fetch takes twice
 * the CPU for an answer that comes in small pieces, and 10 MB more.
 * @throws what node:http says of a connection that fails, or of the abort; `ETIMEDOUT` where none comes about
 */
export const sendRequest = (asked: HttpRequest, connectMs = CONNECT_MS): Promise<IncomingMessage> =>
  send(asked, connectMs, asked.isRepeatable === true);

const send = (asked: HttpRequest, connectMs: number, mayRepeat: boolean): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { url, body, method, headers, signal } = asked;
    const { request } = /^https:/i.test(url) ? https : http;
    const connection = asked.isRepeatable && !mayRepeat ? { agent: false as const } : {};
    // Without an error after an answer that is none, as a switch of protocols.
    const lose = () => reject(fault("ECONNRESET"));
    const take = (response: IncomingMessage) => {
      sent.off("close", lose);
      resolve(response);
    };
    const sent: ClientRequest = request(url, { method, headers, signal, timeout: connectMs, ...connection }, take)
      // Silence later on is the caller's to bear.
      .on("timeout", () => isConnecting(sent.socket) && sent.destroy(fault("ETIMEDOUT")))
      .on("error", (error) =>
        mayRepeat && sent.reusedSocket && isClosed(error) ? resolve(send(asked, connectMs, false)) : reject(error),
      )
      .on("close", lose);
    sent.end(body);
  });

/** Whether the other side closed the connection: `ECONNRESET` is also "socket hang up". */
const isClosed = (error: object): boolean => "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");

const isConnecting = (socket: Socket | null): boolean =>
  socket !== null && (socket.connecting || ("secureConnecting" in socket && socket.secureConnecting === true));

const fault = (code: string) => Object.assign(new Error(`no answer: ${code}`), { code });

/** What is asked of headers; both node:http's and fetch's answer it. */
export type ResponseHeaders = Pick<Headers, "get">;

/** Returns a response's headers, without the copy and the checks of a `Headers`. */
export const headersOf = ({ headers }: IncomingMessage): ResponseHeaders => ({
  get: (name) => headers[name]?.toString() ?? null,
});

type HeaderPairs = [name: string, value: string][];

/** Returns a response's headers in the order in which they came. */
export const headerPairs = ({ rawHeaders }: IncomingMessage): HeaderPairs =>
  rawHeaders.flatMap((name, at): HeaderPairs => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""]] : []));

const UNPACKERS: Readonly<Record<Packing, () => Transform>> = {
  gzip: zlib.createGunzip,
  deflate: zlib.createInflate,
  "deflate-raw": zlib.createInflateRaw,
  br: zlib.createBrotliDecompress,
};

/**
 * Returns a response's body, unpacked where it is packed; reading it throws whatever goes wrong with either.
 * @throws `Z_UNKNOWN_ENCODING` where nothing here can unpack it @throws what breaks it off before its first bytes
 */
export async function unpacked(response: IncomingMessage): Promise<Readable> {
  const packing = packingOf(response.headers["content-encoding"], await startOf(response));
  return packing === undefined ? response : pipeline(response, UNPACKERS[packing](), () => {});
}

/** Waits for the first bytes, and leaves them where they are; none where it ends without any. */
const startOf = (response: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const settle = () => {
      // Nothing is readable where it has ended already.
      response.off("error", reject).off("readable", settle).off("end", settle).off("close", settle);
      const piece: Buffer | null = response.read();
      if (piece !== null) response.unshift(piece);
      resolve(piece ?? Buffer.alloc(0));
    };
    response.once("error", reject).once("readable", settle).once("end", settle).once("close", settle);
  });

/** Reads a response's body to its end, as text. @throws what breaks it off */
export async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await unpacked(response)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
