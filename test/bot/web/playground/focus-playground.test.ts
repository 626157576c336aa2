import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../../support/fake-openai.js";
import { eventually, playgroundClient } from "../../../support/playground-client.js";
import { type Bot, startBot } from "../../../support/start-bot.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

/** Somebody comes back to the playground's page: the whole bot, real sockets, a clock that the test turns. */
const MINUTE_MS = 60_000;

let folder: ReturnType<typeof temporaryFolder>;
let openai: FakeOpenAi;
let bot: Bot | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  openai = await startFakeOpenAi({ models: ["gpt-5"] });
});
afterEach(async () => {
  await bot?.stop(0);
  await openai.close();
  folder.remove();
});

/** A bot whose list is that old. */
async function withListOf(ageMs: number, environment: Record<string, string> = {}) {
  const settings = { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url, REFRESH_INTERVAL_SECONDS: "900" };
  const started = await startBot(folder.path, { ...settings, ...environment });
  bot = started;
  const client = playgroundClient(started.url);
  await eventually("the first list", async () => (await client.models()).models.length === 1 || undefined);
  await started.clock.advance(ageMs);
  const address = `${started.url}/api/focus`;
  const headers = { "content-type": "application/json" };
  const fetchedAt = async () => (await client.status()).providers.find(({ id }) => id === "openai")?.fetchedAt;
  const before = await fetchedAt();
  return {
    focus: async () => (await fetch(address, { method: "POST", headers, body: "{}" })).status,
    isRefreshed: async () => (await fetchedAt()) !== before,
    /** Counts of refreshes by "focus", from the metrics. */
    refreshes: async () =>
      (await (await fetch(`${started.url}/metrics`)).text())
        .split("\n")
        .filter((line) => line.startsWith("evergreen_refreshes_total") && line.includes('trigger="focus"')),
  };
}

describe("coming back to the playground", () => {
  it("refreshes an old list before its interval is over, once", async () => {
    const { focus, isRefreshed, refreshes } = await withListOf(6 * MINUTE_MS);
    expect(await focus()).toBe(204);
    expect(await focus()).toBe(204);
    await eventually("the new list", async () => (await isRefreshed()) || undefined);
    expect(await focus()).toBe(204);
    expect(await refreshes()).toEqual([expect.stringMatching(/ 1$/)]);
  });

  it.each([
    ["a list that is fresh", 4 * MINUTE_MS, {}],
    ["an old list where auto-refresh is off", 60 * MINUTE_MS, { AUTO_REFRESH: "off" }],
  ])("leaves %s alone", async (_what, ageMs, environment) => {
    const { focus, isRefreshed, refreshes } = await withListOf(ageMs, environment);
    expect(await focus()).toBe(204);
    await new Promise((resolve) => setTimeout(resolve, 100)); // what must not come can only be waited for
    expect(await isRefreshed()).toBe(false);
    expect(await refreshes()).toEqual([]);
  });
});
