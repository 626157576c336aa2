import { SHARE_ENV, Worker } from "node:worker_threads";
import type { Clock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { AppError } from "../../base/errors.js";
import { createInbox, type Inbox } from "./inbox.js";
import { type FaultLink, type ListNews, type ListOrder, listWork } from "./list-work.js";
import { type ParsedList, type ParseTerms, parseList } from "./parse-list.js";

export interface ReadTerms extends ParseTerms {
  /** Of the decoded body. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** `bytes`: length of the decoded body. */
export type ThreadResult = { readonly kind: "too-large" } | (ParsedList & { readonly bytes: number });

/** Asks for lists and reads them in another thread: nothing but what is kept of a row passes through this one. */
export interface ListThread {
  /**
   * As the global one, for GET, and no redirect is followed. The body of a success waits in the thread for `read()`.
   * @throws {TypeError} when there is no answer, as fetch does @throws signal.reason when aborted
   */
  readonly fetch: typeof globalThis.fetch;
  /**
   * Reads the body of a success that `fetch()` brought, once.
   * @throws {TypeError} when the connection breaks @throws {AppError} when the thread dies of it, or hangs
   * @throws signal.reason when aborted
   */
  read(response: Response, terms: ReadTerms): Promise<ThreadResult>;
}

/** So few rows take the main thread well under a millisecond. */
const ROWS_AT_ONCE = 100;
/** The largest list that is read takes a tenth of it; a thread that takes longer hangs. */
const LONGEST_WORK_MS = 5_000;
/** 8 MB of JSON become some 160 MB of objects at worst; more ends the thread and nothing else. */
const MAX_HEAP_MB = 512;
/** An error's text is short; more of it is not read. */
const MAX_ERROR_BYTES = 64 * 1024;
/** What a `Response` takes. */
const MIN_STATUS = 200;
const MAX_STATUS = 599;
/** Statuses with which it takes no body. */
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Tells a body from any other. */
const DIGEST = `(bytes) => require("node:crypto").createHash("sha256").update(bytes).digest("base64")`;

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/** This thread's end of one list. */
interface Wire extends Pick<Inbox<ListNews>, "next"> {
  ask(order: WithoutId<ListOrder>, signal: AbortSignal | undefined): Promise<ListNews>;
  close(): void;
}

/** One thread for all lists, so that they take one core at most; it lives for as long as lists are being read. */
export function createListThread({ clock, work = listWork }: { clock: Clock; work?: typeof listWork }): ListThread {
  const source = `(${work.toString()})(require("node:worker_threads").parentPort, {
    http: require("node:http"), https: require("node:https"),
    zlib: require("node:zlib"), pipeline: require("node:stream").pipeline,
    parse: (bytes, terms) => (${parseList.toString()})(bytes, terms, ${DIGEST}) })`;
  const wires = new WeakMap<Response, Wire>();
  const lists = new Map<number, Inbox<ListNews>>();
  let worker: Worker | undefined;
  let lastId = 0;

  const end = () => {
    worker?.removeAllListeners();
    worker?.on("error", () => {}); // it is being ended: nobody waits for what it says
    worker?.terminate().catch(() => {}); // it has ended already
    worker = undefined;
    for (const list of lists.values()) list.fail(new TypeError("the thread that reads model lists ended by itself"));
    lists.clear();
  };
  const start = (): Worker => {
    const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MB };
    // The environment is the process's own, since Node.js finds its proxy there.
    const started = new Worker(source, { eval: true, env: SHARE_ENV, argv: [], execArgv: [], resourceLimits });
    started.on("message", (news: ListNews) => lists.get(news.id)?.take(news));
    return started.on("messageerror", end).on("error", end).on("exit", end);
  };

  const openWire = (): Wire => {
    worker ??= start();
    const mine = worker;
    lastId += 1;
    const id = lastId;
    const inbox = createInbox<ListNews>();
    lists.set(id, inbox);
    const post = (order: WithoutId<ListOrder>) => mine.postMessage({ ...order, id });
    return {
      next: inbox.next,
      ask(order, signal) {
        post(order);
        return inbox.next(signal);
      },
      close() {
        if (!lists.delete(id)) return;
        post({ kind: "drop" });
        // The next page of the same list is asked for before that.
        setImmediate(() => lists.size === 0 && end());
      },
    };
  };

  return {
    async fetch(input, init) {
      const signal = init?.signal ?? undefined;
      signal?.throwIfAborted();
      const wire = openWire();
      let isWaiting = false;
      try {
        const headers = [...new Headers(init?.headers)];
        const terms = { url: `${input}`, headers, maxErrorBytes: MAX_ERROR_BYTES };
        const news = await wire.ask({ kind: "fetch", ...terms }, signal);
        if (news.kind !== "response") throw faultOf(news);
        const status = Math.min(Math.max(news.status, MIN_STATUS), MAX_STATUS);
        const response = new Response(NO_BODY.has(status) ? null : news.text, {
          status,
          headers: news.headers.map(([...pair]) => pair),
        });
        isWaiting = response.ok;
        wires.set(response, wire);
        return response;
      } finally {
        if (!isWaiting) wire.close();
      }
    },
    async read(response, { signal, ...terms }) {
      const wire = wires.get(response);
      if (wire === undefined) throw new AppError("internal", "this thread did not fetch that list");
      try {
        const news = await wire.ask({ kind: "read", rowsAtOnce: ROWS_AT_ONCE, ...terms }, signal);
        if (news.kind === "too-large") return { kind: "too-large" };
        if (news.kind !== "parsing") throw faultOf(news);
        const what = "the thread that reads model lists";
        const deadline = { what, timeoutMs: LONGEST_WORK_MS, clock, signal };
        const list = await withDeadline((inner) => takeList(wire, inner), deadline).catch((cause: unknown) => {
          signal.throwIfAborted();
          end(); // it would not come to the next list either
          throw new AppError("internal", "the thread that reads model lists failed", { cause });
        });
        return { ...list, bytes: news.bytes };
      } finally {
        wire.close();
      }
    },
  };
}

async function takeList(wire: Wire, signal: AbortSignal): Promise<ParsedList> {
  const news = await wire.next(signal);
  if (news.kind !== "head") throw faultOf(news);
  if (news.head.kind !== "list") return news.head;
  const { count, ...head } = news.head;
  const rows: unknown[] = [];
  while (rows.length < count) {
    const more = await wire.ask({ kind: "more" }, signal);
    const some: readonly unknown[] = more.kind === "rows" ? JSON.parse(more.json) : [];
    if (some.length === 0) throw faultOf(more);
    rows.push(...some);
  }
  return { ...head, rows };
}

/** What fetch would have thrown here; or that the news is none that was asked for. */
function faultOf(news: ListNews): Error {
  if (news.kind !== "failed") return new AppError("internal", "the thread that reads model lists lost its place");
  const [first, ...causes] = news.chain;
  const cause = causes.reduceRight<Error | undefined>((inner, link) => linkOf(link, inner), undefined);
  return Object.assign(new TypeError(first?.message ?? "fetch failed", { cause }), codeOf(first));
}

const linkOf = (link: FaultLink, cause: Error | undefined) =>
  Object.assign(new Error(link.message, { cause }), codeOf(link));
const codeOf = (link: FaultLink | undefined) => (link?.code === undefined ? {} : { code: link.code });
