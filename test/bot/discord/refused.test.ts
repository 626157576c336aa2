import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeChannel } from "../../support/fake-discord-world.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../support/fake-openai.js";
import { eventually } from "../../support/playground-client.js";
import { answered, connected, type DiscordStage, realClock, stageDiscord } from "./discord-support.js";

let stage: DiscordStage;
let openai: FakeOpenAi;
beforeEach(async () => {
  openai = await startFakeOpenAi({ models: ["gpt-5"] });
  const environment = { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url };
  stage = await stageDiscord({}, environment, realClock);
  await connected(stage.discord);
});
afterEach(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
  await openai.close();
});

const words = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `w${from + index} `).join("");

/** An answer in the middle of its growth, of which nothing more comes unless the test says so. */
async function growing(channel: FakeChannel) {
  const { discord } = stage;
  const question = discord.say(channel, discord.person("ada"), "tell me", { naming: true });
  const stream = await openai.nextStream();
  stream.send(words(0, 84));
  const answer = await eventually("its first text", () => discord.answers(channel)[0]);
  return { question, stream, answer };
}
const labels = (channel: FakeChannel) =>
  stage.discord
    .answers(channel)
    .map(({ components }) => components.flatMap((row) => row.components.map((one) => one.label)));
const textOf = (channel: FakeChannel) =>
  stage.discord
    .answers(channel)
    .map(({ content }) => content.trim())
    .join(" ");
const WHOLE = words(0, 300).trim();
const tries = (method: string, pattern: RegExp) =>
  stage.discord.rest.requests.filter((one) => one.method === method && pattern.test(one.path)).length;

describe("an answer on Discord whose thread is archived while it grows", () => {
  it("opens the thread again and arrives whole", async () => {
    const thread = stage.discord.addThread(stage.discord.general, "a talk");
    const { question, stream } = await growing(thread);
    stage.discord.archive(thread);
    stream.send(words(84, 300));
    stream.finish();
    await answered(stage.discord, thread, question);
    expect(stage.discord.answers(thread).map(({ content }) => content)).toEqual([WHOLE]);
    expect(stage.discord.marksOf(question)).toEqual(["✅"]);
    expect(labels(thread)[0]).not.toContain("⏹️ Stop");
  });

  it("goes on in a new message where it may not open the thread, without a Stop under the first", async () => {
    const { discord } = stage;
    const thread = discord.addThread(discord.general, "a talk");
    const { question, stream } = await growing(thread);
    discord.rest.failNext(/^PATCH \/channels\/\d+$/, 403, 50013);
    discord.archive(thread);
    stream.send(words(84, 300));
    stream.finish();
    await answered(discord, thread, question);
    expect(discord.answers(thread)).toHaveLength(2);
    expect(textOf(thread)).toBe(WHOLE);
    expect(discord.marksOf(question)).toEqual(["✅"]);
    expect(labels(thread)[0]).toEqual([]);
  });

  it("says in the channel why the rest is missing, where the thread was locked", async () => {
    const { discord } = stage;
    const thread = discord.addThread(discord.general, "a talk");
    const { stream } = await growing(thread);
    discord.archive(thread, true);
    stream.send(words(84, 300));
    await stream.closed;
    const line = await eventually("a line", () => discord.answers()[0]);
    expect(line.content).toBe(
      `⚠️ My answer in <#${thread.id}> could not be finished: the thread was locked. Unlock it and ask again.`,
    );
    expect(discord.answers(thread)).toHaveLength(1);
  });
});

describe("an answer on Discord that the server's own filter refuses", () => {
  it("says so in one line where nothing of it is shown", async () => {
    const { discord } = stage;
    discord.filter(/forbidden/);
    const question = discord.say(discord.general, discord.person("ada"), "tell me", { naming: true });
    const stream = await openai.nextStream();
    stream.send("a forbidden word ");
    await eventually("a refused post", () => tries("POST", /messages$/) > 0);
    stream.send("and more ");
    stream.finish();
    await answered(discord, discord.general, question);
    expect(discord.answers().map(({ content }) => content)).toEqual([
      "⚠️ The answer could not be shown: this server's filter refused the text.",
    ]);
    expect(discord.marksOf(question)).toEqual(["❌"]);
    expect(tries("POST", /messages$/)).toBeLessThanOrEqual(3);
  });

  it("keeps what is shown without its Stop, and says why the rest is missing", async () => {
    const { discord } = stage;
    discord.filter(/forbidden/);
    const { question, stream } = await growing(discord.general);
    stream.send("forbidden ");
    stream.send(words(84, 300));
    await eventually("a refused edit", () => tries("PATCH", /messages/) > 0);
    stream.finish();
    await answered(discord, discord.general, question);
    expect(discord.answers().map(({ content }) => content)).toEqual([
      words(0, 84).trim(),
      "⚠️ The rest of the answer could not be shown: this server's filter refused the text.",
    ]);
    expect(labels(discord.general)).toEqual([[], []]);
    expect(discord.marksOf(question)).toEqual(["⚠️"]);
    expect(tries("PATCH", /messages/) + tries("POST", /messages$/)).toBeLessThanOrEqual(7);
  });

  it("goes on in a new message where only the edit is refused", async () => {
    const { discord } = stage;
    const { question, stream } = await growing(discord.general);
    discord.rest.failNext(/^PATCH .*messages/, 400, 200000);
    stream.send(words(84, 300));
    stream.finish();
    await answered(discord, discord.general, question);
    expect(discord.answers()).toHaveLength(2);
    expect(textOf(discord.general)).toBe(WHOLE);
    expect(labels(discord.general)[0]).toEqual([]);
    expect(discord.marksOf(question)).toEqual(["✅"]);
  });
});

it("an answer on Discord is shown without controls where only those are refused", async () => {
  const { discord } = stage;
  const { question, stream } = await growing(discord.general);
  discord.rest.failNext(/^PATCH .*messages/, 400, 50035);
  stream.finish();
  await answered(discord, discord.general, question);
  expect(discord.answers().map(({ content }) => content)).toEqual([words(0, 84).trim()]);
  expect(labels(discord.general)).toEqual([[]]);
  expect(discord.marksOf(question)).toEqual(["✅"]);
  expect(tries("PATCH", /messages/)).toBe(2);
});

// https://github.com/Voxel-Fox-Ltd/Flower/issues/63
it("an answer on Discord is posted without its reference where the bot may not read the channel's history", async () => {
  const { discord } = stage;
  discord.forbid(discord.general, "history");
  const { question, stream } = await growing(discord.general);
  stream.send(words(84, 300));
  stream.finish();
  await eventually("the end", () => discord.marksOf(question).includes("✅"));
  expect(textOf(discord.general)).toBe(WHOLE);
  expect(discord.answers()).toHaveLength(1);
});

it.each([400, 403])("an answer on Discord that its filter of links refuses with %s says so", async (status) => {
  const { discord } = stage;
  const question = discord.say(discord.general, discord.person("ada"), "tell me", { naming: true });
  discord.rest.failNext(/^POST .*messages/, status, 240000, 2);
  const stream = await openai.nextStream();
  stream.send("https://evil.example ");
  await eventually("a refused post", () => tries("POST", /messages$/) > 0);
  stream.finish();
  await answered(discord, discord.general, question);
  expect(discord.answers().map(({ content }) => content)).toEqual([
    "⚠️ The answer could not be shown: Discord's filter of harmful links refused the text.",
  ]);
  expect(discord.marksOf(question)).toEqual(["❌"]);
});
