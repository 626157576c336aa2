import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SlackAdapter, startAdapter } from "./slack-adapter.js";

const RUNS = process.env.SOAK ? 400 : 25;
/** The last text is tried four times: fewer failures than that never lose it. */
const MOST_FAILURES = 3;

const passing = [
  { status: 500, error: "internal_error" },
  { status: 500, error: "internal_error", isDone: true },
  { status: 503, error: "service_unavailable" },
  { retryAfter: 1 },
  { error: "internal_error" },
];
const anywhere = fc.record({
  method: fc.constantFrom("chat.postMessage", "chat.update", "conversations.replies"),
  failure: fc.constantFrom(...passing),
});
const inStreams = fc.record({
  method: fc.constantFrom("chat.startStream", "chat.appendStream", "chat.stopStream"),
  // After these there is no stream any more, or never was; an edit that is refused so is refused for good.
  failure: fc.constantFrom(...passing, { error: "message_not_in_streaming_state" }, { error: "unknown_method" }),
});
const failed = fc.tuple(fc.oneof(anywhere, inStreams), fc.nat(12)).map(([what, before]) => ({ ...what, before }));
const piece = fc.string({
  unit: fc.constantFrom("a", "b", " ", "\n", "<", ">", "&", "*", "é", "🌲", "@U1"),
  maxLength: 40,
});
const run = fc.record({
  pieces: fc.array(piece, { minLength: 1, maxLength: 12 }),
  failures: fc.array(failed, { maxLength: MOST_FAILURES }),
  gapMs: fc.constantFrom(0, 700, 1_500, 40_000),
  /** What makes the answer long enough for two messages. */
  filler: fc.constantFrom(0, 0, 0, 11_900),
});

/** An edit after a refused end is refused as well, and the next end bears what the edit was to bring. */
const ENDS_REFUSED = {
  pieces: ["", "", "", "", "", ""],
  failures: [0, 0].map((before) => ({
    method: "chat.stopStream" as const,
    failure: { status: 500, error: "internal_error" },
    before,
  })),
  gapMs: 40_000 as const,
  filler: 0 as const,
};

describe("an answer on Slack whose calls fail at any point", () => {
  let adapter: SlackAdapter;
  beforeAll(async () => {
    adapter = await startAdapter();
  });
  afterAll(() => adapter.close());

  it("is shown whole and once", { timeout: process.env.SOAK ? 900_000 : 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(run, async ({ pieces, failures, gapMs, filler }) => {
        const { slack, clock, platform, log } = adapter;
        const ts = await slack.say("a question");
        const question = { platform: "slack", workspace: "T0EVERGREEN", channel: "C0GENERAL", thread: ts, message: ts };
        const stream = platform.createReplyStream?.({
          platform,
          question,
          asker: { id: "U0ADA", name: "ada" },
          clock,
          log,
          controls: [],
          onPosted: async () => {},
          onLost: (error) => {
            throw error;
          },
        });
        if (stream === undefined) throw new Error("slack makes no streams");
        let text = `${"word ".repeat(filler / 5)}x`;
        for (const [index, next] of pieces.entries()) {
          for (const each of failures) if (each.before === index) slack.failNext(each.method, each.failure);
          text += next;
          stream.show(text);
          await clock.advance(gapMs);
        }
        let isOver = false;
        const finished = stream.finish(text, [{ label: "Retry", command: "/chat retry" }]).finally(() => {
          isOver = true;
        });
        while (!isOver) await clock.advance(500);
        expect(await finished).toBe(true);
        slack.failNone();
        // The next run begins with full buckets, and asks again for what was said to be unknown.
        await clock.advance(3_700_000);
        const shown = slack.textsIn("C0GENERAL", ts).join("");
        expect(shown.replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
        const last = slack.workspace.messages.findLast(({ thread }) => thread === ts);
        expect(last?.blocks.at(-1)?.type).toBe("actions");
      }),
      { numRuns: RUNS, examples: [[ENDS_REFUSED]] },
    );
  });
});
