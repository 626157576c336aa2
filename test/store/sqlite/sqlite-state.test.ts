import { appendFileSync, copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "../../../src/store/sqlite/sqlite.js";
import { openSqliteState } from "../../../src/store/sqlite/sqlite-state.js";
import type { StoreOptions } from "../../../src/store/store.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergreen-state-"));
  path = join(folder, "data", "evergreen.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (options?: StoreOptions) => sqliteStore.open(`sqlite://${path}`, options);
const write = (store: Awaited<ReturnType<typeof open>>, value: unknown) => store.values("models").set("key", value);

/** A store with two writes, more than a stamp's time apart, and copies of its files from between them. */
async function twoStates() {
  const first = await open();
  await write(first, "old");
  await first.close();
  copyFileSync(path, join(folder, "old.sqlite"));
  const second = await open();
  await write(second, "new");
  return second;
}

describe("a SQLite file that is deleted or replaced under a running store", () => {
  it.each([
    ["its folder is deleted", () => rmSync(join(folder, "data"), { recursive: true })],
    ["it is deleted", () => rmSync(path)],
    ["it is moved away", () => renameSync(path, `${path}.moved`)],
    [
      "another is put in its place",
      () => {
        copyFileSync(path, `${path}.copy`);
        renameSync(`${path}.copy`, path);
      },
    ],
    ["its WAL is deleted", () => rmSync(`${path}-wal`)],
  ])("takes no more writes once %s", async (_harm, harm) => {
    const store = await open();
    await write(store, 1);
    harm();
    await expect(write(store, 2)).rejects.toThrow(/was deleted or replaced while the bot ran/);
    await store.close();
  });

  it("takes no more writes once its generation is lost", () => {
    const all = (sql: string) => (sql.startsWith("select") ? [{ store: "first", generation: 1 }] : []);
    const connection = { all } as unknown as Connection;
    const terms = { path: join(folder, "evergreen.sqlite"), acceptsOlder: false, now: () => 0 };
    const state = openSqliteState({ connection, ...terms });
    expect(() => state.stamp()).toThrow(/has lost its generation/);
  });

  it("loses nothing of what was acknowledged before its WAL was deleted", async () => {
    const store = await open();
    await write(store, "acknowledged");
    rmSync(`${path}-wal`);
    await expect(write(store, "refused")).rejects.toThrow(/-wal was deleted/);
    await store.close();
    const again = await open();
    expect(await again.values("models").get("key")).toBe("acknowledged");
    await again.close();
  });
});

describe("a SQLite file that is older than it was", () => {
  it.each([
    ["an older copy", () => copyFileSync(join(folder, "old.sqlite"), path), /is older than it was/],
    [
      "an empty file",
      () => {
        rmSync(path);
        writeFileSync(path, "");
      },
      /is not the file that was here/,
    ],
    ["no file", () => rmSync(path), /is not the file that was here/],
  ])("is refused (%s) until it is accepted, and later losses are refused again", async (_what, harm, text) => {
    const store = await twoStates();
    await store.close();
    harm();
    await expect(open()).rejects.toThrow(text);
    await expect(open()).rejects.toThrow(/ACCEPT_OLDER_STORE=1/);
    const accepted = await open({ acceptsOlder: true });
    await write(accepted, "again");
    await accepted.close();
    await (await open({ acceptsOlder: true })).close();
    harm();
    await expect(open({ acceptsOlder: true })).rejects.toThrow(/accepted an older file before/);
    await expect(open()).rejects.toThrow(text);
    await (await open({ acceptsOlder: true })).close();
  });

  it.each([
    ["is lost", (wal: string) => rmSync(wal)],
    ["is empty", (wal: string) => truncateSync(wal)],
    ["is another file's", (wal: string) => writeFileSync(wal, "x".repeat(10_000))],
  ])("is refused where its WAL %s after a crash", async (_what, harm) => {
    const store = await twoStates();
    // As a kill leaves them: the file, its WAL and the marker, from one moment.
    const copyTo = (name: string) => {
      for (const suffix of ["", "-wal", ".state"]) copyFileSync(path + suffix, join(folder, name + suffix));
      return join(folder, name);
    };
    const [whole, harmed] = ["whole", "harmed"].map(copyTo) as [string, string];
    await store.close();
    const again = await sqliteStore.open(`sqlite://${whole}`);
    expect(await again.values("models").get("key")).toBe("new");
    await again.close();
    harm(`${harmed}-wal`);
    await expect(sqliteStore.open(`sqlite://${harmed}`)).rejects.toThrow(/is older than it was/);
  });

  it("starts after a crash, without its marker, and where the marker is damaged", async () => {
    const store = await twoStates();
    await store.close();
    rmSync(`${path}.state`);
    await (await open()).close();
    writeFileSync(`${path}.state`, "{");
    appendFileSync(`${path}.state`, "damaged");
    const again = await open();
    expect(await again.values("models").get("key")).toBe("new");
    await again.close();
  });
});

describe("a SQLite path that cannot be", () => {
  it.skipIf(process.platform !== "linux")("is refused at once below /proc", async () => {
    await expect(sqliteStore.open("sqlite:///proc/evergreen/data.sqlite")).rejects.toThrow(/cannot be made/);
  });
});
