import { describe, expect, it } from "vitest";
import { newActivity } from "../../../src/refresh/smart/activity.js";
import { storedActivity } from "../../../src/refresh/smart/memory.js";
import type { KeyValue, Store } from "../../../src/store/store.js";
import { fakeClock } from "../../support/fake-clock.js";
import { memoryStore } from "../../support/memory-store.js";
import { createWorld } from "../world.js";

const CHOICES = [{ interval: 3 }, { interval: 15 }, { interval: "smart" }, { isEnabled: false }] as const;

/** A store that counts the rows that are read and written. */
function counted(store: Store) {
  const count = { calls: 0, read: 0, written: 0 };
  const reading = async <T extends { readonly length: number }>(rows: Promise<T>): Promise<T> => {
    count.calls += 1;
    const found = await rows;
    count.read += found.length;
    return found;
  };
  const values = (table: Parameters<Store["values"]>[0]): KeyValue => {
    const rows = store.values(table);
    return {
      ...rows,
      get: async (key) => (await reading(rows.getMany([key])))[0],
      getMany: (keys) => reading(rows.getMany(keys)),
      entries: (prefix) => reading(rows.entries(prefix)),
    };
  };
  const view: Store = {
    ...store,
    values,
    write(writes) {
      count.calls += 1;
      count.written += writes.length;
      return store.write(writes);
    },
  };
  return { count, view };
}

/** What ticks cost in which nothing is due, with that many workspaces that have settings and habits of their own. */
async function idleTicks(workspaces: number) {
  const clock = fakeClock(undefined, 1);
  const store = memoryStore(clock.now);
  const ids = Array.from({ length: workspaces }, (_unused, index) => `discord:${index}`);
  const habit = storedActivity(newActivity(clock.now()));
  await store.write([
    ...ids.map((key, index) => ({ table: "settings", key, value: CHOICES[index % CHOICES.length] }) as const),
    ...ids.map((id) => ({ table: "usage", key: `smart:workspace:${id}`, value: habit }) as const),
  ]);
  const { count, view } = counted(store);
  const world = await createWorld({ clock, store, storeView: view, workspaces: () => ids });
  const refreshed = world.refresher.refresh("person");
  await clock.advance(1_000);
  await refreshed;
  const fetches = world.events.length;
  const costs: (typeof count)[] = [];
  for (let tick = 0; tick < 6; tick++) {
    await clock.advance(10_000);
    Object.assign(count, { calls: 0, read: 0, written: 0 });
    await world.refresher.tick();
    costs.push({ ...count });
  }
  expect(world.events.length).toBe(fetches);
  world.refresher.stop();
  return costs;
}

describe("tick() with nothing due", () => {
  it("reads and writes as much with 10,000 workspaces as with 10", async () => {
    const [few, many] = [await idleTicks(10), await idleTicks(10_000)];
    expect(many).toEqual(few);
    for (const { read } of few) expect(read).toBeGreaterThan(0);
  });
});
