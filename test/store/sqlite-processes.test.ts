import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "../../src/store/sqlite/sqlite.js";
import { describeStoreProcesses } from "../contracts/store-processes-contract.js";
import { startStoreProcess } from "../support/store-processes.js";

const KILLS = process.env.SOAK === undefined ? 10 : 100;

let folder: string;
let url: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergreen-processes-"));
  url = `sqlite://${join(folder, "new", "data.sqlite")}`;
});
afterEach(() => rmSync(folder, { recursive: true }));

describeStoreProcesses("SQLite", sqliteStore, async () => url);

describe("sqliteStore whose process is killed", () => {
  it(`loses nothing acknowledged and tears no write in ${KILLS} kills`, { timeout: 20 * 60_000 }, async () => {
    let last = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = startStoreProcess("write", url);
      await writer.said(1 + Math.floor(Math.random() * 100));
      writer.kill();
      expect(await writer.ended).toBeNull();
      const acknowledged = Number(writer.lines.at(-1));
      expect(acknowledged).toBeGreaterThan(last);

      const store = await sqliteStore.open(url);
      last = Number(await store.values("sessions").get("last"));
      expect(last).toBeGreaterThanOrEqual(acknowledged);
      expect(await store.values("usage").get("last")).toBeGreaterThanOrEqual(acknowledged);
      const stored = (await store.values("turns").entries()).map(([, turn]) => (turn as { number: number }).number);
      const first = Math.max(1, last - 49);
      expect(stored.sort((a, b) => a - b)).toEqual(
        Array.from({ length: last - first + 1 }, (_, index) => first + index),
      );
      await store.close();
    }
  });
});
