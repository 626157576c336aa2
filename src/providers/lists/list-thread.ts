import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { type Clock, nextTurn, OVER } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { AppError } from "../../base/errors.js";
import { headersOf, type ResponseHeaders, sendRequest, unpacked } from "../http/send-request.js";
import type { PageHead, PageMessage, PageOrder } from "./list-worker.js";
import type { ParsedPage } from "./parse-page.js";

export interface PageRequest extends Omit<PageOrder, "pieces" | "encoding" | "rowsAtOnce"> {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a vendor answered to a request for a page. `bytes`: length of the body, unpacked. */
export type PageAnswer =
  | { readonly kind: "refused"; readonly status: number; readonly headers: ResponseHeaders; readonly text: string }
  | { readonly kind: "too-large" }
  | { readonly kind: "page"; readonly headers: ResponseHeaders; readonly bytes: number; readonly page: ParsedPage };

/**
 * Fetches pages of model lists, and unpacks and parses them in one other thread, so that no list, whatever its size,
 * holds a chat up: of a body only its bytes pass through this thread as they come, and what is kept of a row. The other
 * one starts while the vendor is waited for, and lives for as long as lists are being read.
 */
export interface ListThread {
  /**
   * Sends a GET and reads the answer. Redirects are not followed.
   * @throws what node:http says of a connection that fails, and zlib of a body @throws {AppError} when the thread fails
   *   or hangs
   * @throws signal.reason when aborted
   */
  read(request: PageRequest, signal: AbortSignal): Promise<PageAnswer>;
}

/** Parsing so few rows blocks this thread for well under a millisecond. */
const ROWS_AT_ONCE = 100;
/** Longest time for parsing; the largest list that is read takes a tenth of it. */
const PARSE_TIMEOUT_MS = 5_000;
/** 8 MB of JSON become some 160 MB of objects at worst; more ends the thread and nothing else. */
const MAX_HEAP_MB = 512;
const MAX_ERROR_BYTES = 64 * 1024;
/** Whoever refuses a connection does so at once, and then no thread is started, which takes 10 MB and 30 ms. */
const START_AFTER_MS = 30;

const WORKER = { env: {}, argv: [], execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } };
const startListWorker = () => new Worker(new URL("./list-worker.js", import.meta.url), WORKER);

export function createListThread({
  clock,
  startWorker = startListWorker,
}: {
  readonly clock: Clock;
  readonly startWorker?: () => Worker;
}): ListThread {
  let worker: Worker | undefined;
  let readers = 0;
  const stop = (stopped = worker) => {
    stopped?.removeAllListeners("exit").terminate(); // closes its ports, at which every reader throws
    if (worker === stopped) worker = undefined;
  };
  const start = (): Worker => {
    const started = startWorker();
    const forget = () => {
      if (worker === started) worker = undefined;
    };
    return started.on("error", forget).on("exit", forget);
  };

  return {
    async read(request, signal) {
      signal.throwIfAborted();
      readers += 1;
      const isOver = new AbortController();
      const startAhead = () => {
        worker ??= start();
      };
      clock.sleep(START_AFTER_MS, isOver.signal).then(startAhead, () => {}); // it was faster
      try {
        const body = await fetchBody(request, signal);
        if (body.kind !== "body") return body;
        worker ??= start();
        const asked = worker;
        const parsed = await parse(asked, body, request, { clock, signal }).catch((cause: unknown) => {
          signal.throwIfAborted();
          stop(asked); // whatever else waits for it would wait in vain
          throw new AppError("internal", `${WHAT} failed`, { cause });
        });
        if (parsed.kind === "failed") throw Object.assign(new Error("unpacking failed"), { code: parsed.code });
        return parsed.kind === "too-large" ? parsed : { ...parsed, headers: body.headers };
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        isOver.abort(OVER);
        readers -= 1;
        // The next page of the same list is asked for before that.
        setImmediate(() => readers === 0 && stop());
      }
    },
  };
}

const WHAT = "the thread that reads model lists";

/** Has the thread parse a body. @throws {AppError} when it fails or hangs @throws signal.reason when aborted */
async function parse(
  worker: Worker,
  { pieces, encoding }: Body,
  { url: _url, headers: _headers, ...terms }: PageRequest,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
) {
  const { port1: port, port2 } = new MessageChannel();
  const order: PageOrder = { ...terms, pieces, encoding, rowsAtOnce: ROWS_AT_ONCE };
  const deadline = { what: WHAT, timeoutMs: PARSE_TIMEOUT_MS, clock, signal };
  try {
    worker.postMessage({ order, port: port2 }, [port2, ...pieces.map(({ buffer }) => buffer)]);
    // The thread may have to start first, and on a busy machine that takes as long as it takes.
    if ((await nextMessage(port, signal)).kind !== "begun") throw unexpected();
    return await withDeadline((inner) => takePage(port, inner), deadline);
  } finally {
    port.close();
  }
}

/** A body as it came, in pieces that hold nothing else and can be handed over. */
interface Body {
  readonly kind: "body";
  readonly headers: ResponseHeaders;
  readonly encoding: string | undefined;
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
}

async function fetchBody(
  { url, headers, maxBytes }: PageRequest,
  signal: AbortSignal,
): Promise<Body | Exclude<PageAnswer, { kind: "page" }>> {
  const asked = { ...headers, "accept-encoding": "gzip, deflate, br" };
  const response = await sendRequest({ url, headers: asked, signal, isRepeatable: true });
  const { statusCode: status = 0 } = response;
  const about = { headers: headersOf(response) };
  if (status < 200 || status > 299) {
    // The status says enough where the text breaks off or is too long.
    const read = unpacked(response).then((body) => piecesOf(body, MAX_ERROR_BYTES));
    const pieces = await read.catch(() => undefined);
    return { ...about, kind: "refused", status, text: Buffer.concat(pieces ?? []).toString() };
  }
  const pieces = await piecesOf(response, maxBytes);
  const encoding = response.headers["content-encoding"];
  return pieces === undefined ? { kind: "too-large" } : { ...about, kind: "body", encoding, pieces };
}

/** Returns a whole body; undefined where it is larger than `maxBytes`, and then the rest is not read. */
async function piecesOf(body: AsyncIterable<Uint8Array>, maxBytes: number) {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) return undefined;
    pieces.push(new Uint8Array(piece));
    // What is already there would come in one go.
    await nextTurn();
  }
  return pieces;
}

/** @throws {AppError} when the thread ends @throws signal.reason when aborted */
function nextMessage(port: MessagePort, signal: AbortSignal): Promise<PageMessage> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      port.off("message", take).off("close", fail);
      signal.removeEventListener("abort", giveUp);
      end();
    };
    const take = (message: PageMessage) => settle(() => resolve(message));
    const fail = () => settle(() => reject(new AppError("internal", "it ended by itself")));
    const giveUp = () => settle(() => reject(signal.reason));
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", giveUp);
    port.on("message", take).on("close", fail);
  });
}

/** @throws {AppError} when the thread ends, or posts what is not expected @throws signal.reason when aborted */
async function takePage(port: MessagePort, signal: AbortSignal) {
  const message = await nextMessage(port, signal);
  if (message.kind === "rows" || message.kind === "begun") throw unexpected();
  if (message.kind !== "page") return message;
  const { kind, head, bytes } = message;
  return { kind, bytes, page: head.kind === "list" ? await withRows(head, port, signal) : head };
}

async function withRows(
  { rowCount, ...head }: Extract<PageHead, { kind: "list" }>,
  port: MessagePort,
  signal: AbortSignal,
): Promise<ParsedPage> {
  const rows: unknown[] = [];
  while (rows.length < rowCount) {
    port.postMessage("more");
    const message = await nextMessage(port, signal);
    const some: readonly unknown[] = message.kind === "rows" ? JSON.parse(message.json) : [];
    if (some.length === 0) throw unexpected();
    rows.push(...some);
  }
  return { ...head, rows };
}

const unexpected = () => new AppError("internal", "it posted an unexpected message");
