import { type RetryTerms, retry } from "../../base/retry.js";
import { saysSomething } from "../../base/text.js";
import type { Control, Reply } from "../../commands/command.js";
import type { MessageKey, Rank, ReplyStream, ReplyStreamDeps } from "../port/platform.js";
import { isLost, isNotEditable } from "../port/platform-error.js";
import { createPacer } from "./pacer.js";
import { pauseBeforeAgain } from "./platform-pause.js";
import { createSplitter } from "./split-message.js";

/** What a call shows: a part of the answer, and the controls under it. */
interface Shown {
  readonly part: number;
  readonly text: string;
  readonly controls: readonly Control[];
  /** It is the answer's last part. */
  readonly isTail: boolean;
}

/** A message as it stands. */
type Grown = Shown & { readonly key: MessageKey };

/** For so long the last text is tried without getting any further: it is worth more than any other. */
const LAST_TEXT_PATIENCE_MS = 300_000;
/** A later text takes the place of one that failed for longer. */
const PROGRESS_PATIENCE_MS = 30_000;

/** An answer that grows: posted with its first text, edited from then on, over as many messages as it needs. */
export function createReplyStream(deps: ReplyStreamDeps): ReplyStream {
  const { platform, question, clock, log } = deps;
  const { maxMessageChars, minEditGapMs } = platform.limits;
  const splitter = createSplitter(maxMessageChars);
  let text = "";
  let controls = deps.controls;
  /** The message that still grows; those before it are complete. */
  let current: Grown | undefined;
  let hasLost = false;

  const next = () => nextCall(splitter.update(text), current, controls);
  /** Makes the call that is due, with the newest text by the time that it goes out. */
  const call = async (due: Shown, rank: Rank, signal: AbortSignal | undefined): Promise<Shown> => {
    let sent = due;
    const reply = () => {
      sent = next() ?? due;
      return replyOf(sent);
    };
    const terms = { rank, replyTo: question, ...(signal && { signal }) };
    if (current?.part === due.part) {
      await platform.edit(current.key, reply, terms);
      current = { ...sent, key: current.key };
    } else {
      const key = await platform.post(question, reply, terms);
      current = { ...sent, key };
      await deps.onPosted(key);
    }
    return sent;
  };
  /** Leaves a message as it stands that can't be edited any more: the rest of the text goes into another one. */
  const goOnElsewhere = (grown: Grown, wanted: Shown) => {
    if (wanted.text !== grown.text) splitter.endPart(grown.part, grown.text);
    current = { ...grown, controls: wanted.controls };
  };
  /** Takes the running controls away from an answer whose last text was refused. Never rejects. */
  const dropControls = async () => {
    if (current === undefined || current.controls.length === 0) return;
    const { key, text: shown } = current;
    await platform
      .edit(key, { markdown: shown }, { rank: "last-text", replyTo: question })
      .catch((error) => log.warn({ error }, "the controls of an answer could not be taken away"));
  };
  /** Sends what is new, each call again after a pause where it failed for a moment, for as long as this is patient. */
  const send = async (rank: "last-text" | "progress", patienceMs: number, signal?: AbortSignal) => {
    for (let due = next(); !hasLost && due !== undefined; due = next()) {
      const shown = due;
      const isEdit = shown.part === current?.part;
      const work = () => call(shown, rank === "progress" && !isEdit ? "first-text" : rank, signal);
      // Until something is shown, people wait; what grows keeps its pace.
      const shortestMs = rank === "progress" && isEdit ? minEditGapMs : 0;
      try {
        const sent = await retry(work, retryTerms(deps, { shortestMs, patienceMs, signal }));
        if (sent.isTail && rank === "progress") return;
      } catch (error) {
        if (isNotEditable(error) && current?.part === shown.part) goOnElsewhere(current, shown);
        else if (isLost(error)) {
          hasLost = true;
          deps.onLost(error);
        } else throw error;
      }
    }
  };
  const pacer = createPacer({
    clock,
    minGapMs: minEditGapMs,
    send: (signal) => send("progress", PROGRESS_PATIENCE_MS, signal),
    onError: (error) => log.warn({ error }, "an edit of an answer failed; a later one repairs it"),
  });

  return {
    show(newer) {
      text = newer;
      pacer.wake();
    },
    postedIn: () => current?.key,
    async finish(last, lastControls = []) {
      await pacer.end();
      text = last;
      controls = lastControls;
      try {
        await send("last-text", LAST_TEXT_PATIENCE_MS);
      } catch (error) {
        await dropControls();
        throw error;
      }
      return !hasLost;
    },
  };
}

function retryTerms(
  { clock, log }: ReplyStreamDeps,
  terms: { readonly shortestMs: number; readonly patienceMs: number; readonly signal: AbortSignal | undefined },
): RetryTerms {
  const { shortestMs, patienceMs, signal } = terms;
  return {
    clock,
    delays(failures, error) {
      const pauseMs = pauseBeforeAgain(error, failures);
      return pauseMs === undefined ? undefined : Math.max(pauseMs, shortestMs);
    },
    until: clock.now() + patienceMs,
    shouldRetry: (error) => !isLost(error) && signal?.aborted !== true,
    onRetry: (error, pauseMs) => log.warn({ error, pauseMs }, "an answer could not be shown, retrying"),
    ...(signal && { signal }),
  };
}

/** The call that brings what is shown nearer to the text; undefined where nothing is left to show. */
function nextCall(
  parts: readonly string[],
  current: Grown | undefined,
  controls: readonly Control[],
): Shown | undefined {
  const shownAs = (part: number): Shown => {
    const isTail = part === parts.length - 1;
    return { part, text: parts[part] ?? "", controls: isTail ? controls : [], isTail };
  };
  if (current !== undefined) {
    const wanted = shownAs(current.part);
    if (wanted.text !== current.text || !areSame(wanted.controls, current.controls)) return wanted;
  }
  // A message that shows nothing is refused by every platform; nothing is lost where it would stand.
  const following = parts.findIndex((part, index) => index > (current?.part ?? -1) && saysSomething(part));
  return following < 0 ? undefined : shownAs(following);
}

const areSame = (a: readonly Control[], b: readonly Control[]) => a === b || (a.length === 0 && b.length === 0);

const replyOf = ({ text, controls }: Shown): Reply =>
  controls.length > 0 ? { markdown: text, controls } : { markdown: text };
