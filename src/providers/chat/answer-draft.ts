import type { ChatEvent, Usage } from "../provider.js";
import { sortFinish } from "./finish-reason.js";
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
    return { reason: "other", word: word.replace(/[^\w .-]/g, "").slice(0, MAX_WORD_CHARS) };
  }

  #put(type: "text-delta" | "reasoning-delta", text: string) {
    if (type === "text-delta") this.#hasSaid = true;
    const last = this.#events.at(-1);
    // Pieces that came together travel together.
    if (last?.type === type) this.#events[this.#events.length - 1] = { type, text: last.text + text };
    else this.#events.push({ type, text });
  }
}
