import { afterEach, describe, expect, it } from "vitest";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../support/fake-openai.js";
import { type SlackWorld, SOCKET_TOKENS, startSlackWorld } from "./slack-support.js";

const REPLIES = 16;
const WORDS = 120;

describe("many answers at once in one workspace", () => {
  let world: SlackWorld | undefined;
  let openai: FakeOpenAi | undefined;
  afterEach(async () => {
    await world?.close();
    await openai?.close();
  });

  it(`all ${REPLIES} grow and become complete within Slack's tiers, without one refusal`, async () => {
    openai = await startFakeOpenAi({ models: ["gpt-5"] });
    const environment = {
      ...SOCKET_TOKENS,
      OPENAI_API_KEY: FAKE_OPENAI_KEY,
      OPENAI_BASE_URL: openai.url,
      DEMO_PROVIDER: "off",
      USER_MESSAGES_PER_10_MIN: "0",
    };
    world = await startSlackWorld({ environment });
    const { slack, clock, until, bot } = world;
    await bot.tick();
    await until("the list", () => openai?.listRequests() === 1);
    const coming = Array.from({ length: REPLIES }, () => openai?.nextStream());
    const asked = Array.from({ length: REPLIES }, (_, index) =>
      slack.mentionSoon(`question ${index}`, { channel: index % 2 === 0 ? "C0GENERAL" : "C0RANDOM" }),
    );
    const streams = await until(
      "every stream",
      () => openai && openai.chatRequests() === REPLIES && Promise.all(coming),
    );
    const whole = Array.from({ length: WORDS }, (_, index) => `word${index}`).join(" ");
    for (const word of whole.match(/\S+ ?/g) ?? []) {
      for (const stream of streams) stream?.send(word);
      await clock.advance(250);
    }
    for (const stream of streams) stream?.finish();
    const endedAt = clock.now();
    const isDone = (ts: string) =>
      ["C0GENERAL", "C0RANDOM"].some((channel) => slack.marksOf(channel, ts).includes("white_check_mark"));
    await until("every end", () => asked.every(({ ts }) => isDone(ts)), { stepMs: 250, timeoutMs: 20_000 });

    for (const { ts } of asked) {
      const texts = [...slack.textsIn("C0GENERAL", ts), ...slack.textsIn("C0RANDOM", ts)];
      expect(texts).toEqual([whole]);
    }
    expect(slack.calls.filter(({ answer }) => answer.error === "ratelimited")).toEqual([]);
    expect(slack.answers().every(({ edits }) => edits > 1)).toBe(true);
    // One call is kept for each last text, so that none waits for the minute to turn.
    expect(clock.now() - endedAt).toBeLessThan(10_000);
  });
});
