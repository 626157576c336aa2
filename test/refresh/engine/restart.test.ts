import { describe, expect, it } from "vitest";
import { settle } from "../../support/fake-clock.js";
import { storedEntry } from "../support.js";
import { createWorld } from "../world.js";

const MINUTE_MS = 60_000;

describe("a restart", () => {
  it("serves the stored lists at once and fetches nothing while they are fresh", async () => {
    const world = await createWorld();
    await world.live(2 * MINUTE_MS);
    const next = await world.restart();
    expect(next.refresher.getCachedModels()).toEqual([world.refresher.getCachedModels()[0], true]);
    await next.refresher.tick();
    expect(next.events).toEqual([]);
    await next.live(4 * MINUTE_MS);
    expect(next.events.map(({ trigger }) => trigger)).toEqual(["timer", "timer", "timer"]);
  });

  it("fetches at once what is stale", async () => {
    const world = await createWorld({ ids: ["openai"] });
    await world.live(10_000);
    await world.clock.advance(10 * MINUTE_MS);
    const next = await world.restart();
    expect(next.refresher.status()).toMatchObject({ indicator: "stale", hasLists: true });
    await next.refresher.tick();
    expect(next.events).toMatchObject([{ trigger: "start", outcome: "ok" }]);
    expect(next.refresher.status().indicator).toBe("fresh");
  });

  /** A restart after a kill in the midst of a fetch, of which nothing came to the store. */
  async function killedInAFetch(idleMs: number, live = 10_000) {
    const world = await createWorld({ ids: ["openai"] });
    await world.live(live);
    await world.clock.advance(idleMs);
    const commit: typeof world.store.commit = () => new Promise(() => {});
    const dying = await world.restart({ storeView: { ...world.store, commit } });
    void dying.refresher.tick();
    await settle();
    expect(dying.provider("openai").asked()).toBe(1);
    return world.restart();
  }

  it("after a kill in the midst of the first fetch of all tries again once the dead one's claim has ended", async () => {
    const next = await killedInAFetch(0, 0);
    await next.live(30_000);
    expect(next.events).toEqual([]);
    await next.live(10_000);
    expect(next.events).toMatchObject([{ trigger: "start", outcome: "ok" }]);
  });

  it("after a kill in the midst of a fetch leaves an outdated list for the rest of the interval", async () => {
    const next = await killedInAFetch(10 * MINUTE_MS);
    await next.live(5 * MINUTE_MS);
    expect(next.events).toEqual([]);
    await next.live(10_000);
    expect(next.events).toMatchObject([{ trigger: "start", outcome: "ok" }]);
  });

  it("after a kill in the midst of a fetch brings the list up to date for whoever comes", async () => {
    const next = await killedInAFetch(10 * MINUTE_MS);
    await next.live(40_000);
    expect(next.events).toEqual([]);
    next.refresher.noteActivity("playground:local", "general");
    await next.live(10_000);
    expect(next.events).toMatchObject([{ trigger: "first-message", outcome: "ok" }]);
  });

  it("after a kill in the midst of a fetch leaves a list that is still fresh to the next interval", async () => {
    const next = await killedInAFetch(0, 5 * MINUTE_MS);
    await next.live(5 * MINUTE_MS);
    expect(next.events).toEqual([]);
    await next.live(10_000);
    expect(next.events).toMatchObject([{ trigger: "timer", outcome: "ok" }]);
  });

  it("starts clean with another key, and keeps the other's list until it has one of its own", async () => {
    const world = await createWorld({ ids: ["openai"] });
    await world.live(10_000);
    const wrong = await world.restart({ keys: { openai: "another" } });
    expect(wrong.refresher.getCachedModels()).toEqual([{}, false]);
    wrong.provider("openai").fails("auth");
    await wrong.live(MINUTE_MS);
    expect(wrong.refresher.status().providers[0]).toMatchObject({ outcome: "auth", models: 0 });
    expect(wrong.events).toMatchObject([{ trigger: "start", outcome: "auth" }]);

    const right = await wrong.restart({ keys: {} });
    expect(right.refresher.status().providers[0]).toMatchObject({ outcome: "ok", models: 2 });

    const other = await right.restart({ keys: { openai: "another" } });
    other.provider("openai").answers(["of the other key"]);
    await other.live(10_000);
    expect(storedEntry(world.store, "openai")).toMatchObject({ models: [{ id: "of the other key" }] });
    const back = await other.restart({ keys: {} });
    expect(back.refresher.status().hasLists).toBe(false);
  });

  it("asks at once with a new key, although the old one was just refused", async () => {
    const world = await createWorld({ ids: ["openai"] });
    world.provider("openai").fails("auth");
    await world.live(10_000);
    const next = await world.restart({ keys: { openai: "mended" } });
    await next.refresher.tick();
    expect(next.events).toMatchObject([{ outcome: "ok" }]);
  });

  it("takes a damaged row for none, and mends it", async () => {
    const world = await createWorld({ ids: ["openai", "groq"] });
    await world.live(10_000);
    await world.store.values("models").set("openai", { models: "nonsense" });
    const next = await world.restart();
    expect(Object.keys(next.refresher.getCachedModels()[0])).toEqual(["groq"]);
    await next.live(10_000);
    expect(next.events).toMatchObject([{ provider: "openai", outcome: "ok" }]);
    expect(storedEntry(world.store, "openai")).toMatchObject({ outcome: "ok" });
  });

  it("stores nothing of the key", async () => {
    const world = await createWorld({ ids: ["openai"], keys: { openai: "sk-a-very-secret-key" } });
    await world.live(10_000);
    const rows = await world.store.values("models").entries();
    expect(JSON.stringify(rows)).not.toMatch(/very-secret|openai\.example/);
    expect(rows.map(([key]) => key)).toEqual(["fence:openai", "list:openai", "openai"]);
  });
});

describe("a start while the store is down", () => {
  it("fetches nothing until the store is back, and then goes on from what is stored", async () => {
    const world = await createWorld({ ids: ["openai"] });
    await world.live(10_000);
    world.store.breakDown();
    const next = await world.restart({ isLoaded: false });
    await expect(next.refresher.load()).rejects.toThrow(/store/);
    await next.live(MINUTE_MS);
    expect(next.events).toEqual([]);
    expect(next.problems).toHaveLength(1);
    world.store.recover();
    await next.live(10_000);
    expect(next.events).toEqual([]);
    expect(next.refresher.status()).toMatchObject({ hasLists: true, indicator: "fresh" });
  });
});

describe("a clock that goes back", () => {
  it("does not stop the refresh", async () => {
    let backMs = 0;
    const world = await createWorld({ ids: ["openai"] });
    await world.live(10_000);
    // The machine's and the store's clock are one.
    const { clock } = world;
    const turned = { ...clock, now: () => clock.now() - backMs };
    backMs = 3_600_000;
    const next = await world.restart({ clock: turned });
    expect(next.refresher.status().isFresh).toBe(false);
    await next.refresher.tick();
    expect(next.events).toMatchObject([{ outcome: "ok" }]);
    expect(next.refresher.status().isFresh).toBe(true);
  });

  it("knows the status of the last failure after a restart, until another attempt ends otherwise", async () => {
    const world = await createWorld({ ids: ["openai"] });
    world.provider("openai").fails("http", { status: 503 });
    await world.refresher.refresh("person");
    const next = await world.restart();
    expect(next.refresher.status().providers[0]).toMatchObject({ outcome: "http", failureStatus: 503 });
    next.provider("openai").fails("network");
    await next.refresher.refresh("person");
    expect(next.refresher.status().providers[0]?.failureStatus).toBeUndefined();
  });
});
