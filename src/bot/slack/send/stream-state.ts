import { showTimes } from "../../../base/time.js";
import type { MessageKey } from "../../port/platform.js";
import { escapeMarkdown } from "../wire/notation.js";
import { MAX_MARKDOWN_CHARS } from "./render.js";

/** A message that Slack streams. */
export interface Streamed {
  readonly key: MessageKey;
  /** Epoch ms. */
  readonly startedAt: number;
  /** The text that Slack has confirmed, before escaping. */
  readonly sent: string;
  /** How often Slack has refused to end it because of its rate limit. */
  readonly limitedEnds: number;
}

/** The text that the message is to show; `isLast`: it is whole. */
interface Wanted {
  readonly text: string;
  readonly isLast: boolean;
}

/**
 * The state of an answer's message: `idle → growing → ended` when all goes well, `growing → breaking → edited` when a
 * call of the stream fails or the stream is too old. Every phase in -ing except `growing` waits for one call.
 */
export type StreamState =
  /** No message yet, or one that was never streamed. */
  | { readonly phase: "idle" }
  | { readonly phase: "growing"; readonly streamed: Streamed }
  | { readonly phase: "appending"; readonly streamed: Streamed; readonly wanted: Wanted }
  | { readonly phase: "ending"; readonly streamed: Streamed; readonly wanted: Wanted }
  /** The stream has to end before the message can be edited; without `wanted` the next text asks for that again. */
  | {
      readonly phase: "breaking";
      readonly streamed: Streamed;
      /** An addition got no answer, so that `sent` may be too short. */
      readonly isUnsure: boolean;
      readonly wanted: Wanted | undefined;
    }
  /** Slack refused to end it and may still stream it: an edit shows whether it does. */
  | { readonly phase: "stranded"; readonly streamed: Streamed }
  | { readonly phase: "editing"; readonly streamed: Streamed | undefined; readonly wanted: Wanted }
  /** An edit was refused because the message still grows: the rest is appended instead. */
  | { readonly phase: "resuming"; readonly streamed: Streamed; readonly wanted: Wanted }
  | { readonly phase: "settling"; readonly streamed: Streamed; readonly attempt: number }
  /** Slack's streaming ended it, with all of its text. */
  | { readonly phase: "ended" }
  /** The answer continues by ordinary edits. */
  | { readonly phase: "edited" };

/** Why a call failed, as far as it matters here. `over`: the stream had ended. `conflict`: the message still grows. */
export type StreamFailure = "limited" | "lost" | "unavailable" | "over" | "conflict" | "refused";

export type StreamEvent =
  | { readonly is: "started"; readonly key: MessageKey; readonly text: string; readonly at: number }
  /** Slack started it although the answer to the call was lost. */
  | { readonly is: "found"; readonly key: MessageKey; readonly text: string; readonly at: number }
  | { readonly is: "posted" }
  /** `appendsFirst`: Slack takes no end of a stream for now, so the rest of the text doesn't wait for that. */
  | {
      readonly is: "wanted";
      readonly text: string;
      readonly isLast: boolean;
      readonly appendsFirst: boolean;
      readonly at: number;
    }
  /** The text is whole; whatever still grows is to end. */
  | { readonly is: "settle" }
  /** The call of the last step succeeded. */
  | { readonly is: "done" }
  | { readonly is: "failed"; readonly why: StreamFailure };

/** What to do next. `throw`: hand on the error of the call; the caller may want the text again. */
export type StreamStep =
  | { readonly do: "nothing" }
  | { readonly do: "throw" }
  | { readonly do: "edit" }
  | { readonly do: "append"; readonly rest: string }
  /** Ends the stream with the rest of its text, if any. */
  | { readonly do: "stop"; readonly rest: string; readonly withControls: boolean };

export type StreamTransition = readonly [StreamState, StreamStep];

/** Slack ends a stream by itself after about five minutes. */
const MAX_STREAM_MS = 235_000;
const MAX_SETTLE_ATTEMPTS = 3;
/** After this many refused ends, an answer whose text is whole counts as shown. */
const MAX_LIMITED_ENDS = 3;

const NOTHING: StreamStep = { do: "nothing" };
const EDIT: StreamStep = { do: "edit" };
const THROW: StreamStep = { do: "throw" };
const BREAK: StreamStep = { do: "stop", rest: "", withControls: false };
const SETTLE: StreamStep = { do: "stop", rest: "", withControls: true };
const EDITED: StreamState = { phase: "edited" };
const ENDED: StreamState = { phase: "ended" };

/** The message that Slack streams at this moment; undefined when none is. */
export const streamedIn = (state: StreamState): Streamed | undefined =>
  state.phase === "stranded" || state.phase === "editing" || !("streamed" in state) ? undefined : state.streamed;

/** Whether Slack can stream a text: not with a time in it, for which streams have no token, and only up to a limit. */
export const isStreamable = (text: string): boolean =>
  text.trim() !== "" && showTimes(text, () => "") === text && escapeMarkdown(text).length <= MAX_MARKDOWN_CHARS;

/** Returns the state after an event, and the call to make then. */
export function nextStreamState(state: StreamState, event: StreamEvent): StreamTransition {
  if (event.is === "posted") return [EDITED, NOTHING];
  if (event.is === "started" || event.is === "found") {
    const streamed = { key: event.key, startedAt: event.at, sent: event.text, limitedEnds: 0 };
    if (event.is === "started") return [{ phase: "growing", streamed }, NOTHING];
    return [{ phase: "breaking", streamed, isUnsure: false, wanted: undefined }, NOTHING];
  }
  if (event.is === "wanted") return afterWanted(state, event);
  if (event.is === "settle") {
    const streamed = streamedIn(state);
    return streamed === undefined ? [state, NOTHING] : [{ phase: "settling", streamed, attempt: 1 }, SETTLE];
  }
  return event.is === "done" ? afterSuccess(state) : afterFailure(state, event.why);
}

function afterWanted(
  state: StreamState,
  { text, isLast, appendsFirst, at }: StreamEvent & { is: "wanted" },
): StreamTransition {
  const wanted = { text, isLast };
  if (state.phase === "stranded") return [{ phase: "editing", streamed: state.streamed, wanted }, EDIT];
  const streamed = streamedIn(state);
  if (streamed === undefined) return [state, EDIT];
  const canGrow = state.phase === "growing" && at - streamed.startedAt < MAX_STREAM_MS && continues(streamed, text);
  if (!canGrow) {
    const isUnsure = state.phase === "breaking" && state.isUnsure;
    return [{ phase: "breaking", streamed, isUnsure, wanted }, BREAK];
  }
  const rest = restOf(streamed, text);
  if (isLast && (rest === "" || !appendsFirst)) {
    return [
      { phase: "ending", streamed, wanted },
      { do: "stop", rest, withControls: true },
    ];
  }
  return rest === ""
    ? [state, NOTHING]
    : [
        { phase: "appending", streamed, wanted },
        { do: "append", rest },
      ];
}

function afterSuccess(state: StreamState): StreamTransition {
  switch (state.phase) {
    case "appending": {
      const streamed = { ...state.streamed, sent: state.wanted.text };
      if (!state.wanted.isLast) return [{ phase: "growing", streamed }, NOTHING];
      return [
        { phase: "ending", streamed, wanted: state.wanted },
        { do: "stop", rest: "", withControls: true },
      ];
    }
    case "resuming":
      return [{ phase: "growing", streamed: { ...state.streamed, sent: state.wanted.text } }, NOTHING];
    case "breaking":
      return state.wanted === undefined
        ? [EDITED, NOTHING]
        : [{ phase: "editing", streamed: undefined, wanted: state.wanted }, EDIT];
    case "editing":
      return [EDITED, NOTHING];
    case "ending":
    case "settling":
      return [ENDED, NOTHING];
    default:
      return [state, NOTHING];
  }
}

function afterFailure(state: StreamState, why: StreamFailure): StreamTransition {
  switch (state.phase) {
    case "appending":
    case "ending":
      return afterRefusedGrowth(state, why);
    case "breaking": {
      const { streamed, isUnsure, wanted } = state;
      if (why === "limited" || wanted === undefined) return [{ ...state, wanted: undefined }, THROW];
      return [{ phase: "editing", streamed: isUnsure ? undefined : streamed, wanted }, EDIT];
    }
    case "editing": {
      const { streamed, wanted } = state;
      if (streamed === undefined) return [EDITED, THROW];
      if (why !== "conflict" || !continues(streamed, wanted.text)) return [{ phase: "stranded", streamed }, THROW];
      const rest = restOf(streamed, wanted.text);
      const resuming = { phase: "resuming", streamed, wanted } as const;
      return rest === "" ? afterSuccess(resuming) : [resuming, { do: "append", rest }];
    }
    case "resuming":
      return [EDITED, THROW];
    case "settling":
      if (why === "lost" || why === "over") return [ENDED, NOTHING];
      // Slack ends it by itself in the end.
      if (state.attempt === MAX_SETTLE_ATTEMPTS) return [EDITED, NOTHING];
      return [{ ...state, attempt: state.attempt + 1 }, SETTLE];
    default:
      return [state, THROW];
  }
}

function afterRefusedGrowth(
  state: StreamState & { phase: "appending" | "ending" },
  why: StreamFailure,
): StreamTransition {
  const { phase, streamed, wanted } = state;
  if (why === "lost") return [EDITED, THROW];
  if (why !== "limited") {
    return [{ phase: "breaking", streamed, isUnsure: phase === "appending" && why === "unavailable", wanted }, BREAK];
  }
  const limitedEnds = streamed.limitedEnds + (wanted.isLast ? 1 : 0);
  const isWhole = wanted.isLast && restOf(streamed, wanted.text) === "";
  const growing = { phase: "growing", streamed: { ...streamed, limitedEnds } } as const;
  return [growing, isWhole && limitedEnds >= MAX_LIMITED_ENDS ? NOTHING : THROW];
}

const continues = ({ sent }: Streamed, text: string) => text.startsWith(sent) && isStreamable(text);

/** Returns what Slack lacks, escaped. White space alone is left out: Slack refuses it, and nobody would see it. */
function restOf({ sent }: Streamed, text: string): string {
  const rest = escapeMarkdown(text.slice(sent.length));
  return rest.trim() === "" ? "" : rest;
}
