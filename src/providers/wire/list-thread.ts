import { Worker } from "node:worker_threads";
import type { Clock } from "../../clock.js";
import { withDeadline } from "../../deadline.js";
import { AppError } from "../../errors.js";
import { type ListHead, type ListNews, type ListOrder, listWork } from "./list-work.js";

export interface ThreadTerms {
  /** Fields of a row that are read. */
  readonly fields: readonly string[];
  readonly maxRows: number;
  /** Digest of a body that need not be read again. */
  readonly known?: string | undefined;
  readonly signal: AbortSignal;
}

/** A parsed list, or what it was instead. */
export type ThreadResult =
  | Exclude<ListHead, { kind: "list" }>
  | (Extract<ListHead, { kind: "list" }> & { readonly rows: readonly unknown[] });

/** Reads a list in another thread, which takes the pieces away. @throws {AppError} when the thread dies or hangs @throws signal.reason when aborted */
export type ListThread = (pieces: readonly Uint8Array[], terms: ThreadTerms) => Promise<ThreadResult>;

/** So few rows take the main thread well under a millisecond. */
const ROWS_AT_ONCE = 200;
/** The same for pieces of up to 64 KB. */
const PIECES_AT_ONCE = 4;
/** The largest list that is read takes a tenth of it; a thread that takes longer hangs. */
const LONGEST_WORK_MS = 5_000;
/** 8 MB of JSON become some 150 MB of objects at worst; more ends the thread and nothing else. */
const MAX_HEAP_MB = 256;

/** As `digestOf`; the thread cannot import it. */
const DIGEST = `(bytes) => require("node:crypto").createHash("sha256").update(bytes).digest("base64")`;

/** One thread at a time, so that many large lists take one core at most; it lives for as long as lists wait for it. */
export function createListThread({ clock, work = listWork }: { clock: Clock; work?: typeof listWork }): ListThread {
  const source = `(${work.toString()})(require("node:worker_threads").parentPort, ${DIGEST})`;
  let last: Promise<unknown> = Promise.resolve();
  let inLine = 0;
  let worker: Worker | undefined;

  const end = () => {
    worker?.removeAllListeners();
    worker?.on("error", () => {}); // it is being ended: nobody waits for what it says
    worker?.terminate().catch(() => {}); // it has ended already
    worker = undefined;
  };
  const run = async (pieces: readonly Uint8Array[], { signal, ...terms }: ThreadTerms): Promise<ThreadResult> => {
    signal.throwIfAborted();
    worker ??= startWorker(source);
    const mine = worker;
    const what = "the thread that reads a model list";
    const deadline = { what, timeoutMs: LONGEST_WORK_MS, clock, signal };
    return withDeadline((inner) => readList(mine, pieces, terms, inner), deadline);
  };

  return (pieces, terms) => {
    inLine += 1;
    const mine = last.then(() => run(pieces, terms));
    last = mine.then(
      () => {
        inLine -= 1;
        if (inLine === 0) end();
      },
      () => {
        inLine -= 1;
        end(); // its own caller's matter; the next one gets a thread that is known to work
      },
    );
    return mine;
  };
}

function startWorker(source: string): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MB };
  const worker = new Worker(source, { eval: true, env: {}, argv: [], execArgv: [], resourceLimits });
  worker.unref();
  return worker;
}

/** Nothing else lies in its memory, which travels as a whole; a piece that shares it has to be copied. */
const isWhole = ({ buffer, byteLength }: Uint8Array) =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;

async function readList(
  worker: Worker,
  pieces: readonly Uint8Array[],
  { fields, maxRows, known }: Omit<ThreadTerms, "signal">,
  signal: AbortSignal,
): Promise<ThreadResult> {
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
  let news = next();
  for (const [index, piece] of pieces.entries()) {
    if (index % PIECES_AT_ONCE === PIECES_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve));
    const bytes = isWhole(piece) ? piece : new Uint8Array(piece);
    post({ kind: "piece", bytes }, [bytes.buffer as ArrayBuffer]);
  }
  post({ kind: "end", fields, maxRows, known, rowsAtOnce: ROWS_AT_ONCE });
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
}
