import { createSerial } from "../../base/serial.js";
import { compareMessageIds, conversationOf } from "../port/conversation.js";
import type { MessageKey } from "../port/platform.js";
import type { PlaceAfter } from "../turn/turn.js";

/** Questions that came in by themselves and have no place in their conversation's line yet. */
export class LiveQuestions {
  /** Message ids by conversation. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #inOrder = createSerial();
  readonly #onLeave: () => void;

  /** `onLeave` is called when one has its place, or needs none. */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  /** Takes a question; `after` gives it its place when `isDue` resolves and those before it have theirs. */
  async take<T>(message: MessageKey, isDue: () => Promise<void>, take: (after: PlaceAfter) => Promise<T>): Promise<T> {
    const leave = this.#enter(message);
    let isOnItsWay = false;
    try {
      return await take(async (place) => {
        isOnItsWay = true;
        await this.#inOrder(conversationOf(message), isDue);
        const placed = place();
        leave();
        return placed;
      });
    } finally {
      if (!isOnItsWay) leave(); // not served, say
    }
  }

  /** Whether one of them comes before the message, or is the same. */
  hasBefore(message: MessageKey): boolean {
    const waiting = this.#waiting.get(conversationOf(message)) ?? [];
    return [...waiting].some((id) => compareMessageIds(id, message.message) <= 0);
  }

  isWaitingIn(conversation: string): boolean {
    return this.#waiting.has(conversation);
  }

  #enter(message: MessageKey): () => void {
    const conversation = conversationOf(message);
    const ids = this.#waiting.get(conversation) ?? new Set();
    this.#waiting.set(conversation, ids.add(message.message));
    return () => {
      ids.delete(message.message);
      if (ids.size === 0 && this.#waiting.get(conversation) === ids) this.#waiting.delete(conversation);
      this.#onLeave();
    };
  }
}
