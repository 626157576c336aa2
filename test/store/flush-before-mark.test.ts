import { afterAll, describe, expect, it } from "vitest";
import { createPlayground } from "../../src/bot/web/playground/playground.js";
import { ENGLISH_ONLY } from "../../src/languages/languages.js";
import { postgresStore } from "../../src/store/postgres/postgres.js";
import { redisStore } from "../../src/store/redis/redis.js";
import type { Store, StoreDefinition } from "../../src/store/store.js";
import { fakeClock } from "../support/fake-clock.js";
import { startPostgres } from "../support/postgres-server.js";
import { startRedis } from "../support/redis-server.js";

const redis = await startRedis();
const postgres = await startPostgres();
afterAll(async () => void (await Promise.all([redis?.remove(), postgres?.remove()])));

const stores: readonly (readonly [name: string, definition: StoreDefinition, url: string | undefined])[] = [
  ["Redis", redisStore, redis?.url],
  ["PostgreSQL", postgresStore, postgres?.url],
];

const CHANNEL = "general";
const LAST_TEXT = "the first words, and the last ones";

describe.each(stores.filter(([, , url]) => url !== undefined))("on %s", (_name, definition, url = "") => {
  /** What another process reads, as after a kill. */
  async function storedTexts(): Promise<readonly unknown[]> {
    const store = await definition.open(url);
    const entries = await store.values("messages").entries();
    await store.close();
    return entries.map(([, value]) => value);
  }

  it("the last text of an answer is stored by the time that its end mark is shown", async () => {
    const store: Store = await definition.open(url);
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    const playground = createPlayground({
      store,
      clock: fakeClock(), // stands still: nothing is stored for its age
      log: silent as never,
      status: () => ({}) as never,
      onStatusChange: () => () => {},
      modelOf: async () => ({ model: null, pin: null }),
      lastAnswer: async () => undefined,
      forget: async () => {},
      languages: ENGLISH_ONLY,
    });
    try {
      await playground.start({} as never);
      const place = { platform: "playground", workspace: "local", channel: CHANNEL };
      const question = await playground.post(place, { markdown: "a question" });
      const answer = await playground.post(place, { markdown: "…" });
      await playground.edit(answer, { markdown: "the first words" }); // stored at once
      await playground.edit(answer, { markdown: LAST_TEXT }); // would be stored a second later
      await playground.mark(question, "done");
      const stored = await storedTexts();
      expect(stored).toContainEqual(expect.objectContaining({ id: answer.message, text: LAST_TEXT }));
      expect(stored).toContainEqual(expect.objectContaining({ id: question.message, mark: "✅" }));
    } finally {
      await store.close();
    }
  });
});
