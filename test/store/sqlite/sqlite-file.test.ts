import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import Libsql from "libsql";
import { type Connection, connect } from "sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StartupError } from "../../../src/base/errors.js";
import { createSqliteStore, sqlitePath, sqliteStore } from "../../../src/store/sqlite/sqlite.js";
import { prepareSchema } from "../../../src/store/sqlite/sqlite-schema.js";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.js";
import { StoreError, type Write } from "../../../src/store/store.js";

function faultOf(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergreen-file-"));
  path = join(folder, "data.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The text of the refusal, which has to name the variable and the path. */
async function refusal(of = path): Promise<string> {
  const error: unknown = await sqliteStore.open(`sqlite://${of}`).then(
    () => undefined,
    (fault: unknown) => fault,
  );
  expect(error).toBeInstanceOf(StartupError);
  const { message } = error as StartupError;
  expect(message).toMatch(/^STORE_URL: /);
  expect(message).toContain(of);
  return message;
}

/** Runs SQL on a file past the store, and leaves nothing in its WAL, which the store's thread may still hold open. */
function alter(statements: readonly string[], of = path): void {
  const database = new Libsql(of);
  for (const statement of [...statements, "pragma wal_checkpoint(truncate)"]) database.exec(statement);
  database.close();
}

describe.runIf(process.platform !== "win32")("whom the store belongs to", () => {
  const modeOf = (at: string) => (statSync(at).mode & 0o777).toString(8);

  it("gives what it makes to its user alone, whatever the umask, and leaves an existing folder as it is", async () => {
    const before = process.umask(0);
    try {
      chmodSync(folder, 0o755);
      const inside = join(folder, "a", "b");
      const store = await sqliteStore.open(`sqlite://${inside}/data.sqlite`);
      await store.values("models").set("x", { at: 1 });
      for (const name of readdirSync(inside)) expect([name, modeOf(join(inside, name))]).toEqual([name, "600"]);
      await store.close();
      expect([folder, join(folder, "a"), inside].map(modeOf)).toEqual(["755", "700", "700"]);
    } finally {
      process.umask(before);
    }
  });

  it("names what other users of the machine can change", async () => {
    await (await sqliteStore.open(`sqlite://${path}`)).close();
    chmodSync(folder, 0o755);
    expect(sqliteStore.warnings?.(`sqlite://${path}`)).toEqual([]);
    chmodSync(folder, 0o777);
    chmodSync(path, 0o660);
    expect(sqliteStore.warnings?.(`sqlite://${path}`)).toEqual([
      expect.stringContaining(`chmod go-w ${folder}`),
      expect.stringContaining(`chmod go-w ${path}`),
    ]);
    chmodSync(path, 0o600);
    chmodSync(folder, 0o1777); // as /tmp: nobody can replace another user's file
    expect(sqliteStore.warnings?.(`sqlite://${path}`)).toEqual([]);
  });
});

describe("sqlitePath()", () => {
  it("takes a path from the working directory, and an absolute one after three slashes", () => {
    expect(sqlitePath("sqlite://data/evergreen.sqlite")).toBe(join(process.cwd(), "data/evergreen.sqlite"));
    expect(sqlitePath("sqlite:///var/lib/evergreen.sqlite")).toBe("/var/lib/evergreen.sqlite");
    expect(sqlitePath("sqlite://a b%20ü?.sqlite")).toBe(join(process.cwd(), "a b%20ü?.sqlite"));
    expect(sqlitePath("sqlite://:memory:")).toBe(join(process.cwd(), ":memory:"));
  });

  it("refuses no path at all", () => {
    expect(() => sqlitePath("sqlite://")).toThrow(/^STORE_URL: .*sqlite:\/\/data\/evergreen\.sqlite/);
  });
});

describe("sqliteStore.open()", () => {
  it("makes the folder and the file", async () => {
    const nested = join(folder, "a", "b", "data.sqlite");
    await (await sqliteStore.open(`sqlite://${nested}`)).close();
    expect(existsSync(nested)).toBe(true);
  });

  it("takes an empty file for a new database", async () => {
    writeFileSync(path, "");
    const store = await sqliteStore.open(`sqlite://${path}`);
    await store.values("models").set("key", 1);
    expect(await store.values("models").get("key")).toBe(1);
    await store.close();
  });

  it.each([
    ["three bytes", "abc"],
    ["a text", "This is no database.\n".repeat(500)],
    ["zeros", "\0".repeat(8192)],
    ["a database cut short", "SQLite format 3\0"],
  ])("refuses %s and leaves the file as it is", async (_name, content) => {
    writeFileSync(path, content);
    expect(await refusal()).toMatch(/is not an SQLite database; move it away/);
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  it("refuses the database of another program and leaves it as it is", async () => {
    alter(["create table customers (id integer)", "insert into customers values (1)"]);
    const before = readFileSync(path);
    expect(await refusal()).toMatch(/another program/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("refuses a database with another program's mark, though it has no table", async () => {
    alter(["pragma application_id = 42"]);
    expect(await refusal()).toMatch(/another program/);
  });

  it("is not taken for another program's while another process makes it", () => {
    const connection = connect(path);
    // As in another process: connect() would share the connection.
    const another = new Libsql(path, { timeout: 0 });
    const elsewhere: Connection = Object.assign(Object.create(connection), {
      all(statement: string) {
        const prepared = another.prepare(statement);
        if (prepared.reader) return prepared.all();
        prepared.run();
        return [];
      },
    });
    let faults: unknown[] = [];
    const interrupted: Connection = Object.assign(Object.create(connection), {
      all(statement: string) {
        const rows = connection.all(statement);
        if (statement.includes("application_id")) faults = [...faults, faultOf(() => prepareSchema(elsewhere, path))];
        return rows;
      },
    });
    prepareSchema(interrupted, path);
    // It has to wait until we have looked.
    expect(faults[0]).toMatchObject({ code: "SQLITE_BUSY" });
    connection.close();
    another.close();
  });

  it("keeps the shortest rows in tables that are their own index, and has small pages", async () => {
    await (await sqliteStore.open(`sqlite://${path}`)).close();
    const database = new Libsql(path);
    const tables = database.prepare("select name, wr from pragma_table_list where schema = 'main'").all();
    const pages = database.prepare("pragma page_size").all();
    database.close();
    expect(pages).toEqual([{ page_size: 1_024 }]);
    const ownIndex = (tables as { name: string; wr: number }[]).filter(({ wr }) => wr === 1).map(({ name }) => name);
    expect(ownIndex.sort()).toEqual(["claims", "once"]);
  });

  it("refuses a newer schema and leaves it as it is", async () => {
    await (await sqliteStore.open(`sqlite://${path}`)).close();
    alter(["pragma user_version = 2"]);
    const before = readFileSync(path);
    expect(await refusal()).toMatch(/newer version of this bot \(schema 2, this one knows 1\); update the bot/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("refuses a file with a damaged page that no start would read, and leaves it as it is", async () => {
    const store = await sqliteStore.open(`sqlite://${path}`);
    const turns = Array.from({ length: 500 }, (_, at) => ({ table: "turns", key: `c#${at}`, value: "x".repeat(500) }));
    await store.write(turns as readonly Write[]);
    await store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, bytes.length - 8 * 4_096, bytes.length - 6 * 4_096);
    writeFileSync(path, bytes);
    expect(await refusal()).toMatch(/is damaged; restore a backup.*\.recover/);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it("refuses a file whose inside is damaged", async () => {
    const store = await sqliteStore.open(`sqlite://${path}`);
    await store.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 100, 4096);
    writeFileSync(path, bytes);
    expect(await refusal()).toMatch(/is damaged; restore a backup/);
  });

  it("refuses a folder where the file should be", async () => {
    mkdirSync(path);
    expect(await refusal()).toMatch(/is not a file; name a file, like .*data\.sqlite\/evergreen\.sqlite$/);
  });

  it("refuses a folder that cannot be made, and does not end the process", async () => {
    writeFileSync(path, "a file where a folder should be");
    expect(await refusal(join(path, "data.sqlite"))).toMatch(/ENOTDIR|EEXIST/);
    expect(await refusal(join(path, "deeper", "data.sqlite"))).toMatch(/cannot be made .*make it yourself/);
  });
});

describe("an open SQLite file", () => {
  it("is in WAL mode, and waits for a lock for less than a second", async () => {
    const store = await openSqliteStore(path);
    const connection = connect(path);
    expect(connection.all("pragma journal_mode")).toEqual([{ journal_mode: "wal" }]);
    expect(connection.all("pragma synchronous")).toEqual([{ synchronous: 1 }]);
    expect(connection.all("pragma busy_timeout")).toEqual([{ timeout: 900 }]);
    connection.close();
    await store.close();
  });

  it("is whole without its WAL once it is closed, so that a copy of the one file is a backup", async () => {
    const store = await sqliteStore.open(`sqlite://${path}`);
    await store.values("models").set("key", 1);
    await store.close();
    const copy = join(folder, "copy.sqlite");
    copyFileSync(path, copy);
    const restored = await sqliteStore.open(`sqlite://${copy}`);
    expect(await restored.values("models").get("key")).toBe(1);
    await restored.close();
  });

  it("is told by its mark and schema version", async () => {
    await (await sqliteStore.open(`sqlite://${path}`)).close();
    const connection = connect(path);
    expect(connection.all("pragma application_id")).toEqual([{ application_id: 0x45564752 }]);
    expect(connection.all("pragma user_version")).toEqual([{ user_version: 1 }]);
    connection.close();
  });

  it("that another program keeps locked fails calls with a StoreError and serves again afterwards", async () => {
    const store = await sqliteStore.open(`sqlite://${path}`);
    const other = new Libsql(path);
    other.exec("begin immediate");
    await expect(store.write([{ table: "models", key: "key", value: 1 }])).rejects.toThrow(StoreError);
    expect(await store.values("models").get("key")).toBeUndefined();
    other.exec("rollback");
    other.close();
    await store.write([{ table: "models", key: "key", value: 2 }]);
    expect(await store.values("models").get("key")).toBe(2);
    await store.close();
  });

  it("that another program keeps locked never holds the event loop up, answers reads, and ends each call in time", async () => {
    const store = await sqliteStore.open(`sqlite://${path}`);
    await store.values("models").set("key", 1);
    const other = new Libsql(path);
    other.exec("begin immediate");
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const begun = performance.now();
    const writes = Array.from({ length: 20 }, (_, number) => store.values("models").set(`${number}`, number));
    expect(await store.values("models").get("key")).toBe(1);
    const readMs = performance.now() - begun;
    const ended = await Promise.allSettled(writes);
    const endedMs = performance.now() - begun;
    delay.disable();
    other.exec("rollback");
    other.close();
    expect(ended.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => "rejected"));
    expect(readMs).toBeLessThan(700);
    expect(endedMs).toBeLessThan(2_000);
    // Synchronous waits, of which each takes 900 ms, would show as one long delay.
    expect(delay.max / 1e6).toBeLessThan(500);
    await store.values("models").set("key", 2);
    expect(await store.values("models").entries()).toEqual([["key", 2]]);
    await store.close();
  });

  it.each(["set", "delete", "write", "claim"] as const)(
    "comes back whole after a %s met another program's lock",
    async (call) => {
      const store = await sqliteStore.open(`sqlite://${path}`);
      const table = store.values("models");
      await table.set("key", 1);
      const calls = {
        set: () => table.set("key", 2),
        delete: () => table.delete("key"),
        write: () => store.write([{ table: "models", key: "key", value: 2 }]),
        claim: () => store.claim("name", { ttlMs: 1_000 }),
      };
      const other = new Libsql(path);
      other.exec("begin immediate");
      await expect(calls[call]()).rejects.toThrow(StoreError);
      other.exec("rollback");
      // Whatever statement met the lock, everything else is stored again, where others see it.
      await store.writeOnce("once", 1_000, [{ table: "turns", key: "turn", value: 1 }]);
      await store.values("settings").set("workspace", 3);
      const seen = ["turns", "settings"].map((name) => other.prepare(`select count(*) as rows from "${name}"`).all([]));
      expect(seen).toEqual([[{ rows: 1 }], [{ rows: 1 }]]);
      expect(await table.get("key")).toBe(1);
      other.close();
      await store.close();
    },
  );

  it.each([1, 15, 99])("of %d bytes is somebody's, and left as it is", async (size) => {
    writeFileSync(path, "x".repeat(size));
    await expect(sqliteStore.open(`sqlite://${path}`)).rejects.toThrow(/^STORE_URL: .* is not an SQLite database/);
    expect(readFileSync(path, "utf8")).toBe("x".repeat(size));
  });

  it("tells time by SQLite's own clock, in epoch ms", async () => {
    const store = await sqliteStore.open(`sqlite://${path}`);
    const before = Date.now();
    await store.claim("name", { ttlMs: 60_000 });
    const after = Date.now();
    const refused = await store.claim("name", { ttlMs: 60_000 });
    const until = refused.held ? Number.NaN : refused.until;
    expect(until).toBeGreaterThanOrEqual(before + 60_000);
    expect(until).toBeLessThanOrEqual(after + 60_000);
    await store.close();
  });

  it("keeps its table of names that happened once small", async () => {
    let now = 1_000_000;
    const store = await createSqliteStore({ now: () => now }).open(`sqlite://${path}`);
    for (let number = 0; number < 500; number++) {
      await store.writeOnce(`name-${number}`, 100, []);
      now += 10;
    }
    const connection = connect(path);
    expect(connection.all("select count(*) as rows from once")).toEqual([{ rows: 10 }]);
    connection.close();
    await store.close();
  });

  it("forgets claims of a month ago when it is opened, and their next fence is higher all the same", async () => {
    let now = Date.UTC(2026, 0, 1);
    const open = () => createSqliteStore({ now: () => now }).open(`sqlite://${path}`);
    let store = await open();
    const old = await store.claim("old", { ttlMs: 1000 });
    now += 29 * 86_400_000;
    await store.claim("young", { ttlMs: 1000 });
    await store.close();
    now += 1.5 * 86_400_000;
    store = await open();
    const connection = connect(path);
    expect(connection.all("select name from claims")).toEqual([{ name: "young" }]);
    connection.close();
    const again = await store.claim("old", { ttlMs: 1000 });
    expect(again.held && old.held && again.claim.fence > old.claim.fence).toBe(true);
    expect(old.held && (await store.commit({ ...old.claim }, []))).toBe(false);
    await store.close();
  });
});
