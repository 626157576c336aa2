import type { Control } from "../../commands/command.js";
import type { MessageKey, ReplyStream, ReplyStreamDeps } from "../port/platform.js";
import { isLost, type PlatformError } from "../port/platform-error.js";
import { createPacer } from "./pacer.js";
import { pauseBeforeAgain } from "./platform-pause.js";
import { createSplitter } from "./split-message.js";

/** A message as it stands. */
interface Grown {
  readonly part: number;
  readonly key: MessageKey;
  readonly shown: string;
  readonly controls: readonly Control[];
}

const areSame = (a: readonly Control[], b: readonly Control[]) => a === b || (a.length === 0 && b.length === 0);

/** For so long the last text is tried without getting any further: it is worth more than any other. */
const LAST_TEXT_PATIENCE_MS = 300_000;
/** A later text takes the place of one that failed for longer. */
const PROGRESS_PATIENCE_MS = 30_000;

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
  /**
   * Sends what is new, each call at the platform's pace and with the newest text by then; again after a pause where it
   * failed for a moment, for as long as this is patient.
   */
  const send = async (rank: "last-text" | "progress", patienceMs: number, signal?: AbortSignal) => {
    let failures = 0;
    let until = clock.now() + patienceMs;
    for (let due = nextCall(); !hasLost && due !== undefined; due = nextCall()) {
      const kind = due.part === current?.part ? "edit" : "post";
      await platform.slot(question, kind === "post" && rank === "progress" ? "first-text" : rank, signal, kind);
      const next = nextCall();
      if (next === undefined) return;
      try {
        await call(next);
        failures = 0;
        until = clock.now() + patienceMs;
      } catch (error) {
        if (isLost(error)) return lose(error);
        failures += 1;
        const wantedMs = pauseBeforeAgain(error, failures);
        // Until something is shown, people wait; what grows keeps its pace.
        const pauseMs =
          rank === "progress" && kind === "edit" && wantedMs !== undefined
            ? Math.max(wantedMs, platform.limits.minEditGapMs)
            : wantedMs;
        if (pauseMs === undefined || clock.now() + pauseMs > until) throw error;
        log.warn({ error, pauseMs }, "an answer could not be shown; it is tried again");
        await clock.sleep(pauseMs, signal);
        continue;
      }
      if (next.isTail && rank === "progress") return;
    }
  };
  const lose = (error: PlatformError) => {
    if (hasLost) return;
    hasLost = true;
    deps.onLost(error);
  };
  const pacer = createPacer({
    clock,
    minGapMs: platform.limits.minEditGapMs,
    send: (signal) => send("progress", PROGRESS_PATIENCE_MS, signal),
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
      await send("last-text", LAST_TEXT_PATIENCE_MS);
      return !hasLost;
    },
  };
}
