import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FAKE_ANTHROPIC_KEY, startFakeAnthropic } from "../support/fake-anthropic.js";
import { startFakeOllama } from "../support/fake-ollama.js";
import { FAKE_OPENAI_KEY, startFakeOpenAi } from "../support/fake-openai.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { type Bot, startBot } from "../support/start-bot.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const INTERVAL_MS = 300_000;

let folder: ReturnType<typeof temporaryFolder>;
let openai: Awaited<ReturnType<typeof startFakeOpenAi>>;
let anthropic: Awaited<ReturnType<typeof startFakeAnthropic>>;
let ollama: Awaited<ReturnType<typeof startFakeOllama>>;
let bot: Bot;
let client: ReturnType<typeof playgroundClient>;

beforeEach(async () => {
  folder = temporaryFolder();
  openai = await startFakeOpenAi({ models: ["gpt-5"] });
  anthropic = await startFakeAnthropic({ models: ["claude-sonnet-4-5"] });
  ollama = await startFakeOllama();
  bot = await startBot(folder.path, {
    OPENAI_API_KEY: FAKE_OPENAI_KEY,
    OPENAI_BASE_URL: openai.url,
    ANTHROPIC_API_KEY: FAKE_ANTHROPIC_KEY,
    ANTHROPIC_BASE_URL: anthropic.url,
    OLLAMA_BASE_URL: ollama.url,
  });
  client = playgroundClient(bot.url);
  await eventually(
    "three lists",
    async () => (await client.status()).providers.every(({ models }) => models > 0) || undefined,
  );
});
afterEach(async () => {
  await bot.stop(0);
  await Promise.all([openai.close(), anthropic.close(), ollama.close()]);
  folder.remove();
});

const provider = async (id: string) => (await client.status()).providers.find((status) => status.id === id);

describe("three providers, one of them hanging", () => {
  it("shows the other two lists at once, keeps the third, goes on meanwhile, and ends at the 10 s deadline", async () => {
    const before = await provider("anthropic");
    anthropic.hangLists();
    openai.setModels(["gpt-5", "gpt-6"]);
    await bot.clock.advance(INTERVAL_MS);
    const startedAt = bot.clock.now();
    const tick = bot.tick();

    await eventually("the other two", async () => {
      const fetchedAt = await Promise.all(["openai", "ollama"].map(async (id) => (await provider(id))?.fetchedAt));
      return fetchedAt.every((at) => at === startedAt) || undefined;
    });
    expect((await client.models()).models.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["gpt-6", "claude-sonnet-4-5"]),
    );
    expect((await client.status()).indicator).toBe("refreshing");
    expect(await provider("anthropic")).toEqual(before);

    expect((await client.ask("still there?")).question.marks).toEqual(["✅"]);
    expect((await client.command("/models list")).text).toContain("claude-sonnet-4-5");
    const press = client.command("/refresh-models anthropic", ({ text }) => !text?.startsWith("🔄"));

    await bot.clock.advance(9_999);
    expect((await client.status()).indicator).toBe("refreshing");
    await bot.clock.advance(1);
    await tick;
    expect(await provider("anthropic")).toMatchObject({
      outcome: "timeout",
      models: 1,
      fetchedAt: before?.fetchedAt,
      attemptedAt: startedAt,
    });
    // A list counts as fresh for the interval, one fetch and 30 s: the boundary is 340 s after the last success.
    await bot.clock.advance(29_999);
    expect((await client.status()).indicator).toBe("fresh");
    await bot.clock.advance(1);
    expect((await client.status()).indicator).toBe("stale");
    expect((await press).text).toMatch(/^⚠️ anthropic: timed out, using the list from /);
    expect((await client.command("/models status")).text).toMatch(/anthropic[^\n]*timed out/);
    expect(anthropic.listRequests()).toBe(2);
  });
});
