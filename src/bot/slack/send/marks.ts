import { BoundedMap } from "../../../base/bounded-map.js";
import { type Clock, OVER } from "../../../base/clock.js";
import { notLongerThan } from "../../../base/deadline.js";
import type { Log } from "../../../base/log.js";
import { retry } from "../../../base/retry.js";
import { createSerial } from "../../../base/serial.js";
import { patientTerms } from "../../delivery/platform-pause.js";
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

interface Waiting {
  readonly mark: Mark | undefined;
  readonly over: AbortController;
  readonly shown: Promise<void>;
}

/** Marks of a question that is being answered. */
const BEGUN: readonly Mark[] = ["working", "waiting"];
/** Marks of a question whose answer is over. */
const ENDED: readonly Mark[] = ["done", "incomplete", "failed"];
const MAX_MARKS = 2_000;
/** Slack allows 20 removals a minute: behind more than these, old marks would stay beside end marks for minutes. */
const MAX_REMOVALS = 40;
/** Waiting longer for one of a question that goes on would hold up its answer. */
const BEGUN_PATIENCE_MS = 2_000;
/** An end mark is what a person waits for; the answer's text waits for a first one. */
const END_PATIENCE_MS = 120_000;
const PATIENCE_MS = 10_000;

/**
 * Shows marks as the bot's own reactions. The new one comes first, so that a question is never without. Slack allows
 * some fifty a minute: one that still waits when a newer follows is left out.
 */
export function createSlackMarks(deps: SlackMarksDeps): Pick<ChatPlatform, "mark" | "react"> {
  const { calls, log } = deps;
  const current = new BoundedMap<string, Mark | undefined>(MAX_MARKS);
  /** The mark that was asked for last, while it waits, and what calls it off. */
  const waiting = new Map<string, Waiting>();
  const inOrder = createSerial();

  const settle = createSettle(deps);
  const removals = createRemovals(deps, settle);
  const show = (message: MessageKey, mark: Mark | undefined): Promise<void> => {
    const key = `${message.channel}:${message.message}`;
    const before = waiting.get(key);
    if (before !== undefined && before.mark === mark) return before.shown; // it keeps its turn
    const over = new AbortController();
    // What is taken away is for the mark that follows.
    if (mark !== undefined) before?.over.abort(OVER);
    const replace = async () => {
      const old = current.has(key) ? [current.get(key)] : leftBefore(mark);
      if (old.length === 1 && old[0] === mark) return;
      const isBegun = mark !== undefined && BEGUN.includes(mark);
      // Its end mark will be its only one.
      if (isBegun && !current.has(key) && removals.count() >= MAX_REMOVALS) return void current.set(key, undefined);
      const patienceMs = isBegun ? PATIENCE_MS : END_PATIENCE_MS;
      if (mark !== undefined) {
        await removals.callOff(message, mark);
        await settle(() => calls.addReaction(message, nameOfMark(mark), over.signal), patienceMs, over.signal);
      }
      current.set(key, mark);
      // Slack allows few removals a minute: nobody waits for them.
      for (const one of old) if (one !== undefined && one !== mark) void removals.add(message, one);
    };
    const shown = inOrder(key, replace)
      .catch((error) => {
        if (!over.signal.aborted) throw error;
        // The first mark of a question finds none that it would leave to the next.
        if (!current.has(key) && mark !== undefined && BEGUN.includes(mark)) current.set(key, undefined);
      })
      .finally(() => {
        if (waiting.get(key)?.over === over) waiting.delete(key);
      });
    waiting.set(key, { mark, over, shown });
    return shown;
  };
  return {
    async mark(message, mark) {
      const shown = show(message, mark);
      if (mark === undefined || !BEGUN.includes(mark)) return shown;
      await notLongerThan(
        BEGUN_PATIENCE_MS,
        () => shown,
        deps,
        (error) => log.debug({ error }, "slack: mark was late"),
      );
    },
    react: createReact(deps),
  };
}

const createReact =
  ({ calls, log }: SlackMarksDeps): ChatPlatform["react"] =>
  async (message, change) => {
    if ("clear" in change) return; // Slack lets nobody remove another person's reaction
    for (const emoji of change.offer) {
      const name = nameOfEmoji(emoji);
      if (name === undefined) log.warn({ emoji }, "slack: no name for this emoji");
      else await calls.addReaction(message, name);
    }
  };

/** The marks that an earlier process may have left where this one is set. */
const leftBefore = (mark: Mark | undefined): readonly Mark[] => {
  if (mark === undefined) return ENDED;
  return BEGUN.includes(mark) ? [] : BEGUN;
};

/** Adding or removing a reaction twice changes nothing, so that a call whose answer is lost can be made again. */
const createSettle =
  ({ clock, signal }: SlackMarksDeps) =>
  (call: () => Promise<void>, patienceMs: number, over?: AbortSignal): Promise<void> =>
    retry(call, {
      ...patientTerms(clock, patienceMs),
      shouldRetry: () => over?.aborted !== true,
      signal,
    });

/** Takes marks away, and counts those that still wait. Never rejects. */
function createRemovals({ calls, log, signal }: SlackMarksDeps, settle: ReturnType<typeof createSettle>) {
  const pending = new Map<string, { readonly over: AbortController; readonly done: Promise<void> }>();
  const keyOf = ({ channel, message }: MessageKey, mark: Mark) => `${channel}:${message}:${mark}`;
  return {
    count: () => pending.size,
    async add(message: MessageKey, mark: Mark): Promise<void> {
      const over = new AbortController();
      const remove = () => calls.removeReaction(message, nameOfMark(mark), over.signal);
      const done = settle(remove, END_PATIENCE_MS, over.signal).catch((error) => {
        if (!signal.aborted && !over.signal.aborted) log.warn({ error, mark }, "slack: old mark could not be removed");
      });
      const removal = { over, done };
      pending.set(keyOf(message, mark), removal);
      await done;
      if (pending.get(keyOf(message, mark)) === removal) pending.delete(keyOf(message, mark));
    },
    /** Resolves once a mark that is to be shown again can no longer be taken away by an earlier removal. */
    async callOff(message: MessageKey, mark: Mark): Promise<void> {
      const removal = pending.get(keyOf(message, mark));
      removal?.over.abort(OVER);
      await removal?.done;
    },
  };
}
