import type { Control } from "../commands/command.js";
import { createPacer } from "./pacer.js";
import type { MessageKey, ReplyStream, ReplyStreamDeps } from "./platform.js";
import { isLost, PlatformError } from "./platform-error.js";
import { createSplitter } from "./split-message.js";

/** A message as it stands. */
interface Grown {
  readonly part: number;
  readonly key: MessageKey;
  readonly shown: string;
  readonly controls: readonly Control[];
}

const areSame = (a: readonly Control[], b: readonly Control[]) => a === b || (a.length === 0 && b.length === 0);

/** How often the last text is tried without getting any further, and the pause between: it is worth more than any other. */
const LAST_TEXT_TRIES = 4;
const LAST_TEXT_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** An answer that grows: posted with its first text, edited from then on, over as many messages as it needs. */
export function createReplyStream(deps: ReplyStreamDeps): ReplyStream {
  const { platform, question, clock, log } = deps;
  const splitter = createSplitter(platform.limits.maxMessageChars);
  let text = "";
  let controls: readonly Control[] = deps.controls;
  /** The message that still grows; those before it are complete. */
  let current: Grown | undefined;
  let hasLost = false;

  /** The call that brings what is shown nearer to the text; undefined where nothing is left to show. */
  const nextCall = () => {
    const parts = splitter.update(text);
    const last = parts.length - 1;
    const controlsOf = (part: number) => (part === last ? controls : []);
    const isBehind =
      current !== undefined &&
      (current.shown !== parts[current.part] || !areSame(current.controls, controlsOf(current.part)));
    // A message of white space alone is refused by every platform; nothing is lost where it would stand.
    const blankUpTo = parts.findIndex((part, index) => index > (current?.part ?? -1) && part.trim() !== "");
    const part = isBehind ? (current?.part ?? -1) : blankUpTo;
    if (part < 0) return undefined;
    return { part, shown: parts[part] ?? "", controls: controlsOf(part), isTail: part === last };
  };
  const call = async ({ part, shown, controls: own }: Omit<Grown, "key">) => {
    const reply = own.length > 0 ? { markdown: shown, controls: own } : { markdown: shown };
    if (current?.part === part) {
      await platform.edit(current.key, reply);
      current = { ...current, shown, controls: own };
    } else {
      const key = await platform.post(question, reply, question);
      current = { part, key, shown, controls: own };
      await deps.onPosted(key);
    }
  };
  /** Sends what is new, each call at the platform's pace and with the newest text by then. */
  const send = async (rank: "last-text" | "progress", signal?: AbortSignal) => {
    for (let due = nextCall(); !hasLost && due !== undefined; due = nextCall()) {
      const kind = due.part === current?.part ? "edit" : "post";
      await platform.slot(question, kind === "post" && rank === "progress" ? "first-text" : rank, signal, kind);
      const next = nextCall();
      if (next === undefined) return;
      await call(next).catch(judge);
      if (next.isTail && rank === "progress") return;
    }
  };
  /** @throws the error, unless it says that there is no place any more */
  const judge = (error: unknown) => {
    if (!isLost(error)) throw error;
    if (hasLost) return;
    hasLost = true;
    deps.onLost(error);
  };
  const pacer = createPacer({
    clock,
    minGapMs: platform.limits.minEditGapMs,
    send: (signal) => send("progress", signal),
    onError: (error) => log.warn({ error }, "an edit of an answer failed; a later one repairs it"),
  });

  return {
    show(next) {
      text = next;
      pacer.wake();
    },
    postedIn: () => current?.key,
    async finish(last, lastControls = []) {
      await pacer.end();
      text = last;
      controls = lastControls;
      for (let attempt = 1; ; attempt++) {
        const before = current;
        try {
          await send("last-text");
          return !hasLost;
        } catch (error) {
          if (before !== current) attempt = 1;
          if (attempt >= LAST_TEXT_TRIES || !isWorthAnotherTry(error)) throw error;
          await clock.sleep(pauseAfter(error));
        }
      }
    },
  };
}

/** What was not accepted is not accepted the next time either. */
const isWorthAnotherTry = (error: unknown) => !(error instanceof PlatformError) || error.reason !== "refused";

const pauseAfter = (error: unknown): number => {
  const wanted = error instanceof PlatformError ? (error.retryAfterMs ?? 0) : 0;
  return Math.min(Math.max(wanted, LAST_TEXT_PAUSE_MS), LONGEST_PAUSE_MS);
};
