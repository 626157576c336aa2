import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLedger } from "../../src/usage/ledger.js";
import { type BotOnThree, startBotOnThree } from "../support/bot-on-three.js";
import { fakeClock, settle } from "../support/fake-clock.js";
import { type FakeOpenAi, startFakeOpenAi } from "../support/fake-openai.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { sqliteHere } from "../support/sqlite-here.js";
import { type Bot, startBot } from "../support/start-bot.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import type { Place, Question } from "../support/three-platforms.js";
import { entry } from "../usage/entries.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GROQ_KEY = "gsk_fake0groq0key0of0evergreen";
const BACKUP_KEY = "fake0backup0key0of0evergreen";

describe("a vendor that refuses for the day, on three surfaces", () => {
  let bot: BotOnThree;
  const isOut = {
    status: 429,
    code: "rate_limit_exceeded",
    type: "requests",
    message:
      "Rate limit reached for gpt-5 in organization org-1 on requests per day (RPD): Limit 200, Used 200, Requested 1. " +
      "Please try again in 1h0m0s.",
  };
  const KEEP = "Keep openai/gpt-5";
  const LINE =
    /↪️ Answered by openai\/gpt-5-mini: openai\/gpt-5 is out of quota until 13:\d\d UTC\. \/models back returns now\./;

  beforeEach(async () => {
    bot = await startBotOnThree();
    const place = await bot.open(2);
    await bot.until("the lists", async () => {
      await place.run("models list");
      return (await place.whispers()).some((text) => text.includes("gpt-5-mini"));
    });
  });
  afterEach(() => bot.close());

  const modelsAsked = () =>
    bot.openai.requests.flatMap(({ method, body }) => (method === "POST" ? [String(body?.model)] : []));
  async function asked(place: Place, text: string) {
    const question = await place.ask(text);
    return { question, ...(await bot.ended(question)) };
  }

  /** A conversation that is pinned to gpt-5. */
  async function pinned(index: number): Promise<Place> {
    const place = await bot.open(index);
    await place.run("models use", { name: "model", value: "openai/gpt-5" });
    await bot.whispered(place, "This conversation now uses **openai/gpt-5**");
    return place;
  }

  /** The label of the control that leaves the pinned model. */
  const useOf = (labels: readonly string[]) =>
    labels.find((label) => /^Use openai\/gpt-5-mini until 13:\d\d UTC$/.test(label)) ?? expect.fail(labels.join(", "));
  /** Asks while the vendor refuses: the answer is the refusal, or that nothing was asked. */
  async function refused(place: Place, text: string) {
    bot.openai.failChats(isOut);
    const answer = await asked(place, text);
    bot.openai.failChats(undefined);
    expect(answer.mark).toBe("❌");
    expect(answer.text).toMatch(
      /out of quota until 13:\d\d UTC|A quota of the bot's account at \**openai\** is used up/,
    );
    expect(answer.labels).toContain(KEEP);
    return { ...answer, use: useOf(answer.labels) };
  }
  const showsLine = (question: Question) =>
    bot.until("the other's answer", async () => LINE.test(await question.text()));

  it("is left by consent only, until the renewal, over a restart", async () => {
    const [discord, slack, playground] = [await pinned(0), await pinned(1), await pinned(2)];
    const first = await refused(discord, "one");

    // Everywhere else nobody presses, and nothing switches.
    for (const place of [slack, playground]) for (const text of ["two", "three"]) await refused(place, text);
    expect(new Set(modelsAsked())).toEqual(new Set(["gpt-5"]));

    await first.question.press(first.use);
    expect(await bot.whispered(discord, /answers here until 13:\d\d UTC/)).toContain("openai/gpt-5-mini");
    await showsLine(first.question);
    expect(modelsAsked().at(-1)).toBe("gpt-5-mini");
    await bot.restart();
    const later = await asked(discord, "four");
    expect(later.text).toMatch(LINE);

    for (const place of [slack, playground]) {
      const { question, use } = await refused(place, "five");
      await question.press(use);
      await showsLine(question);
    }
    await discord.run("models back");
    await bot.whispered(discord, "↩️ Back to **openai/gpt-5**");
    const back = await asked(discord, "six");
    expect(back.text).not.toContain("↪️");
    expect(modelsAsked().at(-1)).toBe("gpt-5");

    await bot.clock.advance(HOUR_MS);
    for (const place of [slack, playground]) {
      const renewed = await asked(place, "seven");
      expect(renewed.mark).toBe("✅");
      expect(renewed.text).not.toContain("↪️");
      expect(modelsAsked().at(-1)).toBe("gpt-5");
    }
  });

  it("is kept by a press, which tries it once more", async () => {
    for (const index of [0, 1, 2]) {
      const place = await pinned(index);
      const first = await refused(place, "one");
      await first.question.press(KEEP);
      await bot.whispered(place, "The next question goes to it");
      const second = await asked(place, "two");
      expect(second.mark).toBe("✅");
      expect(modelsAsked().at(-1)).toBe("gpt-5");
    }
  });
});

describe("a vendor that counts, with a habit to run out", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let groq: FakeOpenAi;
  let backup: FakeOpenAi;
  let bot: Bot;
  let clock = fakeClock();
  const midnight = () => Math.floor(clock.now() / DAY_MS) * DAY_MS;
  let used = 120;
  const LIMIT = 180;

  /** Ten questions an hour for nine days and until now. */
  async function habit(path: string) {
    const store = await sqliteHere({ now: clock.now }).open(`sqlite://${join(path, "evergreen.sqlite")}`);
    const ledger = createLedger({ store, clock });
    const hours = Array.from({ length: 10 * 24 }, (_, hour) => midnight() - 9 * DAY_MS + hour * HOUR_MS);
    const entries = hours
      .filter((at) => at < clock.now())
      .flatMap((at) => Array.from({ length: 10 }, (_, index) => ({ at: at + index })));
    await store.write(
      entries.map(({ at }) => ledger.writeOf(entry({ id: `e${at}`, at, provider: "groq", model: "m1" }))),
    );
    await store.close();
  }

  /** The day's count goes up with every question, and begins anew at midnight. */
  function count() {
    groq.setHeaders({
      "x-ratelimit-limit-requests": `${LIMIT}`,
      "x-ratelimit-remaining-requests": `${LIMIT - used}`,
      "x-ratelimit-reset-requests": `${(midnight() + DAY_MS - clock.now()) / 1_000}s`,
    });
    groq.replyWith(() => {
      used += 1;
      count();
      return "from groq";
    });
  }

  const environment = () => ({
    GROQ_API_KEY: GROQ_KEY,
    GROQ_BASE_URL: groq.url,
    OPENAI_COMPATIBLE: `backup=${backup.url}|${BACKUP_KEY}`,
    DEFAULT_MODEL: "groq/m1",
  });

  beforeEach(async () => {
    folder = temporaryFolder();
    clock = fakeClock();
    used = 120;
    groq = await startFakeOpenAi({ models: ["m1"], key: GROQ_KEY, basePath: "/openai/v1", compatible: true });
    backup = await startFakeOpenAi({ models: ["m1"], key: BACKUP_KEY, compatible: true });
    backup.replyWith(() => "from backup");
    count();
    await habit(folder.path);
    bot = await startBot(folder.path, environment(), clock);
    await listed();
  });
  afterEach(async () => {
    await bot.stop(0);
    await Promise.all([groq.close(), backup.close()]);
    folder.remove();
  });

  const listed = () =>
    eventually("both lists", async () => {
      const { models } = await playgroundClient(bot.url).models();
      return models.length === 2 ? true : undefined;
    });
  const quota = async () =>
    ((await (await fetch(`${bot.url}/api/quota`)).json()) as { windows: readonly Record<string, unknown>[] }).windows;
  interface Answer {
    readonly text: string;
    readonly controls: readonly { readonly label: string; readonly command: string }[];
  }

  /** Asks, and waits for the answer's end. */
  async function ask(text: string): Promise<Answer> {
    const client = playgroundClient(bot.url);
    const id = await client.say(text);
    await eventually("an end", async () => {
      await clock.advance(50);
      const marks = (await client.messages()).find((message) => message.id === id)?.marks ?? [];
      return marks.some((mark) => /✅|❌|⚠/.test(mark)) ? true : undefined;
    });
    const answers = (await client.messages()).filter((message) => (message as { replyTo?: string }).replyTo === id);
    const last = answers.at(-1) as Partial<Answer> | undefined;
    return { text: last?.text ?? "", controls: last?.controls ?? [] };
  }
  async function forecast() {
    await eventually("a forecast", async () => {
      await clock.advance(5_000);
      await settle();
      return (await quota()).some(({ forecast: made }) => made !== null) ? true : undefined;
    });
  }
  const press = async (answer: Answer, label: RegExp) => {
    const control = answer.controls.find((each) => label.test(each.label));
    if (control === undefined) throw new Error(`no ${label} among ${answer.controls.map((each) => each.label)}`);
    await playgroundClient(bot.url).say(control.command);
  };

  it("is noticed under the next answer, left by a press until it renews, and taken up again by itself", async () => {
    expect((await ask("first")).text).toBe("from groq");
    await forecast();
    expect((await quota())[0]).toMatchObject({
      provider: "groq",
      scope: "model",
      model: "m1",
      unit: "requests",
      period: "day",
      limit: LIMIT,
      source: "header",
      forecast: { probability: expect.any(Number), earliestAt: expect.any(Number), latestAt: expect.any(Number) },
    });
    const second = await ask("second");
    expect(second.text).toMatch(
      /^from groq\n\n⚠️ groq: requests a day of `m1`: about \d\d % likely to run out Mon \d\d:\d\d–Mon \d\d:\d\d; renews Tue 00:00 UTC\. The remaining quota of backup\/m1 is not known\.$/,
    );
    expect(second.controls.map(({ label }) => label)).toEqual(
      expect.arrayContaining(["Use backup/m1 until Tue 00:00 UTC", "Keep groq/m1"]),
    );
    expect((await ask("third")).text).toBe("from groq");
    expect(backup.chatRequests()).toBe(0);

    await press(second, /^Use backup/);
    await eventually("the detour", async () => {
      await clock.advance(50);
      return backup.chatRequests() > 0 ? true : undefined;
    });
    const line = "↪️ Answered by backup/m1: groq/m1 is out of quota until Tue 00:00 UTC. /models back returns now.";
    expect((await ask("fourth")).text).toBe(`from backup\n\n${line}`);
    bot = await bot.restart(environment());
    expect((await ask("fifth")).text).toBe(`from backup\n\n${line}`);

    // Its own count of seconds is a little behind.
    await clock.leap(midnight() + DAY_MS + 60_000 - clock.now());
    used = 0;
    count();
    expect((await ask("sixth")).text).toBe("from groq");
  });

  it("is left by itself where the workspace has agreed, and nobody else's quota is asked of it", async () => {
    const client = playgroundClient(bot.url);
    await client.command("/settings fallback auto backup/m1");
    await ask("first");
    await forecast();
    const second = await ask("second");
    expect(second.text).toContain("↪️ Answered by backup/m1");
    expect(second.text).toContain("This began automatically");
    expect((await ask("third")).text).not.toContain("This began automatically");
    // A new key starts clean, and nothing of one vendor is said of another.
    bot = await bot.restart({ ...environment(), DEFAULT_MODEL: "backup/m1" });
    expect((await quota()).map(({ provider }) => provider)).toEqual(["groq"]);
  });

  it("may be bound by a budget of the operator's own", async () => {
    bot = await bot.restart({ ...environment(), PROVIDER_BUDGETS: "groq=122requests/day,backup=1requests/day" });
    await listed();
    expect((await ask("first")).text).toContain("from groq");
    expect((await ask("second")).text).toContain("from groq");
    const third = await ask("third");
    expect(third.text).toContain("⛔ **groq/m1** is out of quota until Tue 00:00 UTC (groq: request budget a day");
    expect(third.text).toContain("set by the bot's host");
    expect((await quota())[0]).toMatchObject({
      provider: "groq",
      source: "budget",
      limit: 122,
      used: 122,
      isOut: true,
    });
    await press(third, /^Use backup/);
    await eventually("the detour", async () => {
      await clock.advance(50);
      return backup.chatRequests() === 1 ? true : undefined;
    });
    await clock.advance(1_000);
    expect((await ask("fourth")).text).toContain("backup/m1, which answered meanwhile, is out of quota, too.");
    expect(backup.chatRequests()).toBe(1);
  });
});
