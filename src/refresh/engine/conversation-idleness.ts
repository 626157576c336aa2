import type { Clock } from "../../base/clock.js";

/** The next message after that is a first message again. */
export const IDLE_MS = 30 * 60_000;
/** Above this many conversations, idle ones are evicted: an unknown conversation counts as idle. */
const MANY_CONVERSATIONS = 1_000;

export interface ConversationIdleness {
  /** Notes a message; returns true after 30 minutes without one, and where nothing is known. */
  endsWith(conversation: string): boolean;
}

/** When something was last said in each conversation, from memory. */
export function createConversationIdleness({ now }: Pick<Clock, "now">): ConversationIdleness {
  const lastMessageAt = new Map<string, number>();
  let evictAbove = MANY_CONVERSATIONS;
  const isIdle = (at: number | undefined) => at === undefined || Math.abs(now() - at) >= IDLE_MS;
  return {
    endsWith(conversation) {
      const wasIdle = isIdle(lastMessageAt.get(conversation));
      lastMessageAt.set(conversation, now());
      if (lastMessageAt.size > evictAbove) {
        for (const [known, at] of lastMessageAt) if (isIdle(at)) lastMessageAt.delete(known);
        // Where that many are really active, evict again only when twice as many are.
        evictAbove = Math.max(MANY_CONVERSATIONS, 2 * lastMessageAt.size);
      }
      return wasIdle;
    },
  };
}
