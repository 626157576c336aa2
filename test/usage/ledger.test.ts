import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../src/base/time.js";
import { createLedger, KEPT_DAYS, type UsageEntry } from "../../src/usage/ledger.js";
import { fakeClock } from "../support/fake-clock.js";
import { memoryStore } from "../support/memory-store.js";
import { entry } from "./entries.js";

const NOW = Date.UTC(2026, 2, 2, 12);
const MIDNIGHT = Date.UTC(2026, 2, 2);

function world() {
  const clock = fakeClock(NOW);
  const store = memoryStore(clock.now);
  const ledger = createLedger({ store, clock });
  return {
    clock,
    store,
    ledger,
    record: (...entries: Partial<UsageEntry>[]) =>
      store.write(entries.map((fields) => ledger.writeOf(entry({ at: NOW, ...fields })))),
    idsOf: async (query: Partial<Parameters<typeof ledger.read>[0]>) =>
      (await ledger.read({ from: NOW - DAY_MS, to: NOW + 1, ...query })).map(({ id }) => id),
  };
}

describe("ledger.writeOf()", () => {
  it("makes a row that is read back as it was", async () => {
    const { ledger, store } = world();
    const written = entry({ at: NOW, costUsd: null, isEstimated: true, cachedTokens: 7, ending: "stopped" });
    const priced = entry({ id: "priced", at: NOW + 1, priceSource: "list" });
    await store.write([ledger.writeOf(written), ledger.writeOf(priced)]);
    expect(await ledger.read({ from: NOW, to: NOW + 2 })).toEqual([written, priced]);
  });

  it("writes the same row for the same turn, so that a repeated event never counts twice", async () => {
    const { record, ledger } = world();
    await record({ id: "a", outputTokens: 5 }, { id: "b" });
    await record({ id: "a", outputTokens: 9 });
    const entries = await ledger.read({ from: NOW, to: NOW + 1 });
    expect(entries.map(({ id, outputTokens }) => [id, outputTokens])).toEqual([
      ["a", 9],
      ["b", 200],
    ]);
  });

  it("keeps apart what different workspaces call the same", async () => {
    const { record, idsOf } = world();
    await record({ id: "x", workspace: "discord:1" }, { id: "x", workspace: "discord:2" });
    expect(await idsOf({})).toEqual(["x", "x"]);
  });
});

describe("ledger.read()", () => {
  it("gives one workspace's entries only, also beside one whose name goes on", async () => {
    const { record, idsOf } = world();
    await record(
      { id: "a", workspace: "discord:1" },
      { id: "b", workspace: "discord:12" },
      { id: "c", workspace: "discord:1/2" },
    );
    expect(await idsOf({ workspace: "discord:1" })).toEqual(["a"]);
    expect(await idsOf({ workspace: "discord:3" })).toEqual([]);
  });

  it("begins at `from` and ends before `to`, over midnight, oldest first", async () => {
    const { record, idsOf } = world();
    await record(
      { id: "at-midnight", at: MIDNIGHT },
      { id: "before-midnight", at: MIDNIGHT - 1 },
      { id: "morning", at: MIDNIGHT + 1 },
    );
    expect(await idsOf({ from: MIDNIGHT - 1, to: MIDNIGHT + 1 })).toEqual(["before-midnight", "at-midnight"]);
    expect(await idsOf({ from: MIDNIGHT, to: MIDNIGHT })).toEqual([]);
    expect(await idsOf({ from: MIDNIGHT, to: MIDNIGHT + 1 })).toEqual(["at-midnight"]);
    expect(await idsOf({ from: MIDNIGHT + 1, to: MIDNIGHT })).toEqual([]);
  });

  it("leaves out rows that are damaged or not ours, and gives the rest", async () => {
    const { record, idsOf, ledger, store } = world();
    const foreign = { id: "foreign", inputTokens: "many" as unknown as number };
    await record({ id: "good" }, { id: "torn" }, foreign);
    store.damage("usage", ledger.writeOf(entry({ at: NOW, id: "torn" })).key);
    expect(await idsOf({})).toEqual(["good"]);
  });

  it.each([-1, 0.5, 2 ** 60, 1e300])("counts a number of tokens or a cost that cannot be (%d) as none", async (odd) => {
    const { record, ledger } = world();
    await record({ id: "odd", inputTokens: odd, outputTokens: 7, costUsd: -1 });
    const [read] = await ledger.read({ from: NOW - DAY_MS, to: NOW + 1 });
    expect(read).toMatchObject({ id: "odd", inputTokens: 0, outputTokens: 7, costUsd: null });
  });

  it("asks the store once a day of the range, and never for more days than are kept", async () => {
    const { ledger, store } = world();
    await ledger.read({ from: NOW - 6 * DAY_MS, to: NOW });
    expect(store.calls()).toBe(7);
    await ledger.read({ from: 0, to: Number.MAX_SAFE_INTEGER });
    expect(store.calls() - 7).toBeLessThanOrEqual(KEPT_DAYS + 2);
  });

  it("leaves out what is older than it is kept, also before it is erased", async () => {
    const { record, idsOf } = world();
    const oldest = NOW - KEPT_DAYS * DAY_MS;
    await record({ id: "kept", at: oldest }, { id: "over", at: oldest - 1 });
    expect(await idsOf({ from: 0 })).toEqual(["kept"]);
  });

  it("reads days of any size whole, and lets other work go on in between", async () => {
    const { record, ledger } = world();
    const ids = Array.from({ length: 3_000 }, (_, index) => `turn-${index}`);
    await record(...ids.map((id, index) => ({ id, at: NOW - (index % 2) * DAY_MS + index })));
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const entries = await ledger.read({ from: NOW - 2 * DAY_MS, to: NOW + DAY_MS });
    isOver = true;
    expect(new Set(entries.map(({ id }) => id))).toEqual(new Set(ids));
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).sort((a, b) => a - b));
    expect(turns).toBeGreaterThan(10);
  });

  it("says so when the store is down", async () => {
    const { ledger, store } = world();
    store.breakDown();
    await expect(ledger.read({ from: NOW, to: NOW + 1 })).rejects.toThrow("cannot be reached");
  });
});

describe("ledger.erase()", () => {
  it("erases the days that are over, of every workspace, and no later one", async () => {
    const { record, idsOf, ledger } = world();
    await record(
      { id: "old", at: MIDNIGHT - 1 },
      { id: "old-elsewhere", at: MIDNIGHT - DAY_MS, workspace: "slack:T1" },
      { id: "first-moment", at: MIDNIGHT },
      { id: "later", at: NOW },
    );
    expect(await ledger.erase(NOW)).toBe(2);
    expect(await idsOf({ from: 0 })).toEqual(["first-moment", "later"]);
    expect(await ledger.erase(NOW)).toBe(0);
  });

  it.each(["1970-01-01", "1999-12-31", "2009-10-10", "2025-12-31", "2026-01-31", "2026-02-28", "2026-03-01"])(
    "finds the entries of %s",
    async (day) => {
      const { record, ledger, store } = world();
      await record({ id: "old", at: Date.parse(day) }, { id: "new", at: MIDNIGHT });
      expect(await ledger.erase(MIDNIGHT)).toBe(1);
      expect(await store.values("usage").entries()).toHaveLength(1);
    },
  );

  it("leaves days ahead alone, whatever digits they hold", async () => {
    const { record, ledger } = world();
    const days = ["2026-03-02", "2026-03-10", "2026-10-01", "2027-01-01", "2030-01-01", "2100-01-01"];
    await record(...days.map((day) => ({ id: day, at: Date.parse(day) })));
    expect(await ledger.erase(MIDNIGHT)).toBe(0);
  });

  it("erases more than fit into one step", async () => {
    const { record, ledger } = world();
    await record(...Array.from({ length: 1_201 }, (_, index) => ({ id: `q${index}`, at: MIDNIGHT - 1 })));
    expect(await ledger.erase(NOW)).toBe(1_201);
  });
});
