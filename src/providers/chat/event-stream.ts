import type { Readable } from "node:stream";
import { plainError } from "../http/provider-fault.js";
import type { ProviderId } from "../provider.js";

/** Who gets what a stream says. */
export interface EventSink {
  /** The data of one event; `name` is its `event:` field, "" where it has none. */
  json(value: unknown, name: string): void;
  /** The stream says that it is over (`[DONE]`). */
  done(): void;
  /** An error whose text is no JSON. */
  fault(words: string): void;
}

/** Longest line, in UTF-16 code units; the longest real ones hold an image or a whole answer. */
export const MAX_LINE_CHARS = 16 * 2 ** 20;
/** Longest stream, in bytes, unpacked. */
export const MAX_STREAM_BYTES = 64 * 2 ** 20;

const LF = 10;
const SPACE = 32;
const DATA = "data:";
const EVENT = "event:";
const MAX_STRAY_CHARS = 500;

/**
 * Reads server-sent events (WHATWG HTML, 9.2) and what vendors make of them: a line that is JSON in itself counts at
 * once, so that it needs no blank line behind it; a body that is JSON without `data:` is read as one event, or as one a
 * line; data that is neither JSON nor an error is a keep-alive. Takes time linear in what it reads.
 */
export class EventStreamParser {
  readonly #provider: ProviderId;
  readonly #sink: EventSink;
  readonly #decoder = new TextDecoder();
  #bytes = 0;
  /** The line that has not ended yet, in pieces: joined once, when it ends. */
  #rest: string[] = [];
  #restChars = 0;
  #skipsLineFeed = false;
  #name = "";
  /** Data lines that are JSON together only. */
  #pending: string[] = [];
  #pendingChars = 0;
  /** Lines of a body that is no event stream. */
  #bare: string[] = [];
  #hasEvents = false;
  #stray = "";

  constructor(provider: ProviderId, sink: EventSink) {
    this.#provider = provider;
    this.#sink = sink;
  }

  /** @throws {ProviderError} `malformed` where an event is broken, or more comes than may; `address` at a web page */
  push(bytes: Uint8Array) {
    this.#bytes += bytes.byteLength;
    if (this.#bytes > MAX_STREAM_BYTES) throw this.#tooLarge("an answer", MAX_STREAM_BYTES);
    this.#lines(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Reads what has come without an end of its line. A broken event is no fault here: the stream was cut off. */
  end() {
    this.#lines(this.#decoder.decode());
    const last = this.#takeRest("");
    if (last !== "") this.#line(last);
    const bare = this.#bare.join("\n");
    const value = parsed(bare !== "" ? bare : this.#pending.join("\n"));
    if (value !== undefined) this.#sink.json(value, this.#name);
    else if (!this.#hasEvents && bare === "" && this.#stray !== "") {
      if (/[^\P{Cc}\t]|\ufffd/u.test(this.#stray)) throw plainError(this.#provider, "malformed");
      this.#sink.fault(this.#stray);
    }
  }

  #tooLarge(what: string, bound: number) {
    return plainError(this.#provider, "malformed", `sent ${what} of more than ${bound / 2 ** 20} MB`);
  }

  #lines(text: string) {
    if (text === "") return;
    let from = this.#skipsLineFeed && text.charCodeAt(0) === LF ? 1 : 0;
    this.#skipsLineFeed = false;
    let carriage = text.indexOf("\r", from);
    for (;;) {
      const feed = text.indexOf("\n", from);
      if (carriage !== -1 && carriage < from) carriage = text.indexOf("\r", from);
      const isCarriage = carriage !== -1 && (feed === -1 || carriage < feed);
      const end = isCarriage ? carriage : feed;
      if (end === -1) break;
      this.#line(this.#takeRest(text.slice(from, end)));
      from = end + 1;
      if (!isCarriage) continue;
      if (from === text.length) this.#skipsLineFeed = true;
      else if (text.charCodeAt(from) === LF) from += 1;
    }
    if (from < text.length) this.#keepRest(text.slice(from));
  }

  #keepRest(piece: string) {
    this.#rest.push(piece);
    this.#restChars += piece.length;
    if (this.#restChars > MAX_LINE_CHARS) throw this.#tooLarge("a line", MAX_LINE_CHARS);
    // The last line may never end, and the answer is over anyway.
    if (this.#restChars > DONE_CHARS) return;
    const line = this.#rest.join("");
    if (line.startsWith(DATA) && isDone(line.slice(DATA.length))) this.#line(this.#takeRest(""));
  }

  #takeRest(end: string): string {
    if (this.#restChars === 0) return end;
    const line = this.#rest.join("") + end;
    this.#rest = [];
    this.#restChars = 0;
    return line;
  }

  #line(given: string) {
    const line = given === "" || given.startsWith(DATA) ? given : given.replace(/^\s*data:/i, DATA);
    if (line.startsWith(DATA)) {
      this.#hasEvents = true;
      return this.#data(line.charCodeAt(DATA.length) === SPACE ? line.slice(DATA.length + 1) : line.slice(DATA.length));
    }
    if (line === "") return this.#endEvent();
    if (line.startsWith(EVENT)) {
      this.#hasEvents = true;
      this.#name = line.slice(EVENT.length).trim();
      if (isDone(this.#name) || END_EVENT.test(this.#name)) this.#sink.done();
    } else if (isDone(line)) this.#sink.done();
    else if (!this.#hasEvents && line[0] !== ":") this.#bareLine(line);
  }

  #data(framed: string) {
    // Some proxies frame what is framed already.
    const text = framed.startsWith(DATA) ? framed.replace(/^(data:\s*)+/, "") : framed;
    if (this.#pending.length > 0) return this.#keepPending(text);
    const start = text.trimStart()[0];
    if (start !== "{" && start !== "[") return this.#words(text.trim());
    if (start === "[" && isDone(text)) return this.#sink.done();
    const value = parsed(text);
    if (value !== undefined) return this.#sink.json(value, this.#name);
    const parts = concatenated(text);
    if (parts === undefined) return this.#keepPending(text);
    for (const part of parts) this.#sink.json(part, this.#name);
  }

  #keepPending(text: string) {
    this.#pending.push(text);
    this.#pendingChars += text.length;
    if (this.#pendingChars > MAX_LINE_CHARS) throw this.#tooLarge("an event", MAX_LINE_CHARS);
  }

  #words(text: string) {
    if (isDone(text)) this.#sink.done();
    else if (text !== "" && (this.#name === "error" || /^\W{0,2}(error|exception|fail)/i.test(text))) {
      this.#sink.fault(text.slice(0, MAX_STRAY_CHARS));
    }
  }

  #endEvent() {
    const name = this.#name;
    this.#name = "";
    if (this.#pending.length === 0) return;
    const text = this.#pending.join("\n");
    this.#pending = [];
    this.#pendingChars = 0;
    const value = parsed(text);
    if (value !== undefined) return this.#sink.json(value, name);
    if (/^\[error/i.test(text.trimStart())) return this.#sink.fault(text.slice(0, MAX_STRAY_CHARS));
    // Its text is a piece of the answer, so it is not kept.
    throw plainError(this.#provider, "malformed");
  }

  #bareLine(line: string) {
    const start = line.trimStart()[0];
    if (this.#bare.length === 0) {
      if (start === "<") {
        throw plainError(this.#provider, "address", "sent a web page instead of an answer; check its base URL");
      }
      if (start !== "{" && start !== "[") {
        this.#stray ||= line.slice(0, MAX_STRAY_CHARS);
        return;
      }
      const value = parsed(line);
      if (value !== undefined) return this.#sink.json(value, "");
    }
    this.#bare.push(line);
  }
}

const DONE_CHARS = 20;
const isDone = (text: string) => text.length <= DONE_CHARS && /^\s*"?(\[done\]|done)"?\s*$/i.test(text);
const END_EVENT = /^(end|completed?|finish(ed)?)$/i;

/** Undefined where it is no JSON object or list. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined; // what it is then, the caller decides
  }
}

/** The objects of a line in which a proxy lost what stood between them: `{…}{…}`, `{…}data: {…}`. */
function concatenated(text: string): readonly unknown[] | undefined {
  const parts: unknown[] = [];
  let from = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === "\\") at++;
    if (char === "{" && depth++ === 0) from = at;
    if (char !== "}" || --depth !== 0) continue;
    const value = parsed(text.slice(from, at + 1));
    if (value === undefined) return undefined;
    parts.push(value);
  }
  return depth === 0 && parts.length > 1 ? parts : undefined;
}

export type Piece =
  | { readonly done: true; readonly value?: undefined }
  | { readonly done: false; readonly value: Uint8Array };

const END: Piece = { done: true };

/** Reads a body piece by piece, each as it comes: without the promises and copies of a web stream. */
export class BodyReader {
  readonly #body: Readable;
  readonly #pieces: Piece[] = [];
  #fault: unknown;
  #waiting: { resolve(piece: Piece): void; reject(error: unknown): void } | undefined;

  constructor(body: Readable) {
    this.#body = body
      .on("data", (value: Uint8Array) => this.#take({ done: false, value }))
      .on("end", () => this.#take(END))
      .on("error", (error) => {
        this.#fault = error;
        this.#waiting?.reject(error);
        this.#waiting = undefined;
      });
  }

  /** Resolves with the next piece. One call at a time. @throws what closed the connection, or an abort's error */
  read(): Promise<Piece> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) return Promise.resolve(piece);
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    if (this.#body.readableEnded) return Promise.resolve(END);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Ends the connection: nobody reads the rest. */
  cancel(): void {
    this.#body.destroy();
  }

  #take(piece: Piece): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#pieces.push(piece);
    else waiting.resolve(piece);
  }
}
