import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "../../../src/store/sqlite/sqlite.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergreen-space-"));
  path = join(folder, "data.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("purge() of a SQLite store", () => {
  it.each([
    ["a new file", false],
    ["a file of an older version", true],
  ])("gives the space of erased rows back (%s)", async (_what, isOld) => {
    if (isOld) {
      const other = new Libsql(path);
      other.exec("create table turns (key text primary key, value text)");
      other.exec("pragma application_id = 0x45564752; pragma user_version = 1");
      other.close();
    }
    const store = await sqliteStore.open(`sqlite://${path}`);
    const keys = Array.from({ length: 100 }, (_, number) => `c#${number}`);
    await store.write(keys.map((key) => ({ table: "turns", key, value: "x".repeat(20_000) })));
    await store.values("models").set("kept", 1);
    await store.purge();
    const before = statSync(path).size;
    await store.write(keys.map((key) => ({ table: "turns", key, value: undefined })));
    await store.purge();
    expect(before).toBeGreaterThan(2_000_000);
    expect(statSync(path).size).toBeLessThan(before / 10);
    expect(await store.values("models").get("kept")).toBe(1);
    await store.values("models").set("kept", 2);
    await store.close();
  });
});
