import { describe, expect, it } from "vitest";
import { StoreError } from "../../src/store/store.js";
import { settle } from "../support/fake-clock.js";
import { storedEntry } from "./support.js";
import { createWorld } from "./world.js";

const MINUTE_MS = 60_000;
const ids = (models: readonly { readonly id: string }[] | undefined) => models?.map(({ id }) => id);

describe("tick()", () => {
  it("fetches all lists at the first start, and shows each", async () => {
    const { refresher, events } = await createWorld();
    expect(refresher.getCachedModels()).toEqual([{}, false]);
    await refresher.tick();
    const [models, isFresh] = refresher.getCachedModels();
    expect(Object.keys(models)).toEqual(["openai", "anthropic", "groq"]);
    expect(ids(models.groq)).toEqual(["groq-1", "groq-2"]);
    expect(isFresh).toBe(true);
    expect(events.map(({ trigger, outcome }) => `${trigger} ${outcome}`)).toEqual(["start ok", "start ok", "start ok"]);
  });

  it("fetches once per interval and not more", async () => {
    const world = await createWorld({ ids: ["openai"] });
    await world.live(60 * MINUTE_MS);
    expect(world.provider("openai").asked()).toBe(12);
    expect(world.events.slice(1).every(({ trigger }) => trigger === "timer")).toBe(true);
  });

  it("lets a hanging provider delay no other, and ends it exactly at its deadline", async () => {
    const { clock, refresher, provider, store } = await createWorld();
    provider("anthropic").hangs();
    let isOver = false;
    void refresher.tick().then(() => {
      isOver = true;
    });
    await settle();
    expect(Object.keys(refresher.getCachedModels()[0])).toEqual(["openai", "groq"]);
    expect(storedEntry(store, "openai")).toMatchObject({ outcome: "ok" });
    expect([...refresher.snapshot().fetching]).toEqual(["anthropic"]);
    expect(refresher.status().indicator).toBe("refreshing");
    await clock.advance(9_999);
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect(isOver).toBe(true);
    expect(refresher.status()).toMatchObject({ indicator: "fresh", hasLists: true });
    expect(refresher.snapshot().providers.get("anthropic")).toMatchObject({
      outcome: "timeout",
      fetchedAt: null,
      consecutiveFailures: 1,
      lastFailure: "The model list of anthropic gave no answer within 10 s",
    });
  });

  it("recovers by itself from a fetch that never settles", async () => {
    const world = await createWorld({ ids: ["openai"] });
    world.provider("openai").hangs();
    await world.live(MINUTE_MS);
    expect(world.refresher.status().providers[0]).toMatchObject({ outcome: "timeout", isFetching: false });
    world.provider("openai").answers(["back"]);
    await world.live(2 * MINUTE_MS);
    expect(ids(world.refresher.getCachedModels()[0].openai)).toEqual(["back"]);
  });

  it("drops an answer that comes after the deadline", async () => {
    const world = await createWorld({ ids: ["openai"] });
    world.provider("openai").answers(["late"], 10_001);
    await world.live(20_000);
    expect(world.refresher.getCachedModels()[0]).toEqual({});
    expect(world.events).toMatchObject([{ outcome: "timeout", durationMs: 10_000 }]);
  });

  it("takes an answer that comes just before the deadline", async () => {
    const world = await createWorld({ ids: ["openai"] });
    world.provider("openai").answers(["in time"], 9_999);
    await world.live(10_000);
    expect(ids(world.refresher.getCachedModels()[0].openai)).toEqual(["in time"]);
    expect(world.events).toMatchObject([{ outcome: "ok", durationMs: 9_999 }]);
  });

  it.each(["timeout", "auth", "rate-limited", "http", "network", "malformed"] as const)(
    "keeps the last good list through %s, and tells last attempt from last success",
    async (reason) => {
      const world = await createWorld({ ids: ["openai"] });
      await world.live(10_000);
      const good = world.refresher.snapshot().providers.get("openai");
      world.provider("openai").fails(reason);
      await world.live(6 * MINUTE_MS);
      const entry = world.refresher.snapshot().providers.get("openai");
      expect(entry).toMatchObject({ outcome: reason, fetchedAt: good?.fetchedAt, failingSince: expect.any(Number) });
      expect(entry?.models).toBe(good?.models);
      expect(entry?.attemptedAt).toBeGreaterThan((good?.fetchedAt ?? 0) + 4 * MINUTE_MS);
      expect(storedEntry(world.store, "openai")).toMatchObject({ models: good?.models, outcome: reason });
    },
  );

  it("keeps the last good list when an empty one comes, or something that no provider may throw", async () => {
    const world = await createWorld({ ids: ["openai"] });
    await world.live(10_000);
    world.provider("openai").answers([]);
    await world.live(6 * MINUTE_MS);
    expect(world.refresher.status().providers[0]).toMatchObject({ outcome: "empty", models: 2 });
    world.provider("openai").throws("no error at all");
    await world.live(6 * MINUTE_MS);
    expect(world.refresher.status().providers[0]).toMatchObject({ outcome: "malformed", models: 2 });
  });

  it("never shows a healthy bot as outdated in 24 hours of default settings", async () => {
    const world = await createWorld();
    // Up to 9 s, always another.
    let turn = 0;
    const slow = () => {
      for (const id of ["openai", "anthropic", "groq"]) {
        turn += 1;
        world.provider(id).answers([`${id}-1`, `${id}-2`], (turn * 1_733) % 9_000);
      }
    };
    slow();
    await world.live(20_000, slow);
    const seen = new Set<string>();
    await world.live(24 * 60 * MINUTE_MS, () => {
      slow();
      const { indicator, isFresh } = world.refresher.status();
      seen.add(indicator);
      seen.add(isFresh ? "fresh" : "stale");
    });
    expect([...seen].sort()).toEqual(["fresh", "refreshing"]);
    expect(world.provider("openai").asked()).toBeGreaterThan(24 * 10);
    expect(world.provider("openai").asked()).toBeLessThanOrEqual(24 * 12 + 1);
  });

  it("asks a failing provider again with growing waits, and a healthy one as before", async () => {
    const world = await createWorld({ ids: ["openai", "groq"] });
    await world.live(10_000);
    world.provider("groq").fails("network");
    await world.live(60 * MINUTE_MS);
    expect(world.provider("openai").asked()).toBeLessThanOrEqual(13);
    const failures = world.refresher.status().providers[1]?.consecutiveFailures ?? 0;
    expect(failures).toBeGreaterThan(11);
    expect(failures).toBeLessThan(19);
  });

  it("asks not before a provider's Retry-After, but a person may", async () => {
    const world = await createWorld({ ids: ["openai"] });
    world.provider("openai").fails("rate-limited", { retryAfterMs: 20 * MINUTE_MS });
    await world.live(20 * MINUTE_MS);
    expect(world.provider("openai").asked()).toBe(1);
    await world.refresher.refresh("person");
    expect(world.provider("openai").asked()).toBe(2);
  });

  it("never throws, whatever breaks", async () => {
    const world = await createWorld({ ids: ["openai"] });
    world.refresher.onChange(() => {
      throw new Error("a listener that throws");
    });
    world.store.breakDown();
    await world.refresher.tick();
    expect(world.refresher.status()).toMatchObject({ hasLists: false, isStoreDown: true });
    world.store.recover();
    await world.refresher.tick();
    expect(world.refresher.status().hasLists).toBe(true);
    expect(world.refresher.status()).not.toHaveProperty("isStoreDown");
  });

  it("goes on at the next tick when the workspaces could not be told", async () => {
    let isBroken = true;
    const workspaces = () => {
      if (isBroken) throw new Error("a platform that breaks");
      return [];
    };
    const { refresher, problems } = await createWorld({ ids: ["openai"], workspaces });
    await refresher.tick();
    expect(await refresher.refresh("timer")).toEqual([]);
    expect(problems).toHaveLength(2);
    isBroken = false;
    await refresher.tick();
    expect(refresher.status().hasLists).toBe(true);
  });
});

describe("tick() and the settings", () => {
  it("fetches nothing with auto-refresh off for all, but for people", async () => {
    const world = await createWorld({ ids: ["openai"] });
    await world.live(10_000);
    await world.settings.change("playground:local", () => ({ isEnabled: false }));
    await world.live(60 * MINUTE_MS);
    expect(world.provider("openai").asked()).toBe(1);
    expect(world.refresher.shouldAutoRefresh()).toBe(false);
    expect(world.refresher.status()).toMatchObject({ nextRefreshAt: null, indicator: "stale" });
    await world.refresher.refresh("person");
    expect(world.provider("openai").asked()).toBe(2);
    await world.settings.change("playground:local", () => ({ isEnabled: true }));
    await world.live(10 * MINUTE_MS);
    expect(world.provider("openai").asked()).toBeGreaterThan(2);
  });

  it("refreshes at the very first start although it is off, once", async () => {
    const world = await createWorld({ ids: ["openai"], isEnabled: false });
    world.provider("openai").fails("network");
    await world.live(30 * MINUTE_MS);
    expect(world.events).toMatchObject([{ trigger: "start", outcome: "network" }]);
    const next = await world.restart();
    await next.live(30 * MINUTE_MS);
    expect(next.events).toMatchObject([{ trigger: "start", outcome: "ok" }]);
    const last = await next.restart();
    await last.live(30 * MINUTE_MS);
    expect(last.events).toEqual([]);
  });

  it("goes by the shortest interval of the workspaces that it is in", async () => {
    let workspaces = ["discord:1", "discord:2"];
    const world = await createWorld({ ids: ["openai"], workspaces: () => workspaces });
    await world.settings.change("discord:1", () => ({ interval: 15 }));
    await world.settings.change("discord:2", () => ({ isEnabled: false, interval: 1 }));
    await world.settings.change("slack:left", () => ({ interval: 1 }));
    await world.live(60 * MINUTE_MS);
    expect(world.provider("openai").asked()).toBe(4);
    await world.settings.change("discord:2", () => ({ isEnabled: true, interval: 3 }));
    await world.live(60 * MINUTE_MS);
    expect(world.provider("openai").asked()).toBe(24);
    workspaces = [];
    await world.live(60 * MINUTE_MS);
    expect(world.provider("openai").asked()).toBe(36);
  });

  it("obeys a provider's override", async () => {
    const world = await createWorld({ ids: ["openai", "groq"] });
    await world.settings.change("playground:local", () => ({
      providers: { groq: { interval: 1 }, openai: { isEnabled: false } },
    }));
    await world.live(10 * MINUTE_MS);
    expect(world.provider("groq").asked()).toBe(10);
    // Only the very first start asked it.
    expect(world.events.filter(({ provider }) => provider === "openai")).toMatchObject([{ trigger: "start" }]);
    expect(world.refresher.status().providers.map(({ nextAt }) => nextAt === null)).toEqual([true, false]);
  });

  it("comes less often with the smart interval while nobody is there", async () => {
    const world = await createWorld({ ids: ["openai"] });
    await world.settings.change("playground:local", () => ({ interval: "smart" }));
    await world.live(24 * 60 * MINUTE_MS);
    const quiet = world.provider("openai").asked();
    expect(quiet).toBeLessThan(60);
    await world.live(60 * MINUTE_MS, () => world.refresher.noteActivity("playground:local"));
    expect(world.provider("openai").asked() - quiet).toBeGreaterThanOrEqual(19);
  });
});

describe("refresh()", () => {
  it("joins a fetch that runs already", async () => {
    const { clock, refresher, provider } = await createWorld({ ids: ["openai"] });
    provider("openai").answers(["slow"], 5_000);
    const ticking = refresher.tick();
    await settle();
    const refreshing = Promise.all([refresher.refresh("person"), refresher.refresh("person", ["openai"])]);
    await clock.advance(5_000);
    await ticking;
    expect(await refreshing).toMatchObject([[{ outcome: "ok" }], [{ outcome: "ok" }]]);
    expect(provider("openai").asked()).toBe(1);
  });

  it("counts the chat models that came and left, none for a first list", async () => {
    const { refresher, provider, clock } = await createWorld({ ids: ["openai"] });
    const first = await refresher.refresh("person");
    expect(first).toMatchObject([{ provider: "openai", outcome: "ok", added: 0, gone: 0 }]);
    provider("openai").answers(["openai-2", "new-1", "new-2", { id: "embedding", isChat: false }]);
    await clock.advance(10_000);
    expect(await refresher.refresh("person")).toMatchObject([{ outcome: "ok", added: 2, gone: 1 }]);
    await clock.advance(10_000);
    expect(await refresher.refresh("person")).toMatchObject([{ outcome: "ok", added: 0, gone: 0 }]);
  });

  it("refreshes only the providers that it is given, in the registry's order", async () => {
    const { refresher } = await createWorld();
    const results = await refresher.refresh("person", ["groq", "openai", "unknown"]);
    expect(results.map(({ provider }) => provider)).toEqual(["openai", "groq"]);
  });

  it("says that the store is down, and serves memory", async () => {
    const { refresher, store, provider } = await createWorld({ ids: ["openai"] });
    await refresher.tick();
    store.breakDown();
    expect(await refresher.refresh("person")).toMatchObject([
      { outcome: "skipped", why: "the store cannot be reached", entry: { models: { length: 2 } } },
    ]);
    expect(provider("openai").asked()).toBe(1);
    expect(refresher.getCachedModels()[1]).toBe(true);
  });

  it("says so too where the store can be read and not written, once, until it can again", async () => {
    const full = { isFull: false };
    const { store, ...first } = await createWorld({ ids: ["openai"] });
    const storeView: typeof store = {
      ...store,
      claim: (...call) => (full.isFull ? Promise.reject(new StoreError("the disk is full")) : store.claim(...call)),
    };
    const world = await first.restart({ storeView });
    await world.live(MINUTE_MS);
    full.isFull = true;
    await world.live(10 * MINUTE_MS);
    expect(world.refresher.status()).toMatchObject({ isStoreDown: true });
    expect(world.problems).toEqual(["store unavailable, serving model lists from memory until it is back"]);
    full.isFull = false;
    await world.live(MINUTE_MS);
    expect(world.refresher.status()).not.toHaveProperty("isStoreDown");
    expect(world.refresher.status().isFresh).toBe(true);
  });

  it("no longer says so once it is back, also where nothing is due", async () => {
    const { refresher, store, live } = await createWorld({ ids: ["openai"], isEnabled: false });
    store.breakDown();
    await refresher.refresh("person");
    expect(refresher.status()).toMatchObject({ isStoreDown: true });
    store.recover();
    await live(30_000);
    expect(refresher.status()).not.toHaveProperty("isStoreDown");
  });

  it("asks for a person at once where the answer to its own claim was lost on its way", async () => {
    const lost = { isLost: true };
    const { store, ...first } = await createWorld({ ids: ["openai"] });
    const storeView: typeof store = {
      ...store,
      async claim(...call) {
        const result = await store.claim(...call);
        if (lost.isLost) throw new StoreError("its server gave no answer");
        return result;
      },
    };
    const world = await first.restart({ storeView });
    expect(await world.refresher.refresh("person")).toMatchObject([{ outcome: "skipped" }]);
    lost.isLost = false;
    expect(await world.refresher.refresh("person")).toMatchObject([{ outcome: "ok" }]);
  });

  it("keeps what it fetched when the store dies before it is written", async () => {
    const world = await createWorld({ ids: ["openai"] });
    world.provider("openai").answers(["a", "b", "c"], 1_000);
    const refreshing = world.refresher.refresh("person");
    await world.clock.advance(500);
    world.store.breakDown();
    await world.clock.advance(500);
    expect(await refreshing).toMatchObject([{ outcome: "ok", entry: { models: { length: 3 } } }]);
    expect(world.refresher.status().providers[0]).toMatchObject({ models: 3, isFresh: true });
    expect(world.problems).toEqual(["storing a model list failed, it is kept in memory"]);
    world.store.recover();
    await world.live(10 * MINUTE_MS);
    expect(storedEntry(world.store, "openai")).toMatchObject({ models: { length: 3 } });
  });
});

describe("refresh() by a person, soon after another", () => {
  it("answers with the last result for 10 s, and then fetches again", async () => {
    const { refresher, provider, clock } = await createWorld({ ids: ["openai", "groq"] });
    provider("openai").answers(["one"], 500);
    const first = refresher.refresh("person", ["openai"]);
    await clock.advance(500);
    const [result] = await first;
    const endedAt = clock.now();
    provider("openai").answers(["two", "three"]);
    await clock.advance(9_999);
    expect(await refresher.refresh("person", ["openai"])).toEqual([{ ...result, repeatedFrom: endedAt }]);
    expect(provider("openai").asked()).toBe(1);
    // The other one has not been asked for yet.
    expect(await refresher.refresh("person")).toMatchObject([{ provider: "openai", added: 0 }, { provider: "groq" }]);
    expect(provider("groq").asked()).toBe(1);
    await clock.advance(1);
    expect(await refresher.refresh("person", ["openai"])).toMatchObject([{ outcome: "ok", added: 2, gone: 1 }]);
  });

  it("answers with a failure too, and fetches after one of the clock's own", async () => {
    const { refresher, provider } = await createWorld({ ids: ["openai"] });
    await refresher.tick();
    provider("openai").fails("network");
    expect(await refresher.refresh("person")).toMatchObject([{ outcome: "network" }]);
    provider("openai").answers(["back"]);
    expect(await refresher.refresh("person")).toMatchObject([{ outcome: "network" }]);
    expect(provider("openai").asked()).toBe(2);
  });

  it("fetches again where nothing was fetched", async () => {
    const { refresher, store } = await createWorld({ ids: ["openai"] });
    store.breakDown();
    expect(await refresher.refresh("person")).toMatchObject([{ outcome: "skipped" }]);
    store.recover();
    expect(await refresher.refresh("person")).toMatchObject([{ outcome: "ok" }]);
  });
});

describe("backgroundRefreshModels()", () => {
  it("answers with the cached lists on failure, and {} where there are none", async () => {
    const { refresher, provider } = await createWorld({ ids: ["openai"] });
    provider("openai").fails("network");
    expect(await refresher.backgroundRefreshModels()).toEqual({});
    provider("openai").answers(["one"]);
    expect(await refresher.backgroundRefreshModels()).toEqual({ openai: [{ id: "one", isChat: true }] });
    provider("openai").fails("timeout");
    expect(await refresher.backgroundRefreshModels()).toEqual({ openai: [{ id: "one", isChat: true }] });
  });
});

describe("shouldAutoRefresh()", () => {
  it("is true when due, not while it runs, and not just after", async () => {
    const { clock, refresher, provider } = await createWorld({ ids: ["openai"] });
    provider("openai").answers(["one"], 1_000);
    expect(refresher.shouldAutoRefresh()).toBe(true);
    const ticking = refresher.tick();
    await settle();
    expect(refresher.shouldAutoRefresh()).toBe(false);
    await clock.advance(1_000);
    await ticking;
    expect(refresher.shouldAutoRefresh()).toBe(false);
    await clock.advance(298_999);
    expect(refresher.shouldAutoRefresh()).toBe(false);
    await clock.advance(1);
    expect(refresher.shouldAutoRefresh()).toBe(true);
  });
});

describe("getCachedModels()", () => {
  it("gives the same object until a list changes", async () => {
    const { refresher } = await createWorld();
    await refresher.tick();
    const [models] = refresher.getCachedModels();
    expect(refresher.getCachedModels()[0]).toBe(models);
    await refresher.refresh("person", ["groq"]);
    expect(refresher.getCachedModels()[0]).not.toBe(models);
    expect(refresher.getCachedModels()[0].openai).toBe(models.openai);
  });
});

describe("getCachedModels() asked again and again", () => {
  it("gives one frozen answer, and another as soon as that is no longer true", async () => {
    let looks = 0;
    const workspaces = () => {
      looks += 1;
      return ["playground:local"];
    };
    const { refresher, settings, clock } = await createWorld({ ids: ["openai"], workspaces });
    await refresher.tick();
    const answer = refresher.getCachedModels();
    const looksBefore = looks;
    for (let call = 0; call < 1_000; call++) expect(refresher.getCachedModels()).toBe(answer);
    expect(looks).toBe(looksBefore);
    expect([answer, answer[0]].map((part) => Object.isFrozen(part))).toEqual([true, true]);
    await settings.change("playground:local", () => ({ interval: 15 }));
    expect(refresher.getCachedModels()).toEqual(answer);
    // Fresh for as long as the interval, the timeout and 30 s.
    await clock.advance(939_999);
    expect(refresher.getCachedModels()[1]).toBe(true);
    await clock.advance(1);
    expect(refresher.getCachedModels()[1]).toBe(false);
    await refresher.refresh("person");
    expect(refresher.getCachedModels()[1]).toBe(true);
  });
});

describe("onChange()", () => {
  it("is told at the start and the end of a fetch, until it stops", async () => {
    const { refresher } = await createWorld({ ids: ["openai"] });
    const seen: string[] = [];
    const stop = refresher.onChange(() => seen.push(refresher.status().indicator));
    await refresher.refresh("person");
    stop();
    await refresher.refresh("person");
    expect(seen).toEqual(["refreshing", "fresh"]);
  });
});

describe("stop()", () => {
  it("gives up what runs at once, frees its claim, and starts nothing more", async () => {
    const world = await createWorld({ ids: ["openai"] });
    world.provider("openai").hangs();
    const refreshing = world.refresher.refresh("person");
    await settle();
    world.refresher.stop();
    expect(await refreshing).toMatchObject([{ outcome: "skipped", why: "Evergreen is stopping" }]);
    await world.refresher.tick();
    expect(world.provider("openai").asked()).toBe(1);
    expect(world.clock.sleepers()).toBe(0);
    expect(world.events).toEqual([]);
    const next = await world.restart();
    await next.refresher.tick();
    expect(next.refresher.status().hasLists).toBe(true);
  });
});
