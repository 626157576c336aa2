import { Worker } from "node:worker_threads";
import type { Clock } from "../../clock.js";
import { withDeadline } from "../../deadline.js";
import { AppError } from "../../errors.js";
import { type ListHead, type ListNews, type ListOrder, listWork } from "./list-work.js";

export interface ThreadTerms {
  /** Fields of a row that are read. */
  readonly fields: readonly string[];
  readonly maxRows: number;
  readonly signal: AbortSignal;
}

/** A parsed list, or what it was instead. */
export type ThreadResult =
  | Exclude<ListHead, { kind: "list" }>
  | (Extract<ListHead, { kind: "list" }> & { readonly rows: readonly unknown[] });

/** Reads a list in another thread. @throws {AppError} when the thread dies or hangs @throws signal.reason when aborted */
export type ListThread = (pieces: readonly Uint8Array[], terms: ThreadTerms) => Promise<ThreadResult>;

/** So few rows take the main thread well under a millisecond. */
const ROWS_AT_ONCE = 200;
/** The largest list that is read takes a tenth of it; a thread that takes longer hangs. */
const LONGEST_WORK_MS = 5_000;
/** 8 MB of JSON become some 150 MB of objects at worst; more ends the thread and nothing else. */
const MAX_HEAP_MB = 256;

/** One thread at a time, so that many large lists take one core at most; it lives for one list. */
export function createListThread({ clock, work = listWork }: { clock: Clock; work?: typeof listWork }): ListThread {
  let last: Promise<unknown> = Promise.resolve();
  const source = `(${work.toString()})(require("node:worker_threads").parentPort)`;

  return (pieces, { signal, ...terms }) => {
    const mine = last.then(() => {
      signal.throwIfAborted();
      const what = "the thread that reads a model list";
      return withDeadline((inner) => runWorker(source, pieces, terms, inner), {
        what,
        timeoutMs: LONGEST_WORK_MS,
        clock,
        signal,
      });
    });
    last = mine.catch(() => {}); // its own caller's matter; the next one goes on
    return mine;
  };
}

async function runWorker(
  source: string,
  pieces: readonly Uint8Array[],
  { fields, maxRows }: Omit<ThreadTerms, "signal">,
  signal: AbortSignal,
): Promise<ThreadResult> {
  const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MB };
  const worker = new Worker(source, { eval: true, env: {}, argv: [], execArgv: [], resourceLimits });
  worker.unref();
  let giveUp = () => {};
  signal.addEventListener("abort", () => giveUp(), { once: true });
  const post = (order: ListOrder, transfer: ArrayBuffer[] = []) => worker.postMessage(order, transfer);
  const next = () =>
    new Promise<ListNews>((resolve, reject) => {
      const fail = () => reject(new AppError("internal", "the thread that reads a model list ended by itself"));
      worker.removeAllListeners();
      worker.once("message", resolve).once("messageerror", fail).once("error", fail).once("exit", fail);
      giveUp = () => reject(signal.reason);
    });
  try {
    let news = next();
    for (const piece of pieces) {
      // A copy: the piece may share its memory with others, which would travel along.
      const bytes = new Uint8Array(piece);
      post({ kind: "piece", bytes }, [bytes.buffer]);
    }
    post({ kind: "end", fields, maxRows, rowsAtOnce: ROWS_AT_ONCE });
    const head = await news;
    if (head.kind === "rows") throw new AppError("internal", "the thread sent rows before their head");
    if (head.kind !== "list") return head;
    const rows: unknown[] = [];
    while (rows.length < head.count) {
      news = next();
      post({ kind: "more" });
      const more = await news;
      if (more.kind !== "rows" || more.rows.length === 0) throw new AppError("internal", "the thread lost rows");
      rows.push(...more.rows);
    }
    return { ...head, rows };
  } finally {
    worker.removeAllListeners();
    worker.on("error", () => {}); // it is being ended: nobody waits for what it says
    worker.terminate().catch(() => {}); // it has ended already
  }
}
