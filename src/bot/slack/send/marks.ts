import { BoundedMap } from "../../../base/bounded-map.js";
import type { Log } from "../../../base/log.js";
import { createSerial } from "../../../base/serial.js";
import type { ChatPlatform, Mark, MessageKey } from "../../port/platform.js";
import { nameOfEmoji, nameOfMark } from "../wire/notation.js";
import type { SlackCalls } from "./calls.js";

interface SlackMarksDeps {
  readonly calls: SlackCalls;
  readonly log: Log;
  /** Aborts when the bot stops. */
  readonly signal: AbortSignal;
}

/** Marks of a question that is being answered. */
const BEGUN: readonly Mark[] = ["working", "waiting"];
/** Marks of a question whose answer is over. */
const ENDED: readonly Mark[] = ["done", "incomplete", "failed"];
const MAX_MARKS = 5_000;

/** Shows marks as the bot's own reactions. The new one comes first, so that a question is never without. */
export function createSlackMarks(deps: SlackMarksDeps): Pick<ChatPlatform, "mark" | "react"> {
  const { calls, log, signal } = deps;
  const current = new BoundedMap<string, Mark | undefined>(MAX_MARKS);
  const inOrder = createSerial();

  const remove = async (message: MessageKey, mark: Mark) => {
    try {
      await calls.removeReaction(message, nameOfMark(mark));
    } catch (error) {
      if (!signal.aborted) log.warn({ error, mark }, "slack: old mark could not be removed");
    }
  };
  return {
    mark(message, mark) {
      const key = `${message.channel}:${message.message}`;
      return inOrder(key, async () => {
        const before = current.has(key) ? [current.get(key)] : leftBefore(mark);
        if (mark !== undefined) await calls.addReaction(message, nameOfMark(mark));
        current.set(key, mark);
        // Slack allows few removals a minute: nobody waits for them.
        for (const old of before) if (old !== undefined && old !== mark) void remove(message, old);
      });
    },
    async react(message, change) {
      if ("clear" in change) return; // Slack lets nobody remove another person's reaction
      for (const emoji of change.offer) {
        const name = nameOfEmoji(emoji);
        if (name === undefined) log.warn({ emoji }, "slack: no name for this emoji");
        else await calls.addReaction(message, name);
      }
    },
  };
}

/** The marks that an earlier process may have left where this one is set. */
const leftBefore = (mark: Mark | undefined): readonly Mark[] => {
  if (mark === undefined) return ENDED;
  return BEGUN.includes(mark) ? [] : BEGUN;
};
