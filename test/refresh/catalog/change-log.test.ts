import { describe, expect, it } from "vitest";
import {
  changesBetween,
  emptyLog,
  readChangeLog,
  recentDays,
  withChanges,
} from "../../../src/refresh/catalog/change-log.js";
import { modelRow } from "../../support/fake-provider.js";
import { entryOf } from "../support.js";
import { createWorld } from "../world.js";

const DAY_MS = 24 * 60 * 60_000;
const NOON = Date.UTC(2026, 0, 5, 12);
const nothing = { appeared: [], left: [], returned: [] };
const ids = (count: number, prefix = "m") => Array.from({ length: count }, (_unused, row) => `${prefix}${row}`);

describe("changesBetween", () => {
  it("names chat models only, and those that came back apart", () => {
    const before = entryOf({
      fetchedAt: 1,
      models: [modelRow("a"), { id: "e", isChat: false }, modelRow("turned")],
      missing: [{ model: modelRow("old"), misses: 3, lastListedAt: 0 }],
    });
    const after = entryOf({
      fetchedAt: 2,
      models: [modelRow("b"), modelRow("old"), { id: "f", isChat: false }, { id: "turned", isChat: false }],
    });
    expect(changesBetween(before, after)).toEqual({ appeared: ["b"], left: ["a", "turned"], returned: ["old"] });
  });

  it("finds none in a first list, nor where the list is the same", () => {
    const first = entryOf({ fetchedAt: 1, models: [modelRow("a")] });
    expect(changesBetween(entryOf(), first)).toEqual(nothing);
    expect(changesBetween(first, { ...first, fetchedAt: 2 })).toEqual(nothing);
  });
});

describe("withChanges", () => {
  it("gathers a day's changes, each model once, latest day first", () => {
    const first = withChanges(emptyLog("i"), { ...nothing, appeared: ["a", "b"] }, NOON);
    const same = withChanges(first, { appeared: ["b", "c"], left: ["d"], returned: [] }, NOON + 1_000);
    const next = withChanges(same, { ...nothing, returned: ["d"] }, NOON + DAY_MS);
    expect(next.days.map(({ day }) => day)).toEqual(["2026-01-06", "2026-01-05"]);
    expect(next.days[1]).toMatchObject({ appeared: { models: ["a", "b", "c"], more: 0 }, left: { models: ["d"] } });
    expect(next.last).toEqual({ at: NOON + DAY_MS, added: 1, gone: 0 });
  });

  it("is the same log where nothing changed", () => {
    const log = emptyLog("i");
    expect(withChanges(log, nothing, NOON)).toBe(log);
  });

  it("names 40 models of a kind and day, and counts the others", () => {
    const [exact] = withChanges(emptyLog("i"), { ...nothing, appeared: ids(40) }, NOON).days;
    expect(exact?.appeared).toMatchObject({ models: { length: 40 }, more: 0 });
    const [full] = withChanges(emptyLog("i"), { ...nothing, appeared: ids(41) }, NOON).days;
    expect(full?.appeared).toMatchObject({ models: { length: 40 }, more: 1 });
  });

  it("keeps 30 days, and stays small however much changes", () => {
    let log = emptyLog("i");
    for (let hour = 0; hour < 24 * 60; hour++) {
      const at = NOON + hour * 3_600_000;
      log = withChanges(log, { appeared: ids(50, `h${hour}-`), left: ids(50, `l${hour}-`), returned: [] }, at);
    }
    const now = NOON + 24 * 60 * 3_600_000;
    expect(recentDays(log.days, now).length).toBe(log.days.length);
    expect(log.days).toHaveLength(31);
    expect(JSON.stringify(log).length).toBeLessThan(100_000);
    expect(recentDays(log.days, now + 29 * DAY_MS)).toHaveLength(2);
  });
});

describe("the change log of a refresher", () => {
  it("is stored in one step with the list that brings the change", async () => {
    const { refresher, provider, store, clock } = await createWorld({ ids: ["openai"] });
    await refresher.tick();
    expect(store.peek("models", "changes:openai")).toBeUndefined();
    provider("openai").answers(["openai-1", "openai-3"]);
    await refresher.refresh("person");
    expect(refresher.changes().get("openai")?.days).toMatchObject([
      { appeared: { models: ["openai-3"] }, left: { models: ["openai-2"] }, returned: { models: [] } },
    ]);
    expect(store.peek("models", "changes:openai")).toEqual(refresher.changes().get("openai"));
    expect(refresher.status().providers[0]?.lastChange).toEqual({ at: clock.now(), added: 1, gone: 1 });
  });

  it("comes back after a restart and reaches replicas, but not another key", async () => {
    const world = await createWorld({ ids: ["openai"] });
    await world.refresher.tick();
    world.provider("openai").answers(["openai-1", "openai-3"]);
    const replica = await world.restart();
    await world.refresher.refresh("person");
    await replica.refresher.tick();
    const log = world.refresher.changes().get("openai");
    expect(replica.refresher.changes().get("openai")).toEqual(log);
    const next = await world.restart();
    expect(next.refresher.changes().get("openai")).toEqual(log);
    const other = await world.restart({ keys: { openai: "another" } });
    expect(other.refresher.changes().get("openai")?.days).toEqual([]);
    // Also once it has a list of its own.
    await other.refresher.tick();
    const again = await other.restart({ keys: { openai: "another" } });
    expect(again.refresher.getCachedModels()[0].openai).toHaveLength(2);
    expect(again.refresher.changes().get("openai")?.days).toEqual([]);
  });

  it("tells what came back", async () => {
    const { refresher, provider, clock } = await createWorld({ ids: ["openai"] });
    await refresher.tick();
    provider("openai").answers(["openai-1"]);
    await refresher.refresh("person");
    provider("openai").answers(["openai-1", "openai-2"]);
    await clock.advance(10_000);
    await refresher.refresh("person");
    expect(refresher.changes().get("openai")?.days).toMatchObject([
      { appeared: { models: [] }, left: { models: ["openai-2"] }, returned: { models: ["openai-2"] } },
    ]);
  });

  it("is begun anew where its row is damaged, and the list is not lost", async () => {
    const world = await createWorld({ ids: ["openai"] });
    await world.refresher.tick();
    await world.store.values("models").set("changes:openai", { days: "nonsense" });
    const next = await world.restart();
    expect(next.refresher.getCachedModels()[0].openai).toHaveLength(2);
    expect(next.refresher.changes().get("openai")?.days).toEqual([]);
    expect(readChangeLog({ days: "nonsense" })).toBeUndefined();
  });
});
