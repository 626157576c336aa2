import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeMessage } from "../../support/fake-discord-world.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../support/fake-openai.js";
import { eventually } from "../../support/playground-client.js";
import { answered, connected, type DiscordStage, replied, stageDiscord } from "./discord-support.js";

let stage: DiscordStage;
let openai: FakeOpenAi;
beforeEach(async () => {
  openai = await startFakeOpenAi({ models: ["gpt-5", "gpt-4o"] });
  stage = await stageDiscord({}, { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url });
  await connected(stage.discord);
});
afterEach(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
  await openai.close();
});

const person = (name: string) => stage.discord.person(name);
const labels = ({ components }: Pick<FakeMessage, "components">) =>
  components.flatMap((row) => row.components.map(({ label, placeholder }) => label ?? placeholder));
const ask = (text: string) => stage.discord.say(stage.discord.general, person("ada"), text, { naming: true });

describe("the controls of an answer on Discord", () => {
  it("stop it while it grows, for its asker, without another word", async () => {
    const { discord } = stage;
    const question = ask("tell me much");
    const stream = await openai.nextStream();
    stream.send("The beginning ");
    const answer = await eventually("its first text", () => discord.answers()[0]);
    const stop = labels(answer).find((label) => label?.includes("Stop")) ?? "no Stop";
    const refused = await replied(discord.press(discord.general, person("bob"), answer, stop));
    expect(refused).toMatchObject({ isEphemeral: true, content: expect.stringContaining("🔒") });
    discord.press(discord.general, person("ada"), answer, stop);
    await stream.closed;
    await answered(discord, discord.general, question);
    expect(answer.content).toMatch(/^The beginning[\s\S]*⏹️ Stopped\.$/);
    expect(labels(answer)).not.toContain(stop);
  });

  it("answer it again, go away after that, and leave the one line that nobody needs unsaid", async () => {
    const { discord } = stage;
    openai.replyWith(() => "an answer");
    const question = ask("hello");
    const [first] = await answered(discord, discord.general, question);
    if (first === undefined) throw new Error("no answer");
    const retry = labels(first).find((label) => label?.includes("Retry")) ?? "no Retry";
    const pressed = discord.press(discord.general, person("ada"), first, retry);
    const second = await eventually("a second answer", () => discord.answers().find(({ id }) => id !== first.id));
    await eventually("its end", () => labels(second).includes(retry) || undefined);
    expect(labels(first)).toEqual([]);
    expect(first.content).toContain("an answer");
    expect(pressed.replies).toEqual([]);
  });

  it("ask in the same row whether it was good, count each person once, and offer another model where it was not", async () => {
    const { discord } = stage;
    openai.replyWith(() => "an answer");
    const [answer] = await answered(discord, discord.general, ask("hello"));
    if (answer === undefined) throw new Error("no answer");
    expect(answer.components[0]?.components.map(({ label }) => label)).toEqual(["🔁 Retry", "👍", "👎"]);
    expect(await replied(discord.press(discord.general, person("bob"), answer, "👍"))).toMatchObject({
      isEphemeral: true,
      content: expect.stringContaining("👍 Counted for `openai/gpt-5`"),
    });
    const bad = await replied(discord.press(discord.general, person("ada"), answer, "👎"));
    expect(labels(bad)).toContain("Answer again with…");
    expect(labels(answer)).toContain("👍");
    const shown = await replied(discord.slash(discord.general, person("ada"), "usage show"));
    expect(shown.content).toContain("`openai/gpt-5` 50 % of 2 votes");
  });

  it("answer it again with another model from the menu, which stays the conversation's no longer than that", async () => {
    const { discord } = stage;
    openai.replyWith((body) => `by ${body.model}`);
    const [first] = await answered(discord, discord.general, ask("hello"));
    const menu = first?.components.flatMap((row) => row.components).find(({ type }) => type === 3);
    const entry = menu?.options?.find(({ label }) => label.includes("gpt-4o"))?.label ?? "no entry";
    if (first === undefined) throw new Error("no answer");
    discord.press(discord.general, person("ada"), first, entry);
    await eventually("a second answer", () => discord.answers().find(({ content }) => content.includes("by gpt-4o")));
    const after = await answered(discord, discord.general, ask("and now?"));
    expect(after[0]?.content).toContain("by gpt-5");
  });
});

describe("a conversation's own commands on Discord", () => {
  it("go on in a thread, and give the conversation as a file that only its reader sees", async () => {
    const { discord } = stage;
    openai.replyWith(() => "an answer");
    await answered(discord, discord.general, ask("hello"));
    const opened = await replied(discord.slash(discord.general, person("ada"), "chat thread"));
    const thread = [...discord.world.channels.values()].find(({ type }) => type === 11);
    expect(thread).toBeDefined();
    expect(opened.content).toContain(`<#${thread?.id}>`);
    if (thread === undefined) throw new Error("no thread");
    const inThread = discord.say(thread, person("ada"), "and more", { naming: true });
    expect(await answered(discord, thread, inThread)).toHaveLength(1);
    const exported = await replied(discord.slash(discord.general, person("ada"), "chat export"));
    expect(exported.isEphemeral).toBe(true);
    expect(exported.files[0]?.text).toContain("hello");
  });
});
