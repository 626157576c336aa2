/** How models without a reasoning field of their own mark thoughts that stand before the answer. */
const TAGS: readonly (readonly [open: string, close: string])[] = [
  ["<think>", "</think>"],
  ["<thinking>", "</thinking>"],
  ["<thought>", "</thought>"],
  ["<reasoning>", "</reasoning>"],
  ["<seed:think>", "</seed:think>"],
  ["[THINK]", "[/THINK]"],
  ["◁think▷", "◁/think▷"],
];

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
    if (this.#state === "start") this.#begin();
    if (this.#state === "thinking") this.#think();
    if (this.#state === "behind") this.#answer(this.#held.trimStart());
  }

  /** Gives what was held back, as nothing follows that could make a tag of it. */
  end() {
    const held = this.#held;
    this.#held = "";
    if (held === "" || this.#state === "behind") return;
    if (this.#state === "thinking") this.#sink.think(held);
    else this.#sink.say(held);
  }

  #begin() {
    const text = this.#held.trimStart();
    const tag = TAGS.find(([open]) => text.startsWith(open));
    if (tag !== undefined) {
      [, this.#close] = tag;
      this.#held = text.slice(tag[0].length);
      this.#state = "thinking";
    } else if (!TAGS.some(([open]) => open.startsWith(text))) this.#answer(this.#held);
  }

  #think() {
    if (!this.#hasThought) this.#held = this.#held.trimStart();
    const end = this.#held.indexOf(this.#close);
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
