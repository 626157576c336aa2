import type { ChatEvent, Usage } from "../provider.js";
import { ThinkTagSplitter } from "./think-tags.js";

type Finish = Extract<ChatEvent, { type: "finish" }>;

const MAX_WORD_CHARS = 40;

/** An answer as it comes in: the events that nobody has taken yet, and what is known of its end. */
export class AnswerDraft {
  usage: Usage | undefined;
  model: string | undefined;
  /** The vendor's word for how the answer ended. */
  finishWord: string | undefined;
  /** What was said, or a part of it, came as a refusal. */
  hasRefused = false;
  wantsTool = false;
  /** Anything has come; anything that the protocol knows has come. */
  hasEvents = false;
  hasShape = false;
  /** An error came instead of more of the answer, as the vendor wrote it. */
  error: unknown;
  #isDone = false;
  #hasSaid = false;
  #hasDeltas = false;
  #message = "";
  #events: ChatEvent[] = [];
  readonly #splitter: ThinkTagSplitter;
  /** `mayOpenInThought`: whether this model's text may begin with thoughts that no tag opens. */
  constructor({ mayOpenInThought = false }: { readonly mayOpenInThought?: boolean } = {}) {
    this.#splitter = new ThinkTagSplitter(
      {
        say: (text) => this.#put("text-delta", text),
        think: (text) => this.#put("reasoning-delta", text),
        hold: () => this.progress(),
      },
      mayOpenInThought,
    );
  }

  /** A further piece of the text. */
  say(text: string) {
    if (text === "") return;
    this.#hasDeltas = true;
    this.#splitter.push(text);
  }

  /** A message beside or instead of deltas: all of the text so far, or a further piece of it. */
  sayMessage(text: string) {
    if (this.#hasDeltas || text === "") return;
    const isSoFar = text.startsWith(this.#message);
    const more = isSoFar ? text.slice(this.#message.length) : text;
    this.#message = isSoFar ? text : this.#message + text;
    if (more !== "") this.#splitter.push(more);
  }

  think(text: string) {
    if (text === "") return;
    // Whoever tells thoughts by a field of their own has none in the text.
    this.#splitter.release();
    this.#put("reasoning-delta", text);
  }

  /** Whether the text began with thoughts that no tag opened; undefined where nothing has told. */
  get openedInThought(): boolean | undefined {
    return this.#splitter.openedInThought;
  }

  /** Gives what was held back: nothing follows. */
  flush() {
    this.#splitter.end();
  }

  /** Something came that is not shown. */
  progress() {
    if (this.#events.length === 0) this.#events.push({ type: "progress" });
  }

  /** The stream said that the answer is over. */
  end() {
    this.#isDone = true;
  }

  fail(error: unknown) {
    this.error ??= error;
  }

  /** True as soon as nothing can follow. */
  get isOver(): boolean {
    return this.#isDone || (this.finishWord !== undefined && this.usage !== undefined);
  }

  /** True once its end was told, and a good one. */
  get isWhole(): boolean {
    if (this.finishWord === undefined) return this.#isDone;
    return sortFinish(this.finishWord) !== "broken-off";
  }

  get hasSaid(): boolean {
    return this.#hasSaid;
  }

  /** Returns the oldest event that nobody has taken. */
  take(): ChatEvent | undefined {
    return this.#events.length === 1 ? this.#events.pop() : this.#events.shift();
  }

  /** The vendor's word for the end as people may read it; undefined where it looks like an id or a key. */
  get shownWord(): string | undefined {
    const word = this.finishWord?.replace(/[^\w .-]/g, "").slice(0, MAX_WORD_CHARS);
    return word === undefined || /(\d\D*){3}/.test(word) ? undefined : word;
  }

  /** Puts the last events; false where the answer is not whole. */
  finish(limits: Finish["limits"]): boolean {
    this.flush();
    if (!this.isWhole) return false;
    const { usage, model, wantsTool } = this;
    const about = { ...(usage && { usage }), ...(limits && { limits }), ...(model && { model }) };
    this.#events.push({ type: "finish", ...this.#reason(), ...(wantsTool && { wantsTool }), ...about });
    return true;
  }

  #reason(): Pick<Finish, "reason" | "word"> {
    const word = this.finishWord ?? "stop";
    const kind = sortFinish(word);
    if (kind === "length" || kind === "filtered" || kind === "refused") return { reason: kind };
    if (kind === "whole") return { reason: this.hasRefused ? "refused" : "stop" };
    const { shownWord } = this;
    return { reason: "other", ...(shownWord !== undefined && { word: shownWord }) };
  }

  #put(type: "text-delta" | "reasoning-delta", text: string) {
    if (type === "text-delta") this.#hasSaid = true;
    const last = this.#events.at(-1);
    // Pieces that came together travel together.
    if (last?.type === type) this.#events[this.#events.length - 1] = { type, text: last.text + text };
    else this.#events.push({ type, text });
  }
}

/** What a vendor's word for the end of an answer means; `unknown` where it tells nothing. */
export type FinishKind = "whole" | "length" | "filtered" | "refused" | "broken-off" | "unknown";

/** Finish reasons without case, spaces and signs between their words. */
const KNOWN: Readonly<Record<string, FinishKind>> = {
  stop: "whole",
  stopsequence: "whole",
  stoptoken: "whole",
  eos: "whole",
  eostoken: "whole",
  eot: "whole",
  end: "whole",
  endturn: "whole",
  toolcalls: "whole",
  tooluse: "whole",
  functioncall: "whole",
  refusal: "refused",
  length: "length",
  maxtokens: "length",
  pauseturn: "unknown",
  malformedfunctioncall: "broken-off",
};

/** Judged in this order: "incomplete" holds "complete", "stopped_by_error" holds "stop", "filter_error" is no fault. */
const WORDS: readonly (readonly [FinishKind, RegExp])[] = [
  ["unknown", /unspecified|unknown|^other$|^none$|^null$/],
  ["refused", /refus/],
  [
    "filtered",
    /filter|safety|unsafe|moderat|block|sensitiv|prohibit|policy|guardrail|recitation|spii|risk|violat|censor/,
  ],
  ["filtered", /^language$|flagged|toxic|armor|copyright|harm|abuse|hate|sexual|jailbreak/],
  ["length", /max.?(output.?|new.?|completion.?)?tokens|token.?limit/],
  [
    "broken-off",
    /error|abort|cancel|fail|time.?out|interrupt|incomplete|disconnect|insufficient|resource|network|overload/,
  ],
  [
    "broken-off",
    /unavailable|exception|malformed|unexpected|kill|crash|preempt|shutdown|evict|terminat|broken|rate.?limit/,
  ],
  ["broken-off", /^(un)?load|partial|lost|closed/],
  ["length", /length|max|limit|truncat|window|budget|exceed/],
  ["whole", /stop|eos|eot|eom|end|done|complete|finish|success|^normal$|^tool.?calls?$/],
];

/** Sorts a vendor's finish reason, in any letter case. An unknown word is never taken for a good end. */
export function sortFinish(word: string): FinishKind {
  const text = word.toLowerCase();
  const known = KNOWN[text.replace(/[^a-z]/g, "")];
  return known ?? WORDS.find(([, pattern]) => pattern.test(text))?.[0] ?? "unknown";
}
