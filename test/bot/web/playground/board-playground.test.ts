import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../../support/fake-openai.js";
import { eventually, playgroundClient } from "../../../support/playground-client.js";
import { type Bot, startBot } from "../../../support/start-bot.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

/** The board as people meet it on the playground: the whole bot, real sockets, a clock that the test turns. */
const MINUTE_MS = 60_000;
const FRESH = "✓ Auto-refreshed - models up to date";
const STALE = "⚠️ Using cached models - refresh recommended";

let folder: ReturnType<typeof temporaryFolder>;
let openai: FakeOpenAi;
let bot: Bot;
let client: ReturnType<typeof playgroundClient>;

const environment = () => ({ OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url });

beforeEach(async () => {
  folder = temporaryFolder();
  openai = await startFakeOpenAi({ models: ["gpt-5"] });
  bot = await startBot(folder.path, environment());
  client = playgroundClient(bot.url, "ops");
  await eventually("the first list", async () => (await client.models()).models.length === 1 || undefined);
});

afterEach(async () => {
  await bot.stop(0);
  await openai.close();
  folder.remove();
});

const board = async () => {
  const message = (await client.messages()).find(({ text }) => text.startsWith("**Model lists**"));
  if (message === undefined) throw new Error("there is no board");
  return message;
};
const react = async (message: string, emoji: string) =>
  fetch(`${bot.url}/api/marks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ channel: "ops", message, emoji }),
  });
/** Waits for what a real socket brings, turning the clock a little each time. */
const turned = (what: string, isSo: () => Promise<boolean>, stepMs = 250) =>
  eventually(what, async () => {
    await bot.clock.advance(stepMs);
    return (await isSo()) || undefined;
  });
const hasMarks = (...marks: string[]) =>
  turned(`marks ${marks.join(" ")}`, async () => {
    const now = (await board()).marks;
    return marks.every((mark) => now.includes(mark)) && now.length === marks.length;
  });
/** Beats some minutes apart: as often as anything is due in these tests. */
async function pass(minutes: number) {
  const step = process.env.SOAK ? 1 : 5;
  for (let passed = 0; passed < minutes; passed += step) {
    await bot.clock.leap(step * MINUTE_MS);
    await bot.tick();
  }
}
const OFFERED = ["🔄", "⏯️", "⏱️"];

describe("the board on the playground", () => {
  it("is posted with its three reactions, and says how the lists are", async () => {
    const reply = await client.command("/models board");
    expect(reply.text).toBe("📋 The board is posted. It updates automatically.");
    await hasMarks(...OFFERED);
    expect((await board()).text).toContain(
      `${FRESH}\nLast refresh: just now · this status since: just now\nAs of just now. A running bot`,
    );
  });

  it("🔄 refreshes: ⏳, then ✅, which is gone after 5 s", async () => {
    await client.command("/models board");
    await hasMarks(...OFFERED);
    const { id } = await board();
    const stream = await client.listen();
    openai.setModels(["gpt-5", "gpt-6"]);
    expect((await react(id, "🔄")).status).toBe(200);
    await stream.until(({ type, marks }) => type === "mark" && marks?.includes("✅") === true);
    expect((await client.models()).models).toHaveLength(2);
    await hasMarks(...OFFERED);
    const marks = stream.events
      .filter((event) => event.type === "mark" && event.id === id)
      .map((event) => event.marks?.[0]);
    expect(marks).toEqual(["🔄", "⏳", "✅", "🔄"]);
    await stream.close();
  });

  it("🔄 shows ❌ when the provider fails, and then what fails and what helps", async () => {
    await client.command("/models board");
    await hasMarks(...OFFERED);
    const { id } = await board();
    const stream = await client.listen();
    openai.failLists({ status: 401 });
    await react(id, "🔄");
    await stream.until(({ type, marks }) => type === "mark" && marks?.includes("❌") === true);
    await turned("the reason", async () =>
      (await board()).text.includes("⚠️ openai: refused the key. Put a valid key into `OPENAI_API_KEY`"),
    );
    await stream.close();
  });

  it("⏯️ and ⏱️ change the settings, and the board shows them", async () => {
    await client.command("/models board");
    await hasMarks(...OFFERED);
    const { id } = await board();
    await react(id, "⏯");
    await turned("auto-refresh off", async () =>
      (await board()).text.includes("Auto-refresh: off (set in this workspace)"),
    );
    expect((await client.status()).autoRefresh.enabled).toBe(false);
    await react(id, "⏱️");
    await turned("the next interval", async () =>
      (await board()).text.includes("every 10 minutes (set in this workspace)"),
    );
    expect((await client.status()).autoRefresh.intervalSeconds).toBe(600);
    await hasMarks(...OFFERED);
  });

  it("is renewed every 15 minutes over 24 hours of refreshes that change nothing, and stands after a restart", async () => {
    // Each refresh is a real request that a thread reads: one each 20 minutes is enough for the normal run.
    const minutes = process.env.SOAK ? 5 : 20;
    const seconds = String(minutes * 60);
    bot = await bot.restart({ ...environment(), REFRESH_INTERVAL_SECONDS: seconds, CACHE_MAX_AGE_SECONDS: seconds });
    client = playgroundClient(bot.url, "ops");
    await client.command("/models board");
    await hasMarks(...OFFERED);
    const before = await board();
    let stream = await client.listen();
    const calls = () => stream.events.filter(({ type }) => type === "edit" || type === "mark" || type === "message");
    const requests = openai.listRequests();
    await pass(12 * 60);
    expect(new Set(calls().map(({ type }) => type))).toEqual(new Set(["edit"]));
    expect(calls().length).toBeLessThanOrEqual(12 * 4 + 1);
    await stream.close();
    bot = await bot.restart();
    client = playgroundClient(bot.url, "ops");
    stream = await client.listen();
    await pass(12 * 60);
    expect(openai.listRequests() - requests).toBeGreaterThan((0.87 * 24 * 60) / minutes);
    expect(calls().length).toBeLessThanOrEqual(12 * 4 + 2);
    await stream.close();
    const after = await board();
    expect(after).toMatchObject({ id: before.id, marks: before.marks });
    expect(after.text).toContain("this status since: 1 day ago");
  });

  it("goes on after a restart: shows what fails by then, and its reactions still work", async () => {
    await client.command("/models board");
    await hasMarks(...OFFERED);
    const { id } = await board();
    bot = await bot.restart();
    client = playgroundClient(bot.url, "ops");
    openai.hangLists();
    await bot.clock.advance(6 * MINUTE_MS);
    const tick = bot.tick();
    await bot.clock.advance(10_000);
    await tick;
    await turned("the timeout", async () => (await board()).text.includes("⚠️ openai: timed out."));
    expect((await board()).id).toBe(id);
    await react(id, "⏯️");
    await turned("auto-refresh off", async () => (await board()).text.includes("Auto-refresh: off"));
    await bot.clock.advance(60 * MINUTE_MS);
    await bot.tick();
    await turned("an outdated list", async () => (await board()).text.includes(STALE));
  });
});
