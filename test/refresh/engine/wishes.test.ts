import { describe, expect, it } from "vitest";
import { createWishes } from "../../../src/refresh/engine/wishes.js";
import { createSettings } from "../../../src/refresh/settings.js";
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
  const wishes = createWishes({ providers: [{ id: "openai" }], settings, workspaces: look, host, store, clock, log });
  return { clock, store, settings, wishes, looks: () => looks };
}

describe("intervalOf()", () => {
  it("follows a changed setting at once", async () => {
    const { settings, wishes } = world(["w"]);
    expect(wishes.intervalOf("openai")).toBe(300_000);
    await settings.change("w", () => ({ interval: 1 }));
    expect(wishes.intervalOf("openai")).toBe(60_000);
    await settings.change("w", () => ({ isEnabled: false }));
    expect(wishes.intervalOf("openai")).toBeNull();
  });

  it("looks at the workspaces once a second at most", async () => {
    const { clock, wishes, looks } = world(["w", "v"]);
    for (let call = 0; call < 100; call++) wishes.intervalOf("openai");
    expect(looks()).toBe(1);
    await clock.advance(999);
    wishes.intervalOf("openai");
    expect(looks()).toBe(1);
    await clock.advance(1);
    wishes.intervalOf("openai");
    expect(looks()).toBe(2);
  });

  it("is the host's where there is no workspace", () => {
    expect(world([]).wishes.intervalOf("openai")).toBe(300_000);
  });

  it("shortens with smart when somebody of that workspace comes, and not when others do", async () => {
    const { clock, settings, wishes } = world(["w"]);
    await settings.change("w", () => ({ interval: "smart" }));
    for (let hour = 0; hour < 24; hour++) {
      await clock.advance(HOUR_MS);
      wishes.intervalOf("openai");
    }
    const quiet = wishes.intervalOf("openai") ?? 0;
    expect(quiet).toBeGreaterThan(20 * MINUTE_MS);
    wishes.noteActivity("elsewhere");
    await clock.advance(1_000);
    expect(wishes.intervalOf("openai")).toBeGreaterThanOrEqual(quiet);
    wishes.noteActivity("w");
    await clock.advance(1_000);
    expect(wishes.intervalOf("openai")).toBeLessThan(5 * MINUTE_MS);
  });
});

describe("recentIntervalOf()", () => {
  it("stays at the longer interval for as long as a tick, a fetch and a pick-up take", async () => {
    const { clock, settings, wishes } = world(["w"]);
    await settings.change("w", () => ({ interval: 15 }));
    expect(wishes.recentIntervalOf("openai")).toBe(900_000);
    await settings.change("w", () => ({ interval: 3 }));
    await clock.advance(50_000);
    expect(wishes.recentIntervalOf("openai")).toBe(900_000);
    await clock.advance(1_000);
    expect(wishes.recentIntervalOf("openai")).toBe(180_000);
  });

  it("follows a longer interval at once", async () => {
    const { settings, wishes } = world(["w"]);
    expect(wishes.recentIntervalOf("openai")).toBe(300_000);
    await settings.change("w", () => ({ interval: 10 }));
    expect(wishes.recentIntervalOf("openai")).toBe(600_000);
  });
});

describe("smartWhy()", () => {
  it("says nothing where no list of the workspace is smart", async () => {
    const { settings, wishes } = world(["w"]);
    expect(wishes.smartWhy("w")).toBeUndefined();
    await settings.change("w", () => ({ isEnabled: false, interval: "smart" }));
    expect(wishes.smartWhy("w")).toBeUndefined();
  });

  it("names the interval, the use and how long the list has not changed", async () => {
    const { clock, settings, wishes } = world(["w"]);
    await settings.change("w", () => ({ interval: "smart" }));
    expect(wishes.smartWhy("w")).toMatch(/^every \d+ min: nobody here yet$/);
    wishes.noteEntry("openai", entryOf(), undefined);
    wishes.noteEntry("openai", entryOf({ attemptedAt: clock.now(), outcome: "ok" }), undefined);
    for (let hour = 0; hour < 72; hour++) {
      await clock.advance(HOUR_MS);
      wishes.intervalOf("openai");
    }
    for (let second = 0; second < 5; second++) wishes.noteActivity("w");
    expect(wishes.smartWhy("w")).toMatch(/^every [\d.]+ min: people are active, list unchanged for 3 days$/);
  });
});

describe("keep() and load()", () => {
  it("bring what was learnt over a restart", async () => {
    const first = world(["w"]);
    const { clock, store } = first;
    await first.settings.change("w", () => ({ interval: "smart" }));
    await first.wishes.load();
    for (let minute = 0; minute < 300; minute++) {
      await clock.advance(MINUTE_MS);
      if (minute % 20 < 3) first.wishes.noteActivity("w");
      await first.wishes.keep();
    }
    const second = world(["w"], clock, store);
    await second.settings.load();
    const untaught = second.wishes.intervalOf("openai");
    await second.wishes.load();
    await clock.advance(1_000);
    const taught = second.wishes.intervalOf("openai") ?? 0;
    expect(taught).not.toBe(untaught);
    expect(Math.abs(taught - (first.wishes.intervalOf("openai") ?? 0))).toBeLessThanOrEqual(10_000);
  });

  it("write every two minutes at most, and again what could not be written", async () => {
    const { clock, store, wishes } = world(["w"]);
    await wishes.load();
    wishes.noteActivity("w");
    await clock.advance(119_999);
    await wishes.keep();
    expect(store.peek("usage", "smart:workspace:w")).toBeUndefined();
    await clock.advance(1);
    store.breakDown();
    await wishes.keep();
    store.recover();
    await clock.advance(120_000);
    await wishes.keep();
    expect(store.peek("usage", "smart:workspace:w")).toMatchObject({ inThisHour: 1 });
  });

  it("learn anew where a row cannot be read", async () => {
    const { store, wishes } = world(["w"]);
    await store.values("usage").set("smart:workspace:w", { counts: [1] });
    await wishes.load();
    expect(() => wishes.noteActivity("w")).not.toThrow();
  });
});
