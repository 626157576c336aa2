import type { Clock } from "../../base/clock.js";

/** What somebody says after that is a first message again. */
export const SILENCE_MS = 30 * 60_000;
/** Silent conversations are forgotten once so many are known: unknown and silent are the same. */
const MANY_CONVERSATIONS = 1_000;

export interface Silences {
  /** Notes that something was said here; true after a silence of 30 minutes, and where nothing is known. */
  isBroken(conversation: string): boolean;
}

/** When something was last said in each conversation, from memory. */
export function createSilences({ now }: Pick<Clock, "now">): Silences {
  const heardAt = new Map<string, number>();
  let forgetAbove = MANY_CONVERSATIONS;
  const isSilent = (at: number | undefined) => at === undefined || Math.abs(now() - at) >= SILENCE_MS;
  return {
    isBroken(conversation) {
      const isFirst = isSilent(heardAt.get(conversation));
      heardAt.set(conversation, now());
      if (heardAt.size > forgetAbove) {
        for (const [known, at] of heardAt) if (isSilent(at)) heardAt.delete(known);
        // Where that many really talk, the next look comes when twice as many do.
        forgetAbove = Math.max(MANY_CONVERSATIONS, 2 * heardAt.size);
      }
      return isFirst;
    },
  };
}
