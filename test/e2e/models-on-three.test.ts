import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BotOnThree, startBotOnThree } from "../support/bot-on-three.js";
import type { Place } from "../support/three-platforms.js";

describe("the models of a conversation, on three surfaces", () => {
  let bot: BotOnThree;
  beforeAll(async () => {
    bot = await startBotOnThree();
    const place = await bot.open(2);
    await bot.until("the lists", async () => {
      await place.run("models list");
      return (await place.whispers()).some((text) => text.includes("claude-sonnet-5"));
    });
  });
  afterAll(() => bot.close());

  /** Asks, has the vendor answer, and resolves with what stands below and which model it was. */
  const answered = async (place: Place, text: string, vendor: "openai" | "anthropic" = "openai") => {
    const { question, stream } =
      vendor === "openai" ? await bot.begin(place, text) : await bot.begin(place, text, bot.anthropic);
    stream.send(`${vendor} says hi.`);
    stream.finish(...(vendor === "openai" ? [] : ["end_turn"]));
    return { question, ...(await bot.ended(question)), model: bot[vendor].requests.at(-1)?.body?.model };
  };

  it("follow a rule: a pinned one is refused with its words, and a button goes to the default", async () => {
    for (const index of [0, 1, 2]) {
      const place = await bot.open(index);
      await place.run("models use", { name: "model", value: "openai/gpt-5-mini" });
      await bot.whispered(place, "now uses **openai/gpt-5-mini**");
      const first = await answered(place, "hello");
      expect(first.model).toBe("gpt-5-mini");
      await place.run("settings models", { name: "rule", value: "deny" }, { name: "value", value: "*/*-mini" });
      await bot.whispered(place, "`*/*-mini`");
      const question = await place.ask("still there?");
      const refused = await bot.ended(question);
      expect(refused.text).toMatch(/🔒 \*+openai\/gpt-5-mini\*+ is ruled out by this workspace/);
      await question.press("Use the default");
      await bot.whispered(place, "no longer pinned to **openai/gpt-5-mini**");
      expect((await answered(place, "and now?")).model).toBe("gpt-5");
      await place.run("settings models", { name: "rule", value: "reset" });
      await bot.whispered(place, "Models that may be used: **all**");
    }
  });

  it("begin with the newest that matches the default's pattern, while what has begun stays", async () => {
    for (const index of [0, 1, 2]) {
      const [before, after] = [await bot.open(index), await bot.open(index)];
      await before.run("settings model", { name: "model", value: "openai/gpt-*-mini" });
      await bot.whispered(before, "gpt-5-mini");
      expect((await answered(before, "hello")).model).toBe("gpt-5-mini");
      bot.openai.setModels(["gpt-5", "gpt-5-mini", "gpt-6-mini"]);
      await bot.clock.leap(301_000);
      await bot.run(30_000);
      expect((await answered(after, "hello")).model).toBe("gpt-6-mini");
      expect((await answered(before, "still?")).model).toBe("gpt-5-mini");
      await before.run("settings model", { name: "model", value: "default" });
      bot.openai.setModels(["gpt-5", "gpt-5-mini"]);
      await bot.clock.leap(301_000);
      await bot.run(30_000);
    }
  });

  it("are compared on the last question, and the one that is chosen is gone on with", async () => {
    for (const index of [0, 1, 2]) {
      const place = await bot.open(index);
      const { question } = await answered(place, "which is it?");
      const stream = await bot.streamOf(
        () => place.run("chat compare", { name: "model", value: "anthropic/claude-sonnet-5" }),
        bot.anthropic,
      );
      await bot.whispered(place, "answers the last question too");
      stream.send("anthropic says hi.");
      await bot.shows(question, "anthropic says hi.");
      stream.finish("end_turn");
      await bot.until("the choice", async () => (await question.labels()).includes(CHOICE));
      const { text, mark } = await bot.ended(question);
      expect(mark).toBe("✅");
      expect(text).toMatch(/anthropic\/claude-sonnet-5\**\s+anthropic says hi\.\s+`[\d.]+ s · .*tokens · .*`/);
      await question.press(CHOICE);
      await bot.whispered(place, "The conversation continues from its answer.");
      expect((await answered(place, "go on", "anthropic")).model).toBe("claude-sonnet-5");
      const sent = JSON.stringify(bot.anthropic.requests.at(-1)?.body);
      expect(sent).toContain("anthropic says hi.");
      expect(sent).not.toContain("openai says hi.");
    }
  });
});

const CHOICE = "Use anthropic/claude-sonnet-5 here";
