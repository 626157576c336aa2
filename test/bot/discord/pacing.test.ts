import { afterEach, describe, expect, it } from "vitest";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../support/fake-openai.js";
import { answered, connected, type DiscordStage, realClock, stageDiscord } from "./discord-support.js";

let stage: DiscordStage;
let openai: FakeOpenAi;
afterEach(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
  await openai.close();
});

const WORDS = 30;
const WORD_MS = 50;

/** Answers the next chat word by word, with its own question at the end. */
async function streamOne(): Promise<void> {
  const stream = await openai.nextStream();
  const question = (stream.body.messages as { content: string }[]).at(-1)?.content;
  for (let word = 0; word < WORDS; word++) {
    stream.send(`word${word} `);
    await new Promise((resolve) => setTimeout(resolve, WORD_MS));
  }
  stream.send(`end of ${question}`);
  stream.finish();
}

describe("many answers at once on Discord", () => {
  it("20 in 20 channels and 3 in one are complete, at 5 calls in 5 s and route, without one refusal for their rate", async () => {
    openai = await startFakeOpenAi({ models: ["gpt-5"] });
    const limits = {
      messages: { limit: 5, windowMs: 5_000 },
      reactions: { limit: 1, windowMs: 250 },
      global: { limit: 50, windowMs: 1_000 },
    };
    stage = await stageDiscord(limits, { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url }, realClock);
    const { discord } = stage;
    await connected(discord);
    const busy = discord.addChannel("busy");
    const channels = [...Array.from({ length: 20 }, (_, index) => discord.addChannel(`c${index}`)), busy, busy, busy];
    const streams = channels.map(() => streamOne());
    const asked = channels.map((channel, index) => ({
      channel,
      question: discord.say(channel, discord.person(`person ${index}`), `question ${index}`, { naming: true }),
    }));
    await Promise.all(streams);
    for (const [index, { channel, question }] of asked.entries()) {
      const [answer] = await answered(discord, channel, question, 30_000);
      // Where somebody else asked before, the question bears its speaker's name.
      const name = index > 20 ? `person ${index}: ` : "";
      expect(answer?.content).toMatch(new RegExp(`^word0 word1 .*end of ${name}question ${index}$`));
      expect(discord.marksOf(question)).toEqual(["✅"]);
    }
    expect(discord.rest.requests.filter(({ status }) => status === 429)).toEqual([]);
  });
});

describe("a long answer on Discord", () => {
  it("goes on in further messages, its code block closed and opened again, and loses nothing", async () => {
    openai = await startFakeOpenAi({ models: ["gpt-5"] });
    stage = await stageDiscord({}, { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url });
    const { discord } = stage;
    await connected(discord);
    const lines = Array.from({ length: 150 }, (_, index) => `const line${index} = ${index}; // some code`);
    const whole = `Here it is:\n\n\`\`\`ts\n${lines.join("\n")}\n\`\`\`\n\nThat was it.`;
    openai.replyWith(() => whole);
    const question = discord.say(discord.general, discord.person("ada"), "much code please", { naming: true });
    const parts = (await answered(discord, discord.general, question)).map(({ content }) => content);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.every((part) => part.length <= 2_000)).toBe(true);
    expect(parts.every((part) => (part.match(/^```/gm) ?? []).length % 2 === 0)).toBe(true);
    const told = parts
      .join("\n")
      .split("\n")
      .filter((line) => line.startsWith("const"));
    expect(told).toEqual(lines);
  });
});
