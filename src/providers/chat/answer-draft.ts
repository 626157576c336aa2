import type { ChatEvent, Usage } from "../provider.js";

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
  readonly #splitter = new ThinkTagSplitter({
    say: (text) => this.#put("text-delta", text),
    think: (text) => this.#put("reasoning-delta", text),
  });

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
    if (text !== "") this.#put("reasoning-delta", text);
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
    this.#splitter.end();
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

/** How models without a reasoning field of their own mark thoughts that stand before the answer. */
const TAGS: readonly (readonly [open: string, close: string])[] = [
  ["<think>", "</think>"],
  ["<thinking>", "</thinking>"],
  ["<thought>", "</thought>"],
  ["<reasoning>", "</reasoning>"],
  ["<seed:think>", "</seed:think>"],
  ["[think]", "[/think]"],
  ["◁think▷", "◁/think▷"],
  // gpt-oss, where its server does not read the channels
  ["<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"],
];
const LONGEST_TAG = Math.max(...TAGS.map(([open]) => open.length));

/** Lowers ASCII letters only, so that no character changes its length. */
const lowered = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

interface ThinkSink {
  say(text: string): void;
  think(text: string): void;
}

/** Tells thoughts in tags at the very beginning of a text from the answer behind them; tags may come in pieces. */
export class ThinkTagSplitter {
  readonly #sink: ThinkSink;
  #state: "start" | "thinking" | "behind" | "answer" = "start";
  #held = "";
  #close = "";
  #hasThought = false;

  constructor(sink: ThinkSink) {
    this.#sink = sink;
  }

  push(text: string) {
    if (this.#state === "answer") return this.#sink.say(text);
    this.#held += text;
    let before: string;
    do {
      before = this.#state;
      if (before === "thinking") this.#think();
      else if (before !== "answer") this.#begin();
    } while (this.#state !== before);
  }

  /** Gives what was held back, as nothing follows that could make a tag of it. */
  end() {
    const held = this.#state === "behind" ? this.#held.trimStart() : this.#held;
    this.#held = "";
    if (held === "") return;
    if (this.#state === "thinking") this.#sink.think(held);
    else this.#sink.say(held);
  }

  #begin() {
    const text = this.#held.trimStart();
    const start = lowered(text.slice(0, LONGEST_TAG));
    const tag = TAGS.find(([open]) => start.startsWith(open));
    if (tag !== undefined) {
      [, this.#close] = tag;
      this.#held = text.slice(tag[0].length);
      this.#state = "thinking";
    } else if (!TAGS.some(([open]) => open.startsWith(start)))
      this.#answer(this.#state === "behind" ? text : this.#held);
  }

  #think() {
    if (!this.#hasThought) this.#held = this.#held.trimStart();
    const end = lowered(this.#held).indexOf(this.#close);
    if (end >= 0) {
      if (end > 0) this.#sink.think(this.#held.slice(0, end));
      this.#held = this.#held.slice(end + this.#close.length);
      this.#state = "behind";
      return;
    }
    // As much as may be the beginning of the closing tag waits for what follows.
    const kept = Math.min(this.#close.length - 1, this.#held.length);
    const thought = this.#held.slice(0, this.#held.length - kept);
    this.#hasThought ||= thought !== "";
    if (thought !== "") this.#sink.think(thought);
    this.#held = kept === 0 ? "" : this.#held.slice(-kept);
  }

  #answer(text: string) {
    if (text === "") return;
    this.#state = "answer";
    this.#held = "";
    this.#sink.say(text);
  }
}
