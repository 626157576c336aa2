import { afterAll, beforeAll, describe, it } from "vitest";
import { type BotOnThree, startBotOnThree } from "../support/bot-on-three.js";
import type { Place } from "../support/three-platforms.js";

describe("two languages on three surfaces", () => {
  let bot: BotOnThree;
  let places: [Place, Place, Place];
  beforeAll(async () => {
    bot = await startBotOnThree();
    places = [await bot.open(0), await bot.open(1), await bot.open(2)];
  }, 60_000);
  afterAll(() => bot.close());

  const lastSays = (place: Place, words: RegExp) =>
    bot.until(`${words}`, async () => words.test((await place.whispers()).at(-1) ?? ""));

  /** What somebody reads there of a panel, a command and a refusal. */
  async function expectLanguage(place: Place, isGerman: boolean): Promise<void> {
    await place.run("settings show");
    await lastSays(place, isGerman ? /Modell neuer Unterhaltungen/ : /Model of new conversations/);
    await place.run("chat stop");
    await lastSays(place, isGerman ? /keine Antwort geschrieben/ : /No answer is being written/);
    await place.run("models use", { name: "model", value: "nosuch/model" });
    await lastSays(place, isGerman ? /kein Modell/ : /There is no model/);
  }

  it("are each workspace's own, whichever workspace turned German last", async () => {
    for (const german of places) {
      await german.run("settings language", { name: "language", value: "de" });
      await lastSays(german, /Gespeichert.*Deutsch/s);
      for (const place of places) await expectLanguage(place, place === german);
      await german.run("settings language", { name: "language", value: "default" });
      await lastSays(german, /Saved\. Language: \*+English\*+ \(the default\)/);
    }
  }, 120_000);
});
