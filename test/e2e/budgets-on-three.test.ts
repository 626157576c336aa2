import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BotOnThree, startBotOnThree } from "../support/bot-on-three.js";
import type { Place } from "../support/three-platforms.js";

const DAY_MS = 86_400_000;

describe("a budget on three surfaces", () => {
  let bot: BotOnThree;
  let places: readonly Place[];
  beforeEach(async () => {
    bot = await startBotOnThree();
    places = [await bot.open(0), await bot.open(1), await bot.open(2)];
    const [, , page] = places as [Place, Place, Place];
    await bot.until("the lists", async () => {
      await page.run("models list");
      return (await page.whispers()).some((text) => text.includes("gpt-5-mini"));
    });
  });
  afterEach(() => bot.close());

  async function answered(place: Place, text: string): Promise<string> {
    const { question, stream } = await bot.begin(place, text);
    stream.send("Hi.");
    stream.finish();
    return (await bot.ended(question)).text;
  }

  it("is set, told at 80 %, holds, is raised by its button, and renews", async () => {
    for (const place of places) {
      const options = { who: "channel", amount: "5", unit: "questions", per: "day" };
      await place.run("settings budget", ...Object.entries(options).map(([name, value]) => ({ name, value })));
      await bot.whispered(place, /each channel: \*+5 questions a day\*+ \(this workspace\)/);
      const texts: string[] = [];
      for (let count = 1; count <= 5; count++) texts.push(await answered(place, `question ${count}`));
      expect(texts.map((text) => /💰 (\d+) %/.exec(text)?.[1])).toEqual([undefined, undefined, "50", "80", "100"]);
      expect(texts[3]).toContain("💰 80 % of this channel's 5 questions for today");

      const asked = bot.openai.requests.length;
      const question = await place.ask("one too many");
      const late = await bot.ended(question);
      expect(late.mark).toBe("❌");
      expect(late.text).toMatch(/^⛔ This channel's budget of 5 questions for today is used up\. It renews/);
      expect(bot.openai.requests.length).toBe(asked);
      await place.run("usage budget");
      await bot.whispered(place, /This channel: \*+100 %\*+ used: 5 questions of 5 questions for today/);

      await question.press("Double it until tomorrow (operators)");
      await bot.whispered(place, "This channel's budget is 10 questions for today until tomorrow");
      expect(await answered(place, "and now?")).toContain("Hi.");
    }
    await bot.clock.leap(DAY_MS);
    await bot.run(15_000);
    for (const place of places) {
      expect(await answered(place, "a new day")).not.toContain("💰");
      await place.run("usage budget");
      await bot.whispered(place, /This channel: \*+20 %\*+ used: 1 question of 5 questions for today/);
    }
  }, 120_000);
});
