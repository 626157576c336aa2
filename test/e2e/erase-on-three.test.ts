import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BotOnThree, startBotOnThree } from "../support/bot-on-three.js";
import { playgroundClient } from "../support/playground-client.js";
import type { Place } from "../support/three-platforms.js";

const SURFACES = ["Discord", "Slack", "the playground"] as const;

describe("everything of a person", () => {
  let bot: BotOnThree;
  beforeAll(async () => {
    bot = await startBotOnThree();
    const place = await bot.open(2);
    await bot.until("the lists", async () => {
      await place.run("models list");
      return (await place.whispers()).some((text) => text.includes("gpt-5"));
    });
    bot.openai.replyWith(() => "an echo of canary-answer");
  });
  afterAll(() => bot.close());

  const stored = () =>
    readdirSync(bot.folder)
      .filter((name) => name.includes("sqlite"))
      .map((name) => readFileSync(join(bot.folder, name)).toString("latin1"))
      .join("\n");
  const asked = async (place: Place, text: string) => bot.ended(await place.ask(text));

  /** A direct message to the bot, where the surface has those. Resolves once it has its answer. */
  async function direct(index: number, text: string): Promise<void> {
    const { discord, slack } = bot.platforms;
    if (index === 0) {
      const channel = discord.directChannel("ada");
      const message = discord.say(channel, discord.person("ada"), text);
      await bot.until("an answer", async () => discord.marksOf(message).includes("✅"));
    }
    if (index === 1) {
      let ts = "";
      void slack.dm(text).then((sent) => {
        ts = sent;
      });
      await bot.until("its delivery", async () => ts !== "");
      await bot.until("an answer", async () => slack.marksOf("D0ADA", ts).includes("white_check_mark"));
    }
  }

  /** All that people can read of the bot's on a surface. */
  async function shown(index: number, places: readonly string[]): Promise<string> {
    const { discord, slack } = bot.platforms;
    if (index === 0)
      return [...discord.world.channels.values()]
        .flatMap((channel) => discord.answers(channel))
        .map(({ content }) => content)
        .join("\n");
    if (index === 1)
      return slack
        .answers()
        .map(({ blocks, text }) => JSON.stringify([blocks, text]))
        .join("\n");
    const channels = await Promise.all(places.map((name) => playgroundClient(bot.url(), name).messages()));
    return channels.flatMap((messages) => messages.map(({ text }) => text)).join("\n");
  }

  it.each(SURFACES.map((name, index) => [name, index] as const))(
    "on %s is handed over and erased: three channels and a direct message",
    { timeout: 60_000 },
    async (_name, index) => {
      const canaries = [0, 1, 2, 3].map((number) => `canary-${index}-${number}`);
      const places = [await bot.open(index), await bot.open(index), await bot.open(index)];
      for (const [number, place] of places.entries()) await asked(place, `${canaries[number]} please`);
      await direct(index, `${canaries[3]} please`);
      const [first] = places;
      if (first === undefined) throw new Error("no place");
      const said = canaries.slice(0, index === 2 ? 3 : 4);
      for (const canary of said) expect(stored()).toContain(canary);
      const compared = await first.ask(`${canaries[0]} once more`);
      await bot.ended(compared);
      await first.run("chat compare", { name: "model", value: "openai/gpt-5-mini" });
      await bot.until("the choice", async () => (await compared.labels()).includes("Use openai/gpt-5-mini here"));
      await bot.ended(compared);

      await first.run("privacy export");
      const file = await bot.until("the file", async () =>
        (await first.files()).find(({ name }) => name === "about-you.json"),
      );
      const exported = JSON.parse(file.text);
      const questions: readonly string[] = exported.questions.map(({ question }: { question: string }) => question);
      // The compared question is there with each of its answers.
      const own = questions.filter((text) => said.some((canary) => text.includes(canary)));
      expect(own).toHaveLength(said.length + 2);
      expect(exported.usage.length).toBeGreaterThanOrEqual(said.length);

      await first.run("privacy erase", { name: "confirm", value: "on" });
      await bot.whispered(first, "🗑️ Erased:");
      const channels = places.map(({ channel }) => channel);
      await bot.until("what was posted to go", async () => !(await shown(index, channels)).includes("canary-answer"));
      expect(await shown(index, channels)).toContain("(erased)");
      await bot.until("the store to be clean", async () => !said.some((canary) => stored().includes(canary)));

      const before = bot.openai.requests.length;
      await asked(first, "and now?");
      expect(JSON.stringify(bot.openai.requests.slice(before))).not.toContain("canary");
      await first.run("audit", { name: "period", value: "today" });
      await bot.whispered(first, /\(erased\)\*+ own data: – → `erased`/);
    },
  );

  it("of before is not quoted any more, on Discord", { timeout: 60_000 }, async () => {
    const { discord } = bot.platforms;
    const [channel, ada, bob] = [discord.addChannel("quotes"), discord.person("ada"), discord.person("bob")];
    const plain = discord.say(channel, ada, "canary-quoted, by the way", {
      extra: { timestamp: new Date(bot.clock.now()).toISOString() },
    });
    const ask = async (text: string) => {
      const before = bot.openai.requests.length;
      const message = discord.say(channel, bob, text, { naming: true, replyTo: plain });
      await bot.until("an answer", async () => discord.marksOf(message).includes("✅"));
      return JSON.stringify(bot.openai.requests.slice(before));
    };
    expect(await ask("what is that?")).toContain("canary-quoted");
    await bot.clock.advance(1_000);
    const erase = discord.slash(channel, ada, "privacy erase", [{ type: 5, name: "confirm", value: true }]);
    await bot.until("the erasure", async () => erase.replies.some(({ content }) => content.includes("Erased")));
    expect(await ask("and what was that?")).not.toContain("canary-quoted");
  });
});
