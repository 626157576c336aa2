import type { Log } from "../../../base/log.js";
import { createSerial } from "../../../base/serial.js";
import type { ChatPlatform, Mark, MessageKey } from "../../port/platform.js";
import { nameOfEmoji, nameOfMark } from "../wire/emoji.js";
import type { Calls } from "./calls.js";

export interface MarksDeps {
  readonly calls: Calls;
  readonly log: Log;
  /** Aborts when the bot stops. */
  readonly signal: AbortSignal;
}

/** What an earlier process may have left on a question that has no end yet. */
const BEGUN: readonly Mark[] = ["working", "waiting"];
/** And on one that is asked once more. */
const ENDED: readonly Mark[] = ["done", "incomplete", "failed"];
const NONE: readonly Mark[] = [];
const MOST_KNOWN = 5_000;

/** Marks are reactions of the bot's own. The new one comes first, so that a question is never without. */
export function createMarks({ calls, log, signal }: MarksDeps): Pick<ChatPlatform, "mark" | "react"> {
  const current = new Map<string, Mark | undefined>();
  const inOrder = createSerial();

  const remove = async (message: MessageKey, mark: Mark) => {
    try {
      await calls.removeReaction(message, nameOfMark(mark));
    } catch (error) {
      if (!signal.aborted) log.warn({ error, mark }, "a mark that is over could not be taken away");
    }
  };
  return {
    mark(message, mark) {
      const key = `${message.channel}:${message.message}`;
      return inOrder(key, async () => {
        const before = current.has(key) ? [current.get(key)] : leftBefore(mark);
        if (mark !== undefined) await calls.addReaction(message, nameOfMark(mark));
        if (current.size >= MOST_KNOWN) current.clear();
        current.set(key, mark);
        // Slack lets only few be taken away a minute: nobody waits for that.
        for (const old of before) if (old !== undefined && old !== mark) void remove(message, old);
      });
    },
    async react(message, change) {
      if ("clear" in change) return; // Slack lets nobody take another person's reaction away
      for (const emoji of change.offer) {
        const name = nameOfEmoji(emoji);
        if (name === undefined) log.warn({ emoji }, "slack has no name for this emoji");
        else await calls.addReaction(message, name);
      }
    },
  };
}

/** What an earlier process may have left where this mark comes. */
const leftBefore = (mark: Mark | undefined): readonly Mark[] => {
  if (mark === undefined) return ENDED;
  return BEGUN.includes(mark) ? NONE : BEGUN;
};
