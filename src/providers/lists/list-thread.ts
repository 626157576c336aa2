import { MessageChannel, type MessagePort, SHARE_ENV, Worker } from "node:worker_threads";
import type { Clock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { AppError } from "../../base/errors.js";
import type { FaultLink, PageHead, PageMessage, PageOrder } from "./list-worker.js";
import type { ParsedPage } from "./parse-page.js";

export type PageRequest = Omit<PageOrder, "maxErrorBytes" | "rowsAtOnce">;

/** What a vendor answered to a request for a page. `bytes`: length of the body, unpacked. */
export type PageAnswer =
  | { readonly kind: "refused"; readonly status: number; readonly headers: Headers; readonly text: string }
  | { readonly kind: "too-large" }
  | { readonly kind: "page"; readonly headers: Headers; readonly bytes: number; readonly page: ParsedPage };

/**
 * Fetches and parses pages of model lists in one other thread, so that no list, whatever its size, holds a chat up:
 * only what is kept of a row passes through this thread. The other one lives for as long as lists are being read.
 */
export interface ListThread {
  /**
   * Sends a GET and reads the answer. Redirects are not followed.
   * @throws {TypeError} when there is no connection, or it breaks @throws {AppError} when the thread fails or hangs
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

/** The environment is the process's own, since Node.js finds its proxy there. */
const startListWorker = () =>
  new Worker(new URL("./list-worker.js", import.meta.url), {
    env: SHARE_ENV,
    argv: [],
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });

export function createListThread({
  clock,
  startWorker = startListWorker,
}: {
  readonly clock: Clock;
  readonly startWorker?: () => Worker;
}): ListThread {
  let worker: Worker | undefined;
  let readers = 0;
  const stop = () => {
    worker?.removeAllListeners("exit").terminate(); // closes its ports, at which every reader throws
    worker = undefined;
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
      worker ??= start();
      readers += 1;
      const { port1: port, port2 } = new MessageChannel();
      const order: PageOrder = { ...request, maxErrorBytes: MAX_ERROR_BYTES, rowsAtOnce: ROWS_AT_ONCE };
      worker.postMessage({ order, port: port2 }, [port2]);
      try {
        const answer = await nextMessage(port, signal);
        if (answer.kind === "refused") return { ...answer, headers: new Headers(answer.headers) };
        if (answer.kind === "too-large") return answer;
        if (answer.kind !== "parsing") throw faultOf(answer);
        const what = "the thread that reads model lists";
        const deadline = { what, timeoutMs: PARSE_TIMEOUT_MS, clock, signal };
        return await withDeadline((inner) => takePage(port, inner), deadline).catch((cause: unknown) => {
          signal.throwIfAborted();
          stop(); // whatever else waits for it would wait in vain
          throw new AppError("internal", `${what} failed`, { cause });
        });
      } finally {
        port.close();
        readers -= 1;
        // The next page of the same list is asked for before that.
        setImmediate(() => readers === 0 && stop());
      }
    },
  };
}

/** @throws {TypeError} when the thread ends @throws signal.reason when aborted */
function nextMessage(port: MessagePort, signal: AbortSignal): Promise<PageMessage> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      port.off("message", take).off("close", fail);
      signal.removeEventListener("abort", giveUp);
      end();
    };
    const take = (message: PageMessage) => settle(() => resolve(message));
    const fail = () => settle(() => reject(new TypeError("the thread that reads model lists ended by itself")));
    const giveUp = () => settle(() => reject(signal.reason));
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", giveUp);
    port.on("message", take).on("close", fail);
  });
}

async function takePage(port: MessagePort, signal: AbortSignal): Promise<PageAnswer> {
  const message = await nextMessage(port, signal);
  if (message.kind !== "page") throw faultOf(message);
  const { head, bytes } = message;
  const page = head.kind === "list" ? await withRows(head, port, signal) : head;
  return { kind: "page", headers: new Headers(message.headers), bytes, page };
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
    if (some.length === 0) throw faultOf(message);
    rows.push(...some);
  }
  return { ...head, rows };
}

/** Returns what fetch would have thrown in this thread; or that the message is not the expected one. */
function faultOf(message: PageMessage): Error {
  if (message.kind !== "failed")
    return new AppError("internal", "the thread that reads model lists sent an unexpected message");
  return message.chain.reduceRight<Error>(
    (cause, { message: text, code }: FaultLink) =>
      Object.assign(new TypeError(text, { cause }), code === undefined ? {} : { code }),
    new TypeError("fetch failed"),
  );
}
