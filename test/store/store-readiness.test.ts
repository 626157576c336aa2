import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@keyv/redis";
import Libsql from "libsql";
import { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Log } from "../../src/base/log.js";
import { createObservers, observedStore } from "../../src/bot/observe/observers.js";
import { createPostgresStore } from "../../src/store/postgres/postgres.js";
import { createRedisStore } from "../../src/store/redis/redis.js";
import { createSqliteStore } from "../../src/store/sqlite/sqlite.js";
import type { Store } from "../../src/store/store.js";
import { createStoreReadiness } from "../../src/store/store-readiness.js";
import { fakeClock } from "../support/fake-clock.js";
import { memoryStore } from "../support/memory-store.js";
import { startPostgres } from "../support/postgres-server.js";
import { startRedis } from "../support/redis-server.js";

const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;

function watched(raw: Store) {
  const clock = fakeClock();
  const health = createStoreReadiness({ store: raw, clock, log, owner: "me" });
  const observers = createObservers();
  observers.add(health);
  const store = observedStore(raw, observers);
  const ask = () => store.write([{ table: "open", key: "q", value: "a question" }]).catch(() => {});
  return { clock, health, store, ask };
}

describe("createStoreReadiness()", () => {
  it("says what is wrong once nothing was stored for 10 s, and takes it back once a probe is stored", async () => {
    const raw = memoryStore(Date.now);
    const { clock, health, ask } = watched(raw);
    await ask();
    raw.breakDown();
    await ask();
    await clock.advance(10_000);
    expect(health.fault()).toBeUndefined();
    await clock.advance(1);
    expect(health.fault()).toMatch(/^nothing can be stored since \d.*: .*cannot be reached/);
    raw.recover();
    await clock.advance(1_000);
    expect(health.fault()).toBeUndefined();
  });

  it("does not take a read that fails, or one write of a store that goes on, for an outage", async () => {
    const raw = memoryStore(Date.now);
    const { clock, health, store } = watched(raw);
    await clock.advance(60_000);
    raw.damage("sessions", "row");
    await expect(store.values("sessions").get("row")).rejects.toThrow();
    await expect(store.values("sessions").set("", 1)).rejects.toThrow();
    expect(health.fault()).toBeUndefined();
    await clock.advance(60_000);
    expect(health.fault()).toBeUndefined();
  });

  it("does not take small writes for a sign that a full disk has room again", async () => {
    const raw = memoryStore(Date.now);
    const write: Store["write"] = async (writes) => {
      if (JSON.stringify(writes).length > 1_000) throw new Error("database or disk is full");
      return raw.write(writes);
    };
    const { clock, health, store } = watched({ ...raw, write });
    await store.write([{ table: "turns", key: "t", value: "x".repeat(2_000) }]).catch(() => {});
    for (let second = 0; second < 12; second++) {
      await store.write([{ table: "processes", key: "me", value: 1 }]);
      await clock.advance(1_000);
    }
    expect(health.fault()).toContain("disk is full");
  });

  it("stops probing when it is stopped", async () => {
    const raw = memoryStore(Date.now);
    const { clock, health, ask } = watched(raw);
    raw.breakDown();
    await ask();
    health.stop();
    await clock.advance(60_000);
    expect(clock.sleepers()).toBe(0);
  });
});

interface Harm {
  readonly what: string;
  readonly text: RegExp;
  open(): Promise<Store>;
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
  readonly skip?: boolean;
}

const redis = await startRedis();
const postgres = await startPostgres();
const folder = mkdtempSync(join(tmpdir(), "evergreen-health-"));
const admin = redis && createClient({ url: redis.url });
const raw = postgres && new Pool({ connectionString: postgres.url });
raw?.on("error", () => {});
beforeAll(async () => {
  await admin?.connect();
});
afterAll(async () => {
  admin?.destroy();
  await raw?.end();
  await Promise.all([redis?.remove(), postgres?.remove()]);
  rmSync(folder, { recursive: true });
});

const file = join(folder, "locked.sqlite");
let locker: InstanceType<typeof Libsql> | undefined;
const harms: readonly Harm[] = [
  {
    what: "SQLite locked by another program",
    text: /database is locked/,
    open: () => createSqliteStore().open(`sqlite://${file}`),
    begin: async () => {
      locker ??= new Libsql(file);
      if (!locker.inTransaction) locker.exec("begin immediate");
    },
    end: async () => {
      if (locker?.inTransaction) locker.exec("rollback");
    },
  },
  {
    what: "Redis out of memory",
    text: /OOM command not allowed/,
    open: () => createRedisStore().open(redis?.url ?? ""),
    begin: async () => admin?.configSet("maxmemory", "1"),
    end: async () => admin?.configSet("maxmemory", "0"),
    skip: redis === undefined,
  },
  {
    what: "Redis demoted to a replica",
    text: /READONLY/,
    open: () => createRedisStore().open(redis?.url ?? ""),
    begin: async () => admin?.sendCommand(["REPLICAOF", "127.0.0.1", "1"]),
    end: async () => admin?.sendCommand(["REPLICAOF", "NO", "ONE"]),
    skip: redis === undefined,
  },
  {
    what: "PostgreSQL read-only",
    text: /read-only transaction/,
    open: () => createPostgresStore().open(postgres?.url ?? ""),
    begin: async () => {
      await raw?.query("alter database postgres set default_transaction_read_only = on");
      await raw?.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'evergreen'");
    },
    // Connections that were made meanwhile keep the setting for as long as they live.
    end: async () => {
      await raw?.query("set default_transaction_read_only = off");
      await raw?.query("begin read write; alter database postgres reset default_transaction_read_only; commit");
    },
    skip: postgres === undefined,
  },
];

describe.each(harms.filter(({ skip }) => skip !== true))("a store under harm: $what", ({ text, open, begin, end }) => {
  it("is told, and is well again by itself", { timeout: 20_000 }, async () => {
    const store = await open();
    const { clock, health, ask } = watched(store);
    try {
      await ask();
      await begin();
      await vi.waitFor(
        async () => {
          await ask();
          await clock.advance(11_000);
          expect(health.fault()).toMatch(text);
        },
        { timeout: 10_000 },
      );
      await end();
      await vi.waitFor(
        async () => {
          await clock.advance(1_000);
          expect(health.fault()).toBeUndefined();
        },
        { timeout: 10_000 },
      );
    } finally {
      await end();
      health.stop();
      await store.close();
    }
  });
});
