import { Worker } from "node:worker_threads";
import type { Clock } from "../../clock.js";
import { withDeadline } from "../../deadline.js";
import { AppError } from "../../errors.js";
import { type ListHead, type ListNews, type ListOrder, listWork } from "./list-work.js";

export interface ThreadTerms {
  /** Fields of a row that are read; a dot leads into a part, as "pricing.prompt". */
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
/** The same for copies of pieces of up to 64 KB. */
const COPIES_AT_ONCE = 4;
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

type OwnPiece = Uint8Array<ArrayBuffer>;

/** Pieces that may travel: memory does so as a whole, so a piece that shares it with others is copied. */
async function ownPieces(pieces: readonly Uint8Array[]): Promise<readonly OwnPiece[]> {
  const own: OwnPiece[] = [];
  let copies = 0;
  for (const piece of pieces) {
    if (isOwn(piece)) own.push(piece);
    else {
      own.push(new Uint8Array(piece));
      copies += 1;
      if (copies % COPIES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return own;
}

const isOwn = (piece: Uint8Array): piece is OwnPiece =>
  piece.buffer instanceof ArrayBuffer && piece.buffer.byteLength === piece.byteLength;

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
  const body = await ownPieces(pieces);
  signal.throwIfAborted();
  let news = next();
  const order = { kind: "body", pieces: body, fields, maxRows, known, rowsAtOnce: ROWS_AT_ONCE } as const;
  post(
    order,
    body.map(({ buffer }) => buffer),
  );
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
