import { afterEach, describe, expect, it } from "vitest";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../support/fake-openai.js";
import type { FakeSlackOptions } from "../../support/fake-slack.js";
import { type SlackWorld, SOCKET_TOKENS, startSlackWorld } from "./slack-support.js";

const REPLIES = 16;
const WORDS = 100;
const WORD_MS = 250;
const WHOLE = Array.from({ length: WORDS }, (_, index) => `word${index}`).join(" ");
const CHANNELS = ["C0GENERAL", "C0RANDOM"] as const;
const WITHOUT_STREAMING = ["chat.startStream", "chat.appendStream", "chat.stopStream"];

describe("many answers at once in one workspace", () => {
  let world: SlackWorld | undefined;
  let openai: FakeOpenAi | undefined;
  afterEach(async () => {
    await world?.close();
    await openai?.close();
  });

  async function start(slack: Partial<FakeSlackOptions>) {
    openai = await startFakeOpenAi({ models: ["gpt-5"] });
    const environment = {
      ...SOCKET_TOKENS,
      OPENAI_API_KEY: FAKE_OPENAI_KEY,
      OPENAI_BASE_URL: openai.url,
      DEMO_PROVIDER: "off",
      USER_MESSAGES_PER_10_MIN: "0",
      CHANNEL_MESSAGES_PER_10_MIN: "0",
      PROVIDER_CONCURRENCY: "0",
    };
    world = await startSlackWorld({ environment, slack });
    await world.bot.tick();
    const model = openai;
    await world.until("the list", () => model.listRequests() === 1);
    return { ...world, model };
  }

  /** Answers that end in the same moment; resolves with how long after it each was shown whole, in ms. */
  async function answerAtOnce({ slack, clock, until, model }: Awaited<ReturnType<typeof start>>) {
    const before = model.chatRequests();
    const coming = Array.from({ length: REPLIES }, () => model.nextStream());
    const asked = Array.from({ length: REPLIES }, (_, index) =>
      slack.mentionSoon(`question ${index}`, { channel: CHANNELS[index % CHANNELS.length] ?? CHANNELS[0] }),
    );
    const streams = await until("every stream", () => model.chatRequests() === before + REPLIES && Promise.all(coming));
    for (const word of WHOLE.match(/\S+ ?/g) ?? []) {
      for (const stream of streams) stream.send(word);
      await clock.advance(WORD_MS);
    }
    for (const stream of streams) stream.finish();
    const endedAt = clock.now();
    const shownAfterMs = new Map<string, number>();
    await until(
      "every end",
      () => {
        for (const { ts } of asked) {
          const texts = CHANNELS.flatMap((channel) => slack.textsIn(channel, ts));
          const isWhole = texts.length === 1 && texts[0] === WHOLE;
          if (isWhole && !shownAfterMs.has(ts)) shownAfterMs.set(ts, clock.now() - endedAt);
        }
        return shownAfterMs.size === REPLIES;
      },
      { stepMs: 250, timeoutMs: 20_000 },
    );
    const isDone = (ts: string) => CHANNELS.some((channel) => slack.marksOf(channel, ts).includes("white_check_mark"));
    await until("every mark", () => asked.every(({ ts }) => isDone(ts)), { stepMs: 250, timeoutMs: 20_000 });
    return [...shownAfterMs.values()];
  }

  it.each([
    { name: "streams, a whole minute's calls at once", waves: 1, slack: {} },
    { name: "streams, a third of a minute's calls at once", waves: 3, slack: { burst: 1 / 3 } },
    {
      name: "edits, a third of a minute's calls at once",
      waves: 3,
      slack: { burst: 1 / 3, absent: WITHOUT_STREAMING },
    },
  ])(
    `all ${REPLIES} become complete within 2 s in $waves waves without one refusal: $name`,
    async ({ waves, slack }) => {
      const started = await start(slack);
      const shownAfterMs: number[] = [];
      for (let wave = 0; wave < waves; wave++) shownAfterMs.push(...(await answerAtOnce(started)));
      expect(started.slack.calls.filter(({ answer }) => answer.error === "ratelimited")).toEqual([]);
      expect(Math.max(...shownAfterMs)).toBeLessThanOrEqual(2_000);
      expect(started.slack.answers().every(({ edits }) => edits >= 1)).toBe(true);
    },
  );
});
