import { describe, expect, it } from "vitest";
import { createEffectiveIntervals } from "../../../src/refresh/engine/effective-intervals.js";
import { createSettings, type WorkspaceSettings } from "../../../src/refresh/settings.js";
import { createSmartMemory } from "../../../src/refresh/smart/memory.js";
import { fakeClock } from "../../support/fake-clock.js";
import { memoryStore } from "../../support/memory-store.js";
import { entryOf } from "../support.js";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function world(workspaces: readonly string[], clock = fakeClock(), store = memoryStore(clock.now)) {
  const host = { isEnabled: true, intervalMs: 300_000, timeoutMs: 10_000 };
  const settings = createSettings({ store, host, log });
  let looks = 0;
  const look = () => {
    looks += 1;
    return workspaces;
  };
  const memory = createSmartMemory({ store, clock, log });
  const providers = [{ id: "openai" }];
  const intervals = createEffectiveIntervals({ providers, settings, workspaces: look, host, memory, clock });
  return { clock, store, settings, memory, intervals, looks: () => looks };
}

describe("intervalOf()", () => {
  it("follows a changed setting at once", async () => {
    const { settings, intervals } = world(["w"]);
    expect(intervals.intervalOf("openai")).toBe(300_000);
    await settings.change("w", () => ({ interval: 1 }));
    expect(intervals.intervalOf("openai")).toBe(60_000);
    await settings.change("w", () => ({ isEnabled: false }));
    expect(intervals.intervalOf("openai")).toBeNull();
  });

  it("looks at the workspaces once a second at most", async () => {
    const { clock, intervals, looks } = world(["w", "v"]);
    for (let call = 0; call < 100; call++) intervals.intervalOf("openai");
    expect(looks()).toBe(1);
    await clock.advance(999);
    intervals.intervalOf("openai");
    expect(looks()).toBe(1);
    await clock.advance(1);
    intervals.intervalOf("openai");
    expect(looks()).toBe(2);
  });

  it("is the host's where there is no workspace", () => {
    expect(world([]).intervals.intervalOf("openai")).toBe(300_000);
  });

  it("shortens with smart when somebody of that workspace comes, and not when others do", async () => {
    const { clock, settings, intervals, memory } = world(["w"]);
    await settings.change("w", () => ({ interval: "smart" }));
    for (let hour = 0; hour < 24; hour++) {
      await clock.advance(HOUR_MS);
      intervals.intervalOf("openai");
    }
    const quiet = intervals.intervalOf("openai") ?? 0;
    expect(quiet).toBeGreaterThan(20 * MINUTE_MS);
    memory.noteActivity("elsewhere");
    await clock.advance(1_000);
    expect(intervals.intervalOf("openai")).toBeGreaterThanOrEqual(quiet);
    memory.noteActivity("w");
    await clock.advance(1_000);
    expect(intervals.intervalOf("openai")).toBeLessThan(5 * MINUTE_MS);
  });
});

describe("intervalOf() of thousands of workspaces", () => {
  /** Workspaces that all have set this, and how many settings and habits are read from now on. */
  async function thousands(choice: WorkspaceSettings) {
    const workspaces = Array.from({ length: 2_000 }, (_unused, index) => `discord:${index}`);
    const clock = fakeClock();
    const store = memoryStore(clock.now);
    await store.write(workspaces.map((key) => ({ table: "settings", key, value: choice })));
    const { settings, memory } = world([], clock, store);
    let reads = 0;
    const counting = <A extends readonly unknown[], R>(read: (...args: A) => R) => {
      return (...args: A): R => {
        reads += 1;
        return read(...args);
      };
    };
    const intervals = createEffectiveIntervals({
      providers: ["a", "b", "c"].map((id) => ({ id })),
      settings: { ...settings, of: counting(settings.of), inForce: counting(settings.inForce) },
      workspaces: () => workspaces,
      host: { isEnabled: true, intervalMs: 300_000, timeoutMs: 10_000 },
      memory: { ...memory, activityOf: counting(memory.activityOf) },
      clock,
    });
    await settings.load();
    await memory.load();
    intervals.intervalOf("a");
    const readsFor = async (work: () => unknown) => {
      reads = 0;
      await clock.advance(1_000);
      await work();
      for (const id of ["a", "b", "c"]) intervals.intervalOf(id);
      return reads;
    };
    return { settings, memory, intervals, readsFor };
  }

  it("reads no settings again until one changes, and then that one", async () => {
    const { settings, intervals, readsFor } = await thousands({ interval: 10 });
    expect(intervals.intervalOf("a")).toBe(600_000);
    expect(await readsFor(() => {})).toBe(0);
    expect(await readsFor(() => settings.change("discord:77", () => ({ interval: 3 })))).toBeLessThan(10);
    expect(intervals.intervalOf("b")).toBe(180_000);
    await settings.change("discord:77", () => ({ isEnabled: false }));
    expect(intervals.intervalOf("b")).toBe(600_000);
  });

  it("judges a slice of the smart ones, and those where somebody is active", async () => {
    const { memory, intervals, readsFor } = await thousands({ interval: "smart" });
    const before = intervals.intervalOf("a") ?? 0;
    expect(await readsFor(() => {})).toBe(200);
    const reads = await readsFor(() => {
      for (let time = 0; time < 5; time++) memory.noteActivity("discord:1999");
      intervals.noteActivity("discord:1999");
    });
    expect(reads).toBe(201);
    expect(intervals.intervalOf("a")).toBeLessThan(before / 2);
  });
});

describe("intervalOf() of several workspaces", () => {
  it("is the shortest of those with auto-refresh on", async () => {
    const { settings, intervals } = world(["a", "b", "c"]);
    await settings.change("a", () => ({ interval: 10 }));
    await settings.change("b", () => ({ isEnabled: false, interval: 1 }));
    await settings.change("c", () => ({ interval: 3 }));
    expect(intervals.intervalOf("openai")).toBe(180_000);
    await settings.change("c", () => ({ interval: "smart" }));
    expect(intervals.intervalOf("openai")).toBeLessThanOrEqual(600_000);
  });

  it("is none where it is off for all", async () => {
    const { settings, intervals } = world(["a", "b"]);
    for (const workspace of ["a", "b"])
      await settings.change(workspace, () => ({ isEnabled: false, interval: "smart" }));
    expect(intervals.intervalOf("openai")).toBeNull();
  });
});

describe("recentIntervalOf()", () => {
  it("stays at the longer interval for as long as a tick, a fetch and a pick-up take", async () => {
    const { clock, settings, intervals } = world(["w"]);
    await settings.change("w", () => ({ interval: 15 }));
    expect(intervals.recentIntervalOf("openai")).toBe(900_000);
    await settings.change("w", () => ({ interval: 3 }));
    await clock.advance(50_000);
    expect(intervals.recentIntervalOf("openai")).toBe(900_000);
    await clock.advance(1_000);
    expect(intervals.recentIntervalOf("openai")).toBe(180_000);
  });

  it("follows a longer interval at once", async () => {
    const { settings, intervals } = world(["w"]);
    expect(intervals.recentIntervalOf("openai")).toBe(300_000);
    await settings.change("w", () => ({ interval: 10 }));
    expect(intervals.recentIntervalOf("openai")).toBe(600_000);
  });
});

describe("smartWhy()", () => {
  it("says nothing where no list of the workspace is smart", async () => {
    const { settings, intervals } = world(["w"]);
    expect(intervals.smartWhy("w")).toBeUndefined();
    await settings.change("w", () => ({ isEnabled: false, interval: "smart" }));
    expect(intervals.smartWhy("w")).toBeUndefined();
  });

  it("names the interval, the use and how long the list has not changed", async () => {
    const { clock, settings, intervals, memory } = world(["w"]);
    await settings.change("w", () => ({ interval: "smart" }));
    expect(intervals.smartWhy("w")).toMatch(/^every \d+ min: nobody here yet$/);
    memory.noteEntry("openai", entryOf(), undefined);
    memory.noteEntry("openai", entryOf({ attemptedAt: clock.now(), outcome: "ok" }), undefined);
    for (let hour = 0; hour < 72; hour++) {
      await clock.advance(HOUR_MS);
      intervals.intervalOf("openai");
    }
    for (let second = 0; second < 5; second++) memory.noteActivity("w");
    expect(intervals.smartWhy("w")).toMatch(/^every [\d.]+ min: people are active, list unchanged for 3 days$/);
  });
});

describe("keep() and load()", () => {
  it("bring what was learnt over a restart", async () => {
    const first = world(["w"]);
    const { clock, store } = first;
    await first.settings.change("w", () => ({ interval: "smart" }));
    await first.memory.load();
    for (let minute = 0; minute < 300; minute++) {
      await clock.advance(MINUTE_MS);
      if (minute % 20 < 3) first.memory.noteActivity("w");
      await first.memory.keep();
    }
    const second = world(["w"], clock, store);
    await second.settings.load();
    const untaught = second.intervals.intervalOf("openai");
    await second.memory.load();
    await clock.advance(1_000);
    const taught = second.intervals.intervalOf("openai") ?? 0;
    expect(taught).not.toBe(untaught);
    expect(Math.abs(taught - (first.intervals.intervalOf("openai") ?? 0))).toBeLessThanOrEqual(10_000);
  });

  it("write every two minutes at most, and again what could not be written", async () => {
    const { clock, store, memory } = world(["w"]);
    await memory.load();
    memory.noteActivity("w");
    await clock.advance(119_999);
    await memory.keep();
    expect(store.peek("usage", "smart:workspace:w")).toBeUndefined();
    await clock.advance(1);
    store.breakDown();
    await memory.keep();
    store.recover();
    await clock.advance(120_000);
    await memory.keep();
    expect(store.peek("usage", "smart:workspace:w")).toMatchObject({ inThisHour: 1 });
  });

  it("write many rows in slices, one at each call", async () => {
    const { clock, store, memory } = world([]);
    await memory.load();
    for (let index = 0; index < 120; index++) memory.noteActivity(`discord:${index}`);
    await clock.advance(120_000);
    const written: number[] = [];
    for (let tick = 0; tick < 4; tick++) {
      await memory.keep();
      written.push((await store.values("usage").entries("smart:workspace:")).length);
    }
    expect(written).toEqual([50, 100, 120, 120]);
  });

  it("learn anew where a row cannot be read", async () => {
    const { store, memory } = world(["w"]);
    await store.values("usage").set("smart:workspace:w", { counts: [1] });
    await memory.load();
    expect(() => memory.noteActivity("w")).not.toThrow();
  });
});
