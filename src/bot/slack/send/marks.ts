import { BoundedMap } from "../../../base/bounded-map.js";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { retry } from "../../../base/retry.js";
import { createSerial } from "../../../base/serial.js";
import { pauseBeforeAgain } from "../../delivery/platform-pause.js";
import type { ChatPlatform, Mark, MessageKey } from "../../port/platform.js";
import { nameOfEmoji, nameOfMark } from "../wire/notation.js";
import type { SlackCalls } from "./calls.js";

interface SlackMarksDeps {
  readonly calls: SlackCalls;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the bot stops. */
  readonly signal: AbortSignal;
}

/** Marks of a question that is being answered. */
const BEGUN: readonly Mark[] = ["working", "waiting"];
/** Marks of a question whose answer is over. */
const ENDED: readonly Mark[] = ["done", "incomplete", "failed"];
const MAX_MARKS = 5_000;
/** Slack allows 20 removals a minute: behind more than these, old marks would stay beside end marks for minutes. */
const MAX_REMOVALS = 40;
/** An end mark is what a person waits for; the answer's text waits for a first one. */
const END_PATIENCE_MS = 120_000;
const PATIENCE_MS = 10_000;

/** Shows marks as the bot's own reactions. The new one comes first, so that a question is never without. */
export function createSlackMarks(deps: SlackMarksDeps): Pick<ChatPlatform, "mark" | "react"> {
  const { calls, clock, log, signal } = deps;
  const current = new BoundedMap<string, Mark | undefined>(MAX_MARKS);
  const inOrder = createSerial();

  /** Adding or removing a reaction twice changes nothing, so that a call whose answer is lost can be made again. */
  const settle = (call: () => Promise<void>, patienceMs: number) => {
    const delays = (failures: number, error: unknown) => pauseBeforeAgain(error, failures);
    return retry(call, { clock, delays, until: clock.now() + patienceMs, signal });
  };
  let removals = 0;
  const remove = async (message: MessageKey, mark: Mark) => {
    removals += 1;
    try {
      await settle(() => calls.removeReaction(message, nameOfMark(mark)), END_PATIENCE_MS);
    } catch (error) {
      if (!signal.aborted) log.warn({ error, mark }, "slack: old mark could not be removed");
    } finally {
      removals -= 1;
    }
  };
  return {
    mark(message, mark) {
      const key = `${message.channel}:${message.message}`;
      return inOrder(key, async () => {
        const isBegun = mark !== undefined && BEGUN.includes(mark);
        if (isBegun && !current.has(key) && removals >= MAX_REMOVALS) {
          current.set(key, undefined); // its end mark will be its only one
          return;
        }
        const before = current.has(key) ? [current.get(key)] : leftBefore(mark);
        const patienceMs = isBegun ? PATIENCE_MS : END_PATIENCE_MS;
        if (mark !== undefined) await settle(() => calls.addReaction(message, nameOfMark(mark)), patienceMs);
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
