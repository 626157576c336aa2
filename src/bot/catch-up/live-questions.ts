import { createSerial } from "../../base/serial.js";
import { compareMessageIds, conversationOf } from "../port/conversation.js";
import type { MessageKey } from "../port/platform.js";
import type { PlaceAfter } from "../turn/turn.js";

/** A question that came in by itself; `line` gives it its place, once somebody has asked for that. */
interface LiveQuestion {
  readonly id: string;
  line?: () => void;
}

/** Questions that came in by themselves and have no place in their conversation's line yet. */
export class LiveQuestions {
  /** By conversation. */
  readonly #waiting = new Map<string, Set<LiveQuestion>>();
  readonly #inOrder = createSerial();
  readonly #onLeave: () => void;

  /** `onLeave` is called when one has its place, or needs none. */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  /**
   * Takes a question; `after` gives it its place when `isDue` resolves and those before it have theirs. Among
   * those that wait, the one that was written first is first: a platform may deliver it again behind later ones.
   */
  async take<T>(message: MessageKey, isDue: () => Promise<void>, take: (after: PlaceAfter) => Promise<T>): Promise<T> {
    const conversation = conversationOf(message);
    const question: LiveQuestion = { id: message.message };
    const leave = this.#enter(conversation, question);
    const after: PlaceAfter = (place) =>
      new Promise((resolve, reject) => {
        question.line = () => {
          place().then(resolve, reject);
          leave();
        };
        this.#inOrder(conversation, async () => {
          await isDue();
          this.#first(conversation)?.line?.();
        }).catch(reject);
      });
    try {
      return await take(after);
    } finally {
      if (question.line === undefined) leave(); // not served, say
    }
  }

  /** Whether one of them comes before the message, or is the same. */
  hasBefore(message: MessageKey): boolean {
    const waiting = this.#waiting.get(conversationOf(message)) ?? [];
    return [...waiting].some(({ id }) => compareMessageIds(id, message.message) <= 0);
  }

  isWaitingIn(conversation: string): boolean {
    return this.#waiting.has(conversation);
  }

  #first(conversation: string): LiveQuestion | undefined {
    const lined = [...(this.#waiting.get(conversation) ?? [])].filter(({ line }) => line !== undefined);
    return lined.sort((a, b) => compareMessageIds(a.id, b.id))[0];
  }

  #enter(conversation: string, question: LiveQuestion): () => void {
    const questions = this.#waiting.get(conversation) ?? new Set();
    this.#waiting.set(conversation, questions.add(question));
    return () => {
      questions.delete(question);
      if (questions.size === 0 && this.#waiting.get(conversation) === questions) this.#waiting.delete(conversation);
      this.#onLeave();
    };
  }
}
