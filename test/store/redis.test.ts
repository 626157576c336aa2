import { createClient } from "@keyv/redis";
import { afterAll, beforeAll, describe } from "vitest";
import { createRedisStore } from "../../src/store/redis.js";
import { describeStore } from "../contracts/store-contract.js";
import { hasRedis, startRedis, type TestServer } from "../support/redis-server.js";

describe.skipIf(!hasRedis())("redisStore", () => {
  let server: TestServer;
  let raw: ReturnType<typeof createClient>;
  beforeAll(async () => {
    server = await startRedis();
    raw = createClient({ url: server.url }) as typeof raw;
    raw.on("error", () => {});
    await raw.connect();
  });
  afterAll(async () => {
    raw.destroy();
    await server.stop();
  });

  describeStore("Redis", async () => {
    await raw.flushAll();
    let now = Date.UTC(2026, 0, 5, 12);
    const openAgain = () => createRedisStore({ now: () => now }).open(server.url);
    const store = await openAgain();
    return {
      store,
      openAgain,
      advance: (ms) => {
        now += ms;
      },
      damage: async (table, key) => void (await raw.set(`evergreen:${table}:${key}`, '{"value":')),
      cleanup: () => store.close(),
    };
  });
});
