import { describe, expect, it } from "vitest";
import { type FakeClock, fakeClock, settle } from "../../support/fake-clock.js";
import { fakeProvider } from "../../support/fake-provider.js";
import { memoryStore } from "../../support/memory-store.js";
import { storedEntry } from "../support.js";
import { createWorld, type World } from "../world.js";

const MINUTE_MS = 60_000;

async function replicas(count: number, ids = ["openai"]): Promise<readonly World[]> {
  const first = await createWorld({ ids });
  const others = await Promise.all(Array.from({ length: count - 1 }, () => first.restart()));
  return [first, ...others];
}

/** All tick at slightly different moments. */
async function live(worlds: readonly World[], ms: number): Promise<void> {
  const clock = worlds[0]?.clock ?? fakeClock();
  for (const end = clock.now() + ms; clock.now() < end; ) {
    for (const world of worlds) {
      void world.refresher.tick();
      await clock.advance(400);
    }
    await clock.advance(10_000 - 400 * worlds.length);
  }
}

describe("replicas on one store", () => {
  it("fetch once per interval together, and all show it", async () => {
    const worlds = await replicas(3);
    await live(worlds, 60 * MINUTE_MS - 10_000);
    const asked = worlds.reduce((sum, world) => sum + world.provider("openai").asked(), 0);
    expect(asked).toBe(12);
    for (const world of worlds) expect(world.refresher.status()).toMatchObject({ indicator: "fresh" });
  });

  it.each([1, 3])("fetch every 60 s what is due every 60 s, however long a claim takes: %i of them", async (count) => {
    const askedAt: number[] = [];
    const makeProvider = (id: string, { now, sleep }: FakeClock) => {
      const provider = fakeProvider(id, ["one"], sleep);
      const listModels: typeof provider.listModels = (...terms) => {
        askedAt.push(now());
        return provider.listModels(...terms);
      };
      return { ...provider, listModels };
    };
    const first = await createWorld({ ids: ["openai"], intervalMs: MINUTE_MS, makeProvider });
    const { clock } = first;
    const slow = () => {
      const view = first.store.another();
      const claim: typeof view.claim = async (...args) => {
        await clock.sleep(150);
        return view.claim(...args);
      };
      return { ...view, claim };
    };
    const worlds: World[] = [];
    for (let index = 0; index < count; index++) worlds.push(await first.restart({ storeView: slow() }));
    await live(worlds, 30 * MINUTE_MS);
    const gaps = askedAt.slice(1).map((at, index) => at - (askedAt[index] ?? 0));
    expect(gaps.length).toBeGreaterThanOrEqual(28);
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(MINUTE_MS);
      expect(gap).toBeLessThanOrEqual(61_000);
    }
  });

  it("fetch once when all start at the same moment", async () => {
    const worlds = await replicas(3);
    await Promise.all(worlds.map((world) => world.refresher.tick()));
    await live(worlds, 20_000);
    expect(worlds.flatMap((world) => world.events)).toHaveLength(1);
    for (const world of worlds) expect(world.refresher.status().hasLists).toBe(true);
  });

  it("see within one tick what a person refreshed elsewhere, also with auto-refresh off", async () => {
    const worlds = await replicas(2);
    await live(worlds, 10_000);
    const [here, there] = worlds;
    if (here === undefined || there === undefined) throw new Error("two are needed");
    for (const world of worlds) await world.settings.change("playground:local", () => ({ isEnabled: false }));
    here.provider("openai").answers(["brand-new"]);
    await here.refresher.refresh("person");
    await there.refresher.tick();
    expect(there.refresher.getCachedModels()[0].openai).toEqual([{ id: "brand-new", isChat: true }]);
    expect(there.provider("openai").asked() + here.provider("openai").asked()).toBe(2);
  });

  it("take over within one tick what was set on another", async () => {
    const [here, there] = await replicas(2);
    if (here === undefined || there === undefined) throw new Error("two are needed");
    await here.settings.change("playground:local", () => ({ interval: 1 }));
    await there.refresher.tick();
    expect(there.settings.of("playground:local")).toEqual({ interval: 1 });
    await there.settings.change("playground:local", (before) => ({ ...before, isEnabled: false }));
    await here.refresher.tick();
    expect(here.settings.of("playground:local")).toEqual({ interval: 1, isEnabled: false });
  });

  it("answer a person with the result of another one that is at it", async () => {
    const [here, there] = await replicas(2);
    if (here === undefined || there === undefined) throw new Error("two are needed");
    await here.refresher.refresh("person");
    await there.refresher.tick();
    here.provider("openai").answers(["openai-1", "new"], 5_000);
    void here.refresher.refresh("person");
    await here.clock.advance(10_000);
    here.provider("openai").answers(["openai-1", "newer"], 5_000);
    void here.refresher.refresh("person");
    await settle();
    const told = there.refresher.refresh("person");
    await here.clock.advance(5_500);
    expect(await told).toMatchObject([{ outcome: "ok", added: 1, gone: 1, entry: { models: { length: 2 } } }]);
    expect(there.provider("openai").asked()).toBe(0);
    expect(there.events).toEqual([]);
  });

  it("answer a person with another one's result also where that ends just before the next claim", async () => {
    const [here] = await replicas(1);
    if (here === undefined) throw new Error("one is needed");
    const { clock, store } = here;
    let claims = 0;
    const view = store.another();
    const slow = {
      ...view,
      async claim(...call: Parameters<typeof store.claim>) {
        claims += 1;
        if (claims === 2) await clock.sleep(1_000);
        return view.claim(...call);
      },
    };
    const there = await here.restart({ storeView: slow });
    here.provider("openai").answers(["one"], 1_000);
    void here.refresher.refresh("person");
    await settle();
    const told = there.refresher.refresh("person");
    await clock.advance(2_000);
    expect(await told).toMatchObject([{ outcome: "ok", entry: { models: { length: 1 } } }]);
    expect(there.provider("openai").asked()).toBe(0);
    expect(await here.store.claim("refresh:openai", { ttlMs: 1_000 })).toMatchObject({ held: true });
  });

  it("tell a person the failure of another one that is at it", async () => {
    const [here, there] = await replicas(2);
    if (here === undefined || there === undefined) throw new Error("two are needed");
    here.provider("openai").hangs();
    void here.refresher.tick();
    await settle();
    const told = there.refresher.refresh("person");
    await here.clock.advance(10_500);
    expect(await told).toMatchObject([{ outcome: "timeout" }]);
    expect(there.provider("openai").asked()).toBe(0);
  });

  it("ask for a person themselves where another one gives its claim up, and tell when it does not in time", async () => {
    const [here, there] = await replicas(2);
    if (here === undefined || there === undefined) throw new Error("two are needed");
    here.provider("openai").hangs();
    void here.refresher.tick();
    await settle();
    const told = there.refresher.refresh("person");
    here.refresher.stop();
    await here.clock.advance(500);
    expect(await told).toMatchObject([{ outcome: "ok" }]);
    await here.store.claim("refresh:openai", { ttlMs: 30_000 });
    await here.clock.advance(10_000);
    const late = there.refresher.refresh("person");
    await here.clock.advance(15_000);
    expect(await late).toMatchObject([
      { outcome: "skipped", why: "another refresh of it is running or has just ended" },
    ]);
  });

  it("are protected by the store's clock from one whose own runs ahead", async () => {
    const [here] = await replicas(1);
    if (here === undefined) throw new Error("one is needed");
    const { clock } = here;
    const ahead = await here.restart({ clock: { ...clock, now: () => clock.now() + 10 * MINUTE_MS } });
    await live([here, ahead], 60 * MINUTE_MS);
    // To each every list of the other looks wrong: twice an interval, and not every 10 s.
    expect(here.provider("openai").asked() + ahead.provider("openai").asked()).toBeLessThanOrEqual(2 * 12 + 2);
  });

  it("look again under the claim, as another may have fetched meanwhile", async () => {
    const [quick] = await replicas(1);
    if (quick === undefined) throw new Error("one is needed");
    const { clock, store } = quick;
    const claim: typeof store.claim = async (...args) => {
      await clock.sleep(2_000);
      return store.claim(...args);
    };
    const slow = await quick.restart({ storeView: { ...store, claim } });
    const ticking = slow.refresher.tick();
    await clock.advance(1_000);
    await quick.refresher.tick();
    await clock.advance(1_000);
    await ticking;
    expect(slow.provider("openai").asked()).toBe(0);
    expect(slow.refresher.status()).toMatchObject({ indicator: "fresh" });
    // Its claim was freed at once.
    expect(await quick.refresher.refresh("person")).toMatchObject([{ outcome: "ok" }]);
  });

  it("refuse a commit that comes after the claim was lost", async () => {
    const clock = fakeClock();
    const store = memoryStore(clock.now);
    let isSlow = true;
    // A process that was stopped for a minute between its fetch and its commit.
    const storeView = {
      ...store,
      async commit(...args: Parameters<typeof store.commit>) {
        if (isSlow) await clock.sleep(MINUTE_MS);
        return store.commit(...args);
      },
    };
    const late = await createWorld({ ids: ["openai"], clock, store, storeView });
    late.provider("openai").answers(["of the late one"]);
    const refreshing = late.refresher.refresh("person");
    await clock.advance(31_000);
    const quick = await late.restart({ storeView: store });
    await quick.refresher.refresh("person");
    isSlow = false;
    await clock.advance(MINUTE_MS);
    expect(await refreshing).toMatchObject([{ outcome: "skipped", why: "another replica refreshed it first" }]);
    expect(storedEntry(store, "openai")).toMatchObject({ models: [{ id: "openai-1" }, { id: "openai-2" }] });
    expect(late.refresher.getCachedModels()[0].openai?.[0]?.id).toBe("openai-1");
    expect(late.events).toEqual([]);
  });
});
