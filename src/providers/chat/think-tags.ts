/** How models without a reasoning field of their own mark thoughts that stand before the answer. */
const TAGS: readonly (readonly [open: string, close: string])[] = [
  ["<think>", "</think>"],
  ["<thinking>", "</thinking>"],
  ["<thought>", "</thought>"],
  ["<reasoning>", "</reasoning>"],
  ["<seed:think>", "</seed:think>"],
  ["[think]", "[/think]"],
  ["◁think▷", "◁/think▷"],
  // Gemma 4, where its server does not read the channels
  ["<|channel>thought", "<channel|>"],
  // gpt-oss, likewise; it may also go straight to its answer
  ["<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"],
  ["<|channel|>final<|message|>", ""],
];
/** An opening tag with attributes, and the beginning of one. */
const WITH_ATTRIBUTES = /^<(think|thinking|thought|reasoning)\s[^<>]{0,200}>/;
const BEGUN_ATTRIBUTES = /^<(think|thinking|thought|reasoning)\s[^<>]{0,200}$/;
const LONGEST_TAG = 220;
const LONE_CLOSE = "</think>";
/** Longer thoughts without a tag that opens them are shown. */
const MAX_HELD_CHARS = 100_000;

const TEMPLATES_WITH_TAG = /deepseek-?r1|r1-distill|\bqwq|thinking|qwen3\.[5-9]|minimax-m[2-9]|glm-z1|nemotron/i;

/** Whether a model's chat template opens the thoughts by its name, so that an answer brings the closing tag only. */
export const opensInThought = (model: string): boolean => TEMPLATES_WITH_TAG.test(model);

/** Lowers ASCII letters only, so that no character changes its length. */
const lowered = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Whether a text ends inside of code, or has opened a tag itself: what follows is talk about a tag. */
const talksOfTag = (before: string): boolean =>
  before.split("```").length % 2 === 0 ||
  before.slice(before.lastIndexOf("\n") + 1).split("`").length % 2 === 0 ||
  before.includes("<think");

interface ThinkSink {
  say(text: string): void;
  think(text: string): void;
  /** Called where a piece of the text is held back. */
  hold?(): void;
}

/** Tells thoughts in tags at the very beginning of a text from the answer behind them; tags may come in pieces. */
export class ThinkTagSplitter {
  readonly #sink: ThinkSink;
  #mayOpenInThought: boolean;
  #state: "start" | "held" | "thinking" | "behind" | "answer" = "start";
  #held = "";
  /** The end of what was searched for a closing tag that nothing opened. */
  #tail = "";
  #isQuoted = false;
  #close = "";
  #hasThought = false;
  /** Whether the text began with thoughts that no tag opened; undefined where nothing has told. */
  openedInThought: boolean | undefined;

  constructor(sink: ThinkSink, mayOpenInThought = false) {
    this.#sink = sink;
    this.#mayOpenInThought = mayOpenInThought;
  }

  push(text: string) {
    if (this.#state === "answer") return this.#more(text);
    this.#held += text;
    let before: string;
    do {
      before = this.#state;
      if (before === "thinking") this.#think();
      else if (before === "held") this.#seekClose(this.#tail === "" ? this.#held : text);
      else if (before !== "answer") this.#begin();
    } while (this.#state !== before);
  }

  /** Gives what was held back, as nothing follows that could make a tag of it. */
  end() {
    if (this.#state === "held") this.openedInThought = false;
    const held = this.#state === "behind" ? this.#held.trimStart() : this.#held;
    this.#held = "";
    if (held === "") return;
    if (this.#state === "thinking") this.#sink.think(held);
    else this.#sink.say(held);
  }

  /** A text without an opening tag is not held back any longer. */
  release() {
    this.#mayOpenInThought = false;
    if (this.#state === "held") this.#answer(this.#held);
  }

  #more(text: string) {
    // Shown already: only the next answer can be read better.
    if (this.#close === "" && this.openedInThought !== true && this.#hasClose(text) && !this.#isQuoted)
      this.openedInThought = true;
    this.#sink.say(text);
  }

  /** Whether a closing tag ends within this piece. */
  #hasClose(text: string): boolean {
    const seen = this.#tail + text;
    const at = seen.indexOf(LONE_CLOSE);
    this.#isQuoted = seen[at - 1] === "`";
    this.#tail = seen.slice(-LONE_CLOSE.length);
    return at >= 0;
  }

  #begin() {
    const text = this.#held.trimStart();
    const start = lowered(text.slice(0, LONGEST_TAG));
    const [open, close] = TAGS.find(([each]) => start.startsWith(each)) ?? tagWithAttributes(start) ?? [];
    if (open !== undefined && close !== undefined) {
      this.#close = close;
      this.#held = text.slice(open.length);
      this.#state = "thinking";
    } else if (TAGS.some(([each]) => each.startsWith(start)) || BEGUN_ATTRIBUTES.test(start)) return;
    else if (this.#state === "start" && this.#mayOpenInThought) this.#state = "held";
    else this.#answer(this.#state === "behind" ? text : this.#held, true);
  }

  #seekClose(text: string) {
    const end = this.#hasClose(text) ? this.#held.indexOf(LONE_CLOSE) : -1;
    if (end >= 0 && !talksOfTag(this.#held.slice(0, end))) {
      this.openedInThought = true;
      const thought = this.#held.slice(0, end).trimStart();
      if (thought !== "") this.#sink.think(thought);
      this.#held = this.#held.slice(end + LONE_CLOSE.length);
      this.#state = "behind";
    } else if (end >= 0 || this.#held.length > MAX_HELD_CHARS) this.#answer(this.#held);
    else this.#sink.hold?.();
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

  #answer(text: string, isUnread = false) {
    if (text === "") return;
    this.#state = "answer";
    this.#held = "";
    if (isUnread) this.#more(text);
    else this.#sink.say(text);
  }
}

function tagWithAttributes(start: string): readonly [string, string] | undefined {
  const [open, name] = WITH_ATTRIBUTES.exec(start) ?? [];
  return open === undefined ? undefined : [open, `</${name}>`];
}
