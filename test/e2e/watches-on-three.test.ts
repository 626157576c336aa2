import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BotOnThree, startBotOnThree } from "../support/bot-on-three.js";

const SILENT_FLAG = 4_096;
const DAY_MS = 86_400_000;

describe("a watch on three surfaces", () => {
  let bot: BotOnThree;
  beforeEach(async () => {
    bot = await startBotOnThree();
    const place = await bot.open(2);
    await bot.until("the lists", async () => {
      await place.run("models list");
      return (await place.whispers()).some((text) => text.includes("gpt-5-mini"));
    });
  });
  afterEach(() => bot.close());

  it("tells of a new model once, silently on Discord, and its button pins the channel", async () => {
    const { discord, slack } = bot.platforms;
    const places = [await bot.open(0), await bot.open(1), await bot.open(2)];
    for (const place of places) {
      await place.run("models watch", { name: "pattern", value: "openai/*" });
      await bot.whispered(place, "This channel gets a message about");
    }
    bot.openai.setModels(["gpt-5", "gpt-5-mini", "gpt-6"]);
    await bot.clock.leap(301_000);
    await bot.run(30_000);
    const onDiscord = () =>
      [...discord.world.channels.values()].flatMap((channel) =>
        discord.answers(channel).flatMap((message) => (isNews(message.content) ? [{ channel, message }] : [])),
      );
    const onSlack = () => slack.workspace.messages.filter(({ text }) => isNews(text));
    const [told] = await bot.until("a message on Discord", async () => onDiscord().length > 0 && onDiscord());
    expect(told?.message.content).toMatch(/^🆕 Models changed\n- \*\*new\*\* `openai\/gpt-6`/);
    expect((told?.message.flags ?? 0) & SILENT_FLAG).toBe(SILENT_FLAG);
    await bot.until("a message on Slack", async () => onSlack().length > 0);

    if (told === undefined) throw new Error("nothing was told");
    discord.press(told.channel, discord.person("ada", { isManager: true }), told.message, "Use here");
    const question = await bot.begin(places[0] as never, "hello");
    expect(bot.openai.requests.at(-1)?.body?.model).toBe("gpt-6");
    question.stream.finish();
    await bot.ended(question.question);

    const [message] = onSlack();
    if (message === undefined) throw new Error("nothing was told");
    await slack.press(message, "Use here");
    await bot.whispered(places[1] as never, "now uses **openai/gpt-6**");

    await bot.clock.leap(301_000);
    await bot.run(30_000);
    expect([onDiscord().length, onSlack().length]).toEqual([1, 1]);
  });

  it("is not needed where a pinned model is to retire: its successor stands under the next answer", async () => {
    const places = [await bot.open(0), await bot.open(1), await bot.open(2)];
    for (const place of places) {
      await place.run("models use", { name: "model", value: "anthropic/claude-sonnet-5" });
      await bot.whispered(place, "now uses **anthropic/claude-sonnet-5**");
    }
    const retires_at = new Date(bot.clock.now() + 20 * DAY_MS).toISOString();
    bot.anthropic.setModels([{ id: "claude-sonnet-5", lifecycle: "deprecated", retires_at }, "claude-sonnet-6"]);
    await bot.clock.leap(301_000);
    await bot.run(30_000);
    for (const place of places) {
      const asked = async (text: string) => {
        const { question, stream } = await bot.begin(place, text, bot.anthropic);
        stream.send("Hi.");
        stream.finish("end_turn");
        return { question, ...(await bot.ended(question)), model: bot.anthropic.requests.at(-1)?.body?.model };
      };
      const first = await asked("hello");
      expect(first.model).toBe("claude-sonnet-5");
      expect(first.text).toContain("retires on 25 Jan 2026");
      await first.question.press("Use anthropic/claude-sonnet-6");
      await bot.whispered(place, "now uses **anthropic/claude-sonnet-6**");
      expect((await asked("and now?")).model).toBe("claude-sonnet-6");
    }
  });
});

const isNews = (text: string) => text.includes("Models changed");
