import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type BotProcess, startProcess } from "../support/bot-process.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../support/fake-openai.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { startPostgres } from "../support/postgres-server.js";
import { startRedis } from "../support/redis-server.js";
import type { TestServer } from "../support/server-process.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const REPLICAS = 3;
/** A result of one replica is seen on the others within that. */
const VISIBLE_MS = 15_000;

const redis = await startRedis();
const postgres = await startPostgres();
const folder = temporaryFolder();
const servers: readonly (TestServer | undefined)[] = [redis, postgres];
afterAll(async () => {
  await Promise.all(servers.map((server) => server?.remove()));
  folder.remove();
});

const stores = [
  ["SQLite", `sqlite://${join(folder.path, "shared.sqlite")}`],
  ["Redis", redis?.url],
  ["PostgreSQL", postgres?.url],
] as const;

describe.concurrent.each(stores.filter(([, url]) => url !== undefined))("three replicas on one %s", (_name, url) => {
  // The stores side by side, but of one store one test after the other: they share its processes.
  let openai: FakeOpenAi;
  let bots: readonly BotProcess[] = [];
  const listOf = async (bot: BotProcess) =>
    (await playgroundClient(bot.url).models()).models.map(({ id }) => id).sort();
  const allShow = (ids: readonly string[], timeoutMs: number) =>
    eventually(
      `${ids} on all`,
      async () => {
        const lists = await Promise.all(bots.map(listOf));
        return lists.every((list) => String(list) === String(ids)) || undefined;
      },
      timeoutMs,
    );
  /** Again where a refresh has only just been: its result is shown then. */
  const pressUntil = async (bot: BotProcess, wanted: RegExp): Promise<void> => {
    const { text = "" } = await playgroundClient(bot.url).command(
      "/refresh-models",
      (reply) => !reply.text?.startsWith("🔄"),
    );
    if (wanted.test(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await pressUntil(bot, wanted);
  };
  const start = (environment: Record<string, string> = {}) =>
    Promise.all(
      Array.from({ length: REPLICAS }, () =>
        startProcess(folder.path, {
          STORE_URL: url ?? "",
          OPENAI_API_KEY: FAKE_OPENAI_KEY,
          OPENAI_BASE_URL: openai.url,
          ...environment,
        }),
      ),
    );

  beforeAll(async () => {
    openai = await startFakeOpenAi({ models: ["gpt-5"] });
    bots = await start();
  });
  afterAll(async () => {
    await Promise.all(bots.map((bot) => bot.end("SIGTERM")));
    await openai.close();
  });

  it.sequential("fetch once together at a start, and show within 15 s what a person refreshed on one", {
    timeout: 60_000,
  }, async ({ expect }) => {
    const [first] = bots;
    if (first === undefined) throw new Error("there is none");
    await eventually("a list", async () => (await Promise.all(bots.map(listOf))).flat().length > 0 || undefined);
    expect(openai.listRequests()).toBe(1);
    openai.setModels(["gpt-5", "gpt-6"]);
    await pressUntil(first, /^✓ openai: 2 models/);
    await allShow(["gpt-5", "gpt-6"], VISIBLE_MS);
    expect(openai.listRequests()).toBe(2);
    for (const bot of bots) {
      const status = await playgroundClient(bot.url).status();
      expect(status).toMatchObject({ indicator: "fresh", isFresh: true });
      expect(bot.log()).not.toMatch(/"level":"(error|warn)"/);
    }
  });

  it.runIf(process.env.SOAK)(
    "fetch once per interval together",
    { concurrent: false, timeout: 10 * 60_000 },
    async ({ expect }) => {
      await Promise.all(bots.map((bot) => bot.end("SIGTERM")));
      const before = openai.listRequests();
      bots = await start({ REFRESH_INTERVAL_SECONDS: "60" });
      const minutes = 4;
      await new Promise((resolve) => setTimeout(resolve, minutes * 60_000));
      expect(openai.listRequests() - before).toBeGreaterThanOrEqual(minutes - 1);
      expect(openai.listRequests() - before).toBeLessThanOrEqual(minutes + 1);
    },
  );
});
