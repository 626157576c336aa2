import { createClient } from "@keyv/redis";
import { afterAll, beforeAll, describe } from "vitest";
import { createRedisStore, redisStore } from "../../src/store/redis/redis.js";
import { describeBudgets } from "../contracts/budgets-contract.js";
import { describeServerStore } from "../contracts/server-store-contract.js";
import { describeStore, type StoreUnderTest } from "../contracts/store-contract.js";
import { describeStoreProcesses } from "../contracts/store-processes-contract.js";
import { REDIS_PASSWORD, startRedis } from "../support/redis-server.js";

const server = await startRedis();

describe.skipIf(server === undefined)("redisStore", () => {
  const url = server?.url ?? "";
  let raw: ReturnType<typeof createClient>;
  beforeAll(async () => {
    raw = createClient({ url }) as typeof raw;
    raw.on("error", () => {});
    await raw.connect();
  });
  afterAll(async () => {
    raw.destroy();
    await server?.remove();
  });

  const open = async (): Promise<StoreUnderTest> => {
    await raw.flushAll();
    let now = Date.UTC(2026, 0, 5, 12);
    const openAgain = () => createRedisStore({ now: () => now }).open(url);
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
  };
  describeStore("Redis", open);
  describeBudgets("Redis", open);

  const empty = async () => void (await raw.flushAll());
  describeStoreProcesses("Redis", redisStore, async () => {
    await empty();
    return url;
  });

  describeServerStore("Redis", {
    server: () => server as NonNullable<typeof server>,
    definition: redisStore,
    password: REDIS_PASSWORD,
    empty,
    dropConnections: async () => void (await raw.sendCommand(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])),
    setSchema: async (version) => void (await raw.set("evergreen:schema", String(version))),
    refusals: [
      [
        "a wrong password",
        (url) => {
          url.password = "wrong";
        },
        /refuses the user name or password/,
      ],
      [
        "no password",
        (url) => {
          url.password = "";
        },
        /refuses the user name or password/,
      ],
      [
        "a database that is not there",
        (url) => {
          url.pathname = "/99";
        },
        /has no such database; check the number/,
      ],
      [
        "a server without TLS",
        (url) => {
          url.href = url.href.replace("redis:", "rediss:");
        },
        /with TLS \(without it: redis:\/\/\) \(it does not answer\)/,
      ],
    ],
  });
});
