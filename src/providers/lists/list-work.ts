import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { ParsedList, ParseTerms } from "./parse-list.js";

/** From the main thread; `id` tells the lists that are read at the same time apart. */
export type ListOrder = { readonly id: number } & (
  | { readonly kind: "fetch"; readonly url: string; readonly headers: Headings; readonly maxErrorBytes: number }
  | ({ readonly kind: "read"; readonly maxBytes: number; readonly rowsAtOnce: number } & ParseTerms)
  | { readonly kind: "more" }
  /** Nothing more is wanted of it. */
  | { readonly kind: "drop" }
);

type Headings = readonly (readonly [string, string])[];

/** One link of the chain of causes of a failed fetch. */
export interface FaultLink {
  readonly message: string;
  readonly code: string | undefined;
}

/** A list without its rows, which follow a few at a time. */
export type ListHead =
  | Exclude<ParsedList, { kind: "list" }>
  | (Omit<Extract<ParsedList, { kind: "list" }>, "rows"> & { readonly count: number });

export type ListNews = { readonly id: number } & (
  | {
      readonly kind: "response";
      readonly status: number;
      readonly headers: Headings;
      /** The body of an answer that is no list; null where it waits to be read. */
      readonly text: string | null;
    }
  | { readonly kind: "failed"; readonly chain: readonly FaultLink[] }
  /** The body is there, and being parsed. */
  | { readonly kind: "parsing"; readonly bytes: number }
  | { readonly kind: "too-large" }
  | { readonly kind: "head"; readonly head: ListHead }
  /** `json`: rows as text, which takes its reader half the time that objects take. */
  | { readonly kind: "rows"; readonly json: string }
);

interface Port {
  on(event: "message", listener: (order: ListOrder) => void): void;
  postMessage(news: ListNews): void;
}

/** What the thread hands to the work. */
export interface WorkTools {
  readonly http: Pick<typeof import("node:http"), "request">;
  readonly https: Pick<typeof import("node:https"), "request">;
  readonly zlib: Pick<typeof import("node:zlib"), "createGunzip" | "createInflate" | "createBrotliDecompress">;
  readonly pipeline: typeof import("node:stream").pipeline;
  parse(bytes: Uint8Array, terms: ParseTerms): ParsedList;
}

/**
 * Asks for lists and parses them in a thread of its own, and hands their rows over a few at a time. Its text is what
 * the thread runs, so it uses nothing from outside itself but what it is handed.
 */
export function listWork(port: Port, { http, https, zlib, pipeline, parse }: WorkTools): void {
  interface List {
    readonly calledOff: AbortController;
    body?: Readable | undefined;
    rows: readonly unknown[];
    sent: number;
    rowsAtOnce: number;
  }
  type Order<Kind> = Extract<ListOrder, { kind: Kind }>;
  const lists = new Map<number, List>();

  const chainOf = (error: unknown): readonly FaultLink[] => {
    const chain: FaultLink[] = [];
    for (let link = error; link instanceof Error && chain.length < 5; link = link.cause) {
      chain.push({ message: link.message, code: "code" in link ? String(link.code) : undefined });
    }
    return chain;
  };

  /** By node:http: fetch is 10 MB more, and its first call in a thread never ends where the peer hangs up at once. */
  const answerOf = (url: string, headers: Headings, signal: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { request } = url.startsWith("https:") ? https : http;
      const terms = { headers: { ...Object.fromEntries(headers), "accept-encoding": "gzip, deflate, br" }, signal };
      request(url, terms, resolve).on("error", reject).end();
    });

  const unpacked = (response: IncomingMessage): Readable => {
    const encoding = response.headers["content-encoding"]?.toLowerCase();
    const unpack = {
      gzip: zlib.createGunzip,
      "x-gzip": zlib.createGunzip,
      deflate: zlib.createInflate,
      br: zlib.createBrotliDecompress,
    }[encoding ?? ""];
    // What goes wrong with either is told by the body.
    return unpack === undefined ? response : pipeline(response, unpack(), () => {});
  };

  /** The body up to a bound; undefined when it is larger, and then the rest is not read. */
  const bytesOf = async (body: Readable | undefined, maxBytes: number): Promise<Buffer | undefined> => {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of body ?? []) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) return undefined;
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  };

  const open = async ({ id, url, headers, maxErrorBytes }: Order<"fetch">) => {
    const list: List = { calledOff: new AbortController(), rows: [], sent: 0, rowsAtOnce: 1 };
    lists.set(id, list);
    const response = await answerOf(url, headers, list.calledOff.signal);
    const { statusCode: status = 0, rawHeaders } = response;
    const isList = status >= 200 && status < 300;
    const body = unpacked(response);
    if (isList) list.body = body;
    // The status of an error says enough where its text breaks off or is too long.
    const text = isList ? null : `${(await bytesOf(body, maxErrorBytes).catch(() => undefined)) ?? ""}`;
    const pairs = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""] as const] : []));
    port.postMessage({ id, kind: "response", status, headers: pairs, text });
  };

  const read = async ({ id, maxBytes, rowsAtOnce, ...terms }: Order<"read">) => {
    const list = lists.get(id);
    const bytes = await bytesOf(list?.body, maxBytes);
    if (bytes === undefined) return port.postMessage({ id, kind: "too-large" });
    port.postMessage({ id, kind: "parsing", bytes: bytes.byteLength });
    const parsed = parse(bytes, terms);
    if (parsed.kind !== "list") return port.postMessage({ id, kind: "head", head: parsed });
    const { rows, ...head } = parsed;
    if (list) Object.assign(list, { rows, rowsAtOnce });
    port.postMessage({ id, kind: "head", head: { ...head, count: rows.length } });
  };

  const sendMore = ({ id }: Order<"more">) => {
    const list = lists.get(id);
    if (list === undefined) return;
    const { rows, sent, rowsAtOnce } = list;
    list.sent += rowsAtOnce;
    port.postMessage({ id, kind: "rows", json: JSON.stringify(rows.slice(sent, sent + rowsAtOnce)) });
  };

  const drop = ({ id }: Order<"drop">) => {
    lists.get(id)?.calledOff.abort();
    lists.delete(id);
  };

  port.on("message", (order) => {
    const fail = (error: unknown) => port.postMessage({ id: order.id, kind: "failed", chain: chainOf(error) });
    if (order.kind === "fetch") open(order).catch(fail);
    else if (order.kind === "read") read(order).catch(fail);
    else if (order.kind === "more") sendMore(order);
    else drop(order);
  });
}
