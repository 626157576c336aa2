import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  nextStreamState,
  type StreamEvent,
  type StreamFailure,
  type StreamState,
  streamedIn,
} from "../../../../src/bot/slack/send/stream-state.js";

const key = { platform: "slack", workspace: "T1", channel: "C1", thread: "1.0", message: "2.0" };
const streamed = { key, startedAt: 0, sent: "a <b>", limitedEnds: 0 };
const withSent = (sent: string) => ({ ...streamed, sent });
const limited = (limitedEnds: number) => ({ ...streamed, limitedEnds });

const more = { text: "a <b> & <c>", isLast: false };
const whole = { ...more, isLast: true };
const same = { text: "a <b>", isLast: true };
const timed = { text: "a <b> <t:1:R>", isLast: false };
const other = { text: "something else", isLast: false };
const wanted = (given: typeof more, terms: { appendsFirst?: boolean; at?: number } = {}): StreamEvent => ({
  is: "wanted",
  appendsFirst: false,
  at: 1_000,
  ...given,
  ...terms,
});
const failed = (why: StreamFailure): StreamEvent => ({ is: "failed", why });
const done: StreamEvent = { is: "done" };

const idle: StreamState = { phase: "idle" };
const growing: StreamState = { phase: "growing", streamed };
const appending = (given = more): StreamState => ({ phase: "appending", streamed, wanted: given });
const ending = (given = whole, from = streamed): StreamState => ({ phase: "ending", streamed: from, wanted: given });
const breaking = (isUnsure = false, given: typeof more | undefined = more): StreamState => ({
  phase: "breaking",
  streamed,
  isUnsure,
  wanted: given,
});
const unbroken = (isUnsure = false): StreamState => ({ phase: "breaking", streamed, isUnsure, wanted: undefined });
const stranded: StreamState = { phase: "stranded", streamed };
const editing = (from: typeof streamed | undefined, given = more): StreamState => ({
  phase: "editing",
  streamed: from,
  wanted: given,
});
const resuming = (given = more): StreamState => ({ phase: "resuming", streamed, wanted: given });
const settling = (attempt: number): StreamState => ({ phase: "settling", streamed, attempt });
const ended: StreamState = { phase: "ended" };
const edited: StreamState = { phase: "edited" };

const nothing = { do: "nothing" };
const edit = { do: "edit" };
const fail = { do: "throw" };
const append = { do: "append", rest: " & &lt;c>" };
const stop = { do: "stop", rest: "", withControls: false };
const end = { do: "stop", rest: " & &lt;c>", withControls: true };
const endBare = { ...end, rest: "" };

const begun = { key, text: "a <b>", at: 0 };

describe("nextStreamState()", () => {
  it.each<readonly [string, StreamState, StreamEvent, StreamState, object]>([
    ["a start", idle, { is: "started", ...begun }, growing, nothing],
    ["a start whose answer was lost", idle, { is: "found", ...begun }, unbroken(), nothing],
    ["an ordinary post", idle, { is: "posted" }, edited, nothing],
    ["an ordinary post after a streamed message", ended, { is: "posted" }, edited, nothing],
    ["a text where nothing is streamed", idle, wanted(more), idle, edit],
    ["a text after the end", ended, wanted(more), ended, edit],
    ["a text after an edit", edited, wanted(more), edited, edit],

    ["more text", growing, wanted(more), appending(), append],
    ["white space", growing, wanted({ text: "a <b>\n ", isLast: false }), growing, nothing],
    ["the last text", growing, wanted(whole), ending(), end],
    ["the last text while no end is taken", growing, wanted(whole, { appendsFirst: true }), appending(whole), append],
    ["a last text that stands there", growing, wanted(same, { appendsFirst: true }), ending(same), endBare],
    ["another text", growing, wanted(other), breaking(false, other), stop],
    ["a time in the text", growing, wanted(timed), breaking(false, timed), stop],
    ["more text just in time", growing, wanted(more, { at: 234_999 }), appending(), append],
    ["more text too late", growing, wanted(more, { at: 235_000 }), breaking(), stop],

    ["an addition that is there", appending(), done, { phase: "growing", streamed: withSent(more.text) }, nothing],
    ["the last addition", appending(whole), done, ending(whole, withSent(more.text)), endBare],
    ["an addition that is limited", appending(), failed("limited"), growing, fail],
    ["the last addition limited", appending(whole), failed("limited"), { ...growing, streamed: limited(1) }, fail],
    ["an addition that got no answer", appending(), failed("unavailable"), breaking(true), stop],
    ["an addition that is refused", appending(), failed("refused"), breaking(), stop],
    ["an addition after the stream's end", appending(), failed("over"), breaking(), stop],
    ["an addition where nothing is any more", appending(), failed("lost"), edited, fail],

    ["an end", ending(), done, ended, nothing],
    ["an end that is limited", ending(), failed("limited"), { ...growing, streamed: limited(1) }, fail],
    [
      "a whole text's 2nd limited end",
      ending(same, limited(1)),
      failed("limited"),
      { ...growing, streamed: limited(2) },
      fail,
    ],
    [
      "a whole text's 3rd limited end",
      ending(same, limited(2)),
      failed("limited"),
      { ...growing, streamed: limited(3) },
      nothing,
    ],
    [
      "a cut text's 3rd limited end",
      ending(whole, limited(2)),
      failed("limited"),
      { ...growing, streamed: limited(3) },
      fail,
    ],
    ["an end that got no answer", ending(), failed("unavailable"), breaking(false, whole), stop],
    ["an end where nothing is any more", ending(), failed("lost"), edited, fail],

    ["a broken-off stream", breaking(), done, editing(undefined), edit],
    ["a limited break", breaking(), failed("limited"), unbroken(), fail],
    ["a limited break, unsure", breaking(true), failed("limited"), unbroken(true), fail],
    ["a text after a limited break", unbroken(true), wanted(more), breaking(true), stop],
    ["a refused break", breaking(), failed("over"), editing(streamed), edit],
    ["a refused break, unsure", breaking(true), failed("over"), editing(undefined), edit],

    ["an edit", editing(streamed), done, edited, nothing],
    ["an edit of what still grows", editing(streamed), failed("conflict"), resuming(), append],
    ["an edit of what still grows, whole", editing(streamed, same), failed("conflict"), growing, nothing],
    ["an edit to another text", editing(streamed, other), failed("conflict"), stranded, fail],
    ["an edit that failed", editing(streamed), failed("unavailable"), stranded, fail],
    ["an edit after a clean break that failed", editing(undefined), failed("conflict"), edited, fail],
    ["a text after a failed edit", stranded, wanted(more), editing(streamed), edit],
    ["a resumed stream", resuming(), done, { phase: "growing", streamed: withSent(more.text) }, nothing],
    ["a refused resumption", resuming(), failed("unavailable"), edited, fail],

    ["the settling of what grows", growing, { is: "settle" }, settling(1), endBare],
    ["the settling of what is to break", unbroken(), { is: "settle" }, settling(1), endBare],
    ["the settling of what has ended", ended, { is: "settle" }, ended, nothing],
    ["the settling of an edited message", edited, { is: "settle" }, edited, nothing],
    ["a settled stream", settling(1), done, ended, nothing],
    ["a stream that was over", settling(1), failed("over"), ended, nothing],
    ["a stream whose channel is gone", settling(1), failed("lost"), ended, nothing],
    ["a settling that failed", settling(1), failed("limited"), settling(2), endBare],
    ["a settling that failed three times", settling(3), failed("unavailable"), edited, nothing],
  ])("takes %s", (_name, state, event, next, step) => {
    expect(nextStreamState(state, event)).toEqual([next, step]);
  });

  it("comes to rest after at most six calls, whatever each of them answers", () => {
    const results = fc.constantFrom(
      done,
      ...(["limited", "lost", "unavailable", "over", "conflict", "refused"] as const).map(failed),
    );
    const starts = fc.constantFrom(idle, growing, unbroken(true), stranded, ended, edited);
    const asked = fc.constantFrom(wanted(more), wanted(whole), wanted(whole, { appendsFirst: true }), {
      is: "settle" as const,
    });
    fc.assert(
      fc.property(starts, asked, fc.array(results, { minLength: 6, maxLength: 6 }), (start, event, answers) => {
        let [state, step] = nextStreamState(start, event);
        for (const answer of answers) {
          if (step.do === "nothing" || step.do === "throw") break;
          [state, step] = nextStreamState(state, answer);
        }
        expect(["nothing", "throw"]).toContain(step.do);
        expect(["idle", "growing", "breaking", "stranded", "ended", "edited"]).toContain(state.phase);
        // What Slack is not known to stream any more counts as one of its open streams no longer.
        if (state.phase === "ended" || state.phase === "edited") expect(streamedIn(state)).toBeUndefined();
      }),
    );
  });
});
