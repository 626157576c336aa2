import { beforeEach, describe, expect, it } from "vitest";
import { createLog } from "../../src/base/log.js";
import { createBoardRows } from "../../src/bot/board/board-rows.js";
import { createControlIds } from "../../src/bot/port/control-ids.js";
import { createMessageLog } from "../../src/bot/web/playground/message-log.js";
import { createCatalogRows } from "../../src/refresh/catalog/catalog-rows.js";
import { createSettings } from "../../src/refresh/settings.js";
import { createDamageReport, type DamageReport, reportingStore } from "../../src/store/damage-report.js";
import { createSessions } from "../../src/store/sessions/sessions.js";
import { type Store, TABLES, type Table } from "../../src/store/store.js";
import { createLedger } from "../../src/usage/ledger.js";
import { fakeClock } from "../support/fake-clock.js";
import { type MemoryStore, memoryStore } from "../support/memory-store.js";

const clock = fakeClock();
const log = createLog({ level: "silent", secrets: [] });
let logged: object[];
let raw: MemoryStore;
let report: DamageReport;
let store: Store;
beforeEach(() => {
  logged = [];
  raw = memoryStore(clock.now);
  report = createDamageReport({ warn: (facts: object) => void logged.push(facts) });
  store = reportingStore(raw, report);
});

const warned = (table: Table) =>
  report.warnings().filter((line) => line.startsWith(`store: 1 damaged row in ${table}`));

describe.each(TABLES)("a row of %s whose text is damaged", (table) => {
  beforeEach(async () => {
    await raw.values(table).set("good", { a: 1 });
    raw.damage(table, "bad");
  });

  it.each([
    ["entries()", () => store.values(table).entries()],
    ["page()", () => store.values(table).page("", { limit: 9 })],
    ["getMany()", () => store.values(table).getMany(["good", "bad"])],
    [
      "get()",
      () =>
        store
          .values(table)
          .get("bad")
          .catch(() => {}),
    ],
  ])("is reported by %s, once in the log, and kept", async (_call, read) => {
    await read();
    await read();
    expect(warned(table)).toHaveLength(1);
    expect(logged).toEqual([{ table, key: "bad" }]);
    await expect(raw.values(table).get("bad")).rejects.toThrow("damaged");
  });

  it.each([
    ["set()", () => store.values(table).set("bad", 1)],
    ["delete()", () => store.values(table).delete("bad")],
    ["writeOnce()", () => store.writeOnce("name", 1_000, [{ table, key: "bad", value: 1 }])],
    ["write()", () => store.write([{ table, key: "bad", value: 1 }])],
  ])("is reported no more after %s", async (_call, write) => {
    await store.values(table).entries();
    await write();
    expect(report.warnings()).toEqual([]);
  });
});

/** What reads a row of each table, by its key. */
const READERS: Partial<Record<Table, readonly [key: string, read: () => Promise<unknown>]>> = {
  settings: ["w", () => createSettings({ store, host: { isEnabled: true, intervalMs: 1 }, log }).load()],
  sessions: ["c", () => createSessions({ store, now: clock.now }).get("c")],
  turns: ["c#00000000", () => createSessions({ store, now: clock.now }).allTurns("c")],
  open: ["q", () => createSessions({ store, now: clock.now }).openQuestions()],
  forgotten: ["c", () => createSessions({ store, now: clock.now }).erasedAt(["c"])],
  boards: ["c", () => createBoardRows(store).load()],
  controls: [`cmd:${"0".repeat(32)}`, () => createControlIds({ store, clock, log }).commandOf(`cmd:${"0".repeat(32)}`)],
  usage: ["2026-01-05/w/q", () => createLedger({ store, clock }).read({ workspace: "w", from: 0, to: clock.now() })],
  messages: [
    "general#0000000001-a",
    async () => {
      await raw.values("messages").set("#channel:general", { at: 1 });
      const messages = createMessageLog({ store, newId: () => "a" });
      await messages.load();
      await messages.newest("general");
    },
  ],
  models: [
    "openai",
    async () => {
      await raw.values("models").set("fence:openai", 1);
      await createCatalogRows({ store, ids: ["openai"] }).pickUp(() => true);
    },
  ],
};

describe.each(Object.entries(READERS))("a row of %s that is something else", (table, [key, read]) => {
  it.each([
    ["a text", "text"],
    ["a list", [1]],
    ["null", null],
    ["another object", { access: 1, interval: "never", at: "then", command: 1 }],
  ])("is reported by who reads it, and kept: %s", async (_what, value) => {
    await raw.values(table as Table).set(key, value);
    await read().catch(() => {});
    expect(warned(table as Table)).toHaveLength(1);
    expect(raw.peek(table as Table, key)).toEqual(value);
  });
});

it("says what the damage of settings means", async () => {
  raw.damage("settings", "discord:1");
  await store.values("settings").entries();
  expect(report.warnings()).toEqual([
    "store: 1 damaged row in settings: only operators are answered there until one of them changes a setting, which " +
      "replaces the row",
  ]);
});
