import { describe, expect, it } from "vitest";
import type { QuotaReading } from "../../src/providers/provider.js";
import { createQuota, type Quota, type QuotaDeps } from "../../src/quota/quota.js";
import { usedShare } from "../../src/quota/windows/window.js";
import { createLedger, type UsageEntry } from "../../src/usage/ledger.js";
import { type FakeClock, fakeClock, settle } from "../support/fake-clock.js";
import { type MemoryStore, memoryStore } from "../support/memory-store.js";
import { entry } from "../usage/entries.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const GROQ = { id: "groq", baseUrl: "https://groq.example", key: "one" };
const OPENAI = { id: "openai", baseUrl: "https://openai.example", key: "two" };
const M1 = { provider: "groq", model: "m1" };
const M2 = { provider: "groq", model: "m2" };

interface World {
  readonly clock: FakeClock;
  readonly store: MemoryStore;
}
/** The fake clock begins at noon of a Monday. */
function world(): World {
  const clock = fakeClock();
  return { clock, store: memoryStore(clock.now) };
}

function quotaIn({ clock, store }: World, given: Partial<QuotaDeps> = {}): Quota {
  return createQuota({
    setups: [GROQ, OPENAI],
    budgets: [],
    ledger: createLedger({ store, clock }),
    store,
    fetch: () => Promise.reject(new Error("no endpoint")),
    clock,
    log: SILENT,
    timeoutMs: 10_000,
    hasPeers: () => false,
    ...given,
  });
}

const reading = ({ clock }: World, given: Partial<QuotaReading> = {}): QuotaReading => ({
  ...{ name: "requests", scope: "model", model: "m1", unit: "requests", period: "day", source: "header" },
  observedAt: clock.now(),
  ...given,
});

const noteIn = (it: World, quota: Quota, given: Partial<QuotaReading>, isAnswered = false) =>
  quota.note({ model: M1, askedAt: it.clock.now(), isAnswered, readings: [reading(it, given)] });

/** Ends the round that runs, and the next one. */
async function rounds(clock: FakeClock): Promise<void> {
  await settle();
  await clock.advance(5_000);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  await settle();
}

const write = ({ store, clock }: World, entries: readonly Partial<UsageEntry>[]) => {
  const ledger = createLedger({ store, clock });
  return store.write(
    entries.map((each, index) =>
      ledger.writeOf(entry({ id: `e${index} ${each.at}`, provider: "groq", model: "m1", ...each })),
    ),
  );
};

/** `perDay` questions on each of the last days, an hour apart from midnight; today only those until now. */
const habit = ({ clock }: World, days: number, perHour: number) => {
  const today = Math.floor(clock.now() / DAY_MS) * DAY_MS;
  return Array.from({ length: days * 24 }, (_, hour) => today - (days - 1) * DAY_MS + hour * HOUR_MS)
    .filter((at) => at < clock.now())
    .flatMap((at) => Array.from({ length: perHour }, (_, index) => ({ at: at + index })));
};

describe("createQuota()", () => {
  it("stops a model by its own window, and a provider by its account's", async () => {
    const it = world();
    const quota = quotaIn(it);
    noteIn(it, quota, { limit: 10, remaining: 0, resetAt: it.clock.now() + HOUR_MS });
    expect(quota.ofModel(M1).out?.renewsAt).toBe(it.clock.now() + HOUR_MS);
    expect(quota.ofModel(M2).out).toBeUndefined();
    noteIn(it, quota, { name: "balance", scope: "account", period: "none", isRefused: true });
    expect(quota.ofModel(M2).out).toMatchObject({ isOut: true, renewsAt: undefined });
    expect(quota.ofModel({ provider: "openai", model: "m1" })).toEqual({ isKnown: false });
  });

  it("waits for a window of a minute instead of stopping anything", () => {
    const it = world();
    const quota = quotaIn(it);
    noteIn(it, quota, { period: "minute", limit: 3, remaining: 0, resetAt: it.clock.now() + 20_000 });
    expect(quota.ofModel(M1)).toEqual({ isKnown: false, waitUntil: it.clock.now() + 20_000 });
  });

  it("lets a success clear what refused before", async () => {
    const it = world();
    const quota = quotaIn(it);
    noteIn(it, quota, { isRefused: true });
    expect(quota.ofModel(M1).out).toBeDefined();
    await it.clock.advance(1);
    quota.note({ model: M1, askedAt: it.clock.now(), isAnswered: true, readings: [] });
    expect(quota.ofModel(M1)).toEqual({ isKnown: true });
  });

  it("probes a vendor's window every 5 minutes, once over all replicas, and a budget never", async () => {
    const it = world();
    const [quota, other] = [quotaIn(it), quotaIn({ ...it, store: it.store.another() })];
    for (const each of [quota, other]) noteIn(it, each, { isRefused: true });
    const out = () => quota.ofModel(M1).out ?? expect.fail("it is not out");
    expect(await quota.mayProbe(out())).toBe(false);
    await it.clock.advance(299_999);
    expect(await quota.mayProbe(out())).toBe(false);
    await it.clock.advance(1);
    const both = await Promise.all([quota.mayProbe(out()), other.mayProbe(out()), quota.mayProbe(out())]);
    expect(both.filter((may) => may)).toHaveLength(1);
    await it.clock.advance(300_000);
    expect(await other.mayProbe(out())).toBe(true);
    expect(await quota.mayProbe({ ...out(), window: { ...out().window, source: "budget" } })).toBe(false);
  });

  it("knows after a restart what it knew, and nothing of another key or vendor", async () => {
    const it = world();
    const before = quotaIn(it);
    before.start();
    const stop = before.stop;
    noteIn(it, before, { limit: 10, remaining: 0, resetAt: it.clock.now() + HOUR_MS });
    await rounds(it.clock);
    await stop();
    const after = quotaIn(it);
    await after.load();
    expect(after.ofModel(M1).out).toBeDefined();
    expect(after.ofModel({ provider: "openai", model: "m1" })).toEqual({ isKnown: false });
    const anotherKey = quotaIn(it, { setups: [{ ...GROQ, key: "new" }, OPENAI] });
    await anotherKey.load();
    expect(anotherKey.states()).toEqual([]);
  });

  it("stores what is left of a minute once a minute and at the end, and all else soon", async () => {
    const it = world();
    const quota = quotaIn(it);
    quota.start();
    await rounds(it.clock);
    const minute = (remaining: number) => noteIn(it, quota, { period: "minute", limit: 9, remaining });
    const stored = () => it.store.peek("quota", quota.accountOf("groq") ?? "");
    minute(8);
    await rounds(it.clock);
    expect(stored()).toMatchObject({ windows: [{ remaining: 8 }] });
    minute(7);
    await rounds(it.clock);
    expect(stored()).toMatchObject({ windows: [{ remaining: 8 }] });
    await it.clock.advance(60_000);
    await rounds(it.clock);
    expect(stored()).toMatchObject({ windows: [{ remaining: 7 }] });
    minute(6);
    await quota.stop();
    expect(stored()).toMatchObject({ windows: [{ remaining: 6 }] });
  });

  it("starts where a stored row is damaged, and goes on with what is told", async () => {
    const it = world();
    const quota = quotaIn(it);
    quota.start();
    const stop = quota.stop;
    noteIn(it, quota, { limit: 10, remaining: 4 });
    await rounds(it.clock);
    await stop();
    const account = quota.accountOf("groq") ?? "";
    it.store.damage("quota", account);
    const after = quotaIn(it);
    await after.load();
    expect(after.states()).toEqual([]);
    after.start();
    noteIn(it, after, { limit: 10, remaining: 3 });
    await rounds(it.clock);
    await after.stop();
    expect(it.store.peek("quota", account)).toMatchObject({ windows: [{ remaining: 3 }] });
  });

  it("hands what one replica sees to the others within two rounds", async () => {
    const it = world();
    const replicas = [it.store, it.store.another()].map((store) => quotaIn({ ...it, store }, { hasPeers: () => true }));
    const [one, other] = replicas as [Quota, Quota];
    for (const each of replicas) each.start();
    await rounds(it.clock);
    noteIn(it, one, { limit: 10, remaining: 0, resetAt: it.clock.now() + HOUR_MS });
    noteIn(it, other, { name: "tokens", unit: "tokens", limit: 100, remaining: 40 });
    await rounds(it.clock);
    await rounds(it.clock);
    for (const each of replicas) await each.stop();
    expect(other.ofModel(M1).out).toBeDefined();
    expect(one.states().map(({ window }) => window.name)).toEqual(["requests", "tokens"]);
  });

  it("keeps what a store that fails could not take, and stores it later", async () => {
    const it = world();
    const quota = quotaIn(it);
    quota.start();
    const stop = quota.stop;
    await rounds(it.clock);
    it.store.breakDown();
    noteIn(it, quota, { limit: 10, remaining: 0, resetAt: it.clock.now() + HOUR_MS });
    await rounds(it.clock);
    expect(quota.ofModel(M1).out).toBeDefined();
    it.store.recover();
    await rounds(it.clock);
    await stop();
    expect(it.store.peek("quota", quota.accountOf("groq") ?? "")).toMatchObject({ windows: [{ remaining: 0 }] });
  });
});

describe("a provider's budget", () => {
  const budgets = [{ provider: "groq", amount: 3, unit: "requests", period: "day" }] as const;

  it("counts what the ledger holds of the account since midnight", async () => {
    const it = world();
    const midnight = Math.floor(it.clock.now() / DAY_MS) * DAY_MS;
    const quota = quotaIn(it, { budgets });
    await write(it, [
      { at: midnight - 1 },
      { at: midnight },
      { at: midnight + 1, account: "another key's" },
      { at: midnight + 2, provider: "openai" },
      { at: midnight + 3, account: quota.accountOf("groq") },
    ]);
    await quota.load();
    expect(quota.states()).toMatchObject([
      { window: { source: "budget", limit: 3, used: 2, remaining: 1, resetAt: midnight + DAY_MS }, isOut: false },
    ]);
  });

  it("is out with the last of it, for the whole provider, until it renews", async () => {
    const it = world();
    const quota = quotaIn(it, { budgets });
    await quota.load();
    const at = it.clock.now();
    for (const id of ["a", "b", "b"]) quota.count(entry({ id, at, provider: "groq" }));
    expect(quota.ofModel(M2).out).toBeUndefined();
    quota.count(entry({ id: "c", at, provider: "groq" }));
    expect(quota.ofModel(M2).out?.window.source).toBe("budget");
    await it.clock.advance(DAY_MS / 2);
    expect(quota.ofModel(M2).out).toBeUndefined();
  });

  it("stops nothing any more once the operator has dropped it, or raised it", async () => {
    const it = world();
    const quota = quotaIn(it, { budgets });
    await quota.load();
    await write(
      it,
      [1, 2, 3].map((offset) => ({ at: it.clock.now() - offset })),
    );
    await quota.load();
    expect(quota.ofModel(M2).out).toBeDefined();
    await quota.stop();
    const dropped = quotaIn(it);
    await dropped.load();
    expect(dropped.states()).toEqual([]);
    const raised = quotaIn(it, { budgets: [{ ...budgets[0], amount: 30 }] });
    await raised.load();
    expect(raised.states()).toMatchObject([{ isOut: false, window: { limit: 30, used: 3 } }]);
  });

  it.each([
    ["usd", { costUsd: 1.5 }, 1.5],
    ["tokens", { inputTokens: 100, outputTokens: 20 }, 120],
  ] as const)("counts %s", async (unit, used, counted) => {
    const it = world();
    const quota = quotaIn(it, { budgets: [{ provider: "groq", amount: 1_000, unit, period: "month" }] });
    await quota.load();
    quota.count(entry({ id: "a", at: it.clock.now(), provider: "groq", ...used }));
    expect(quota.states()[0]?.window).toMatchObject({ unit, used: counted, resetAt: Date.UTC(2026, 1, 1) });
  });

  it("counts within a minute what other replicas have used", async () => {
    const it = world();
    const quota = quotaIn(it, { budgets, hasPeers: () => true });
    await quota.load();
    quota.start();
    const stop = quota.stop;
    await rounds(it.clock);
    quota.count(entry({ id: "mine, not yet stored", at: it.clock.now(), provider: "groq" }));
    await write(it, [{ at: it.clock.now() }, { at: it.clock.now() + 1 }]);
    await it.clock.advance(60_000);
    await rounds(it.clock);
    await stop();
    expect(quota.states()[0]?.window.used).toBe(3);
  });
});

describe("a replica that was the last one's peer", () => {
  it("is counted to its end, also once it has gone", async () => {
    const it = world();
    let hasPeers = true;
    const budget = { provider: "groq", amount: 3, unit: "requests", period: "day" } as const;
    const quota = quotaIn(it, { budgets: [budget], hasPeers: () => hasPeers });
    const other = quotaIn({ ...it, store: it.store.another() }, { hasPeers: () => true });
    await quota.load();
    for (const each of [quota, other]) each.start();
    await rounds(it.clock);
    await write(it, [{ at: it.clock.now() }]);
    noteIn(it, other, { limit: 10, remaining: 0, resetAt: it.clock.now() + HOUR_MS });
    await other.stop();
    hasPeers = false;
    await it.clock.advance(60_000);
    await rounds(it.clock);
    await quota.stop();
    expect(quota.ofModel(M1).out).toBeDefined();
    expect(quota.states().find(({ window }) => window.source === "budget")?.window.used).toBe(1);
  });
});

describe("a forecast", () => {
  /** Ten questions an hour for ten days; the limit of today is told at noon. */
  async function forecast(limit: number, used = 120) {
    const it = world();
    await write(it, habit(it, 10, 10));
    const quota = quotaIn(it);
    quota.start();
    const stop = quota.stop;
    const resetAt = Math.floor(it.clock.now() / DAY_MS) * DAY_MS + DAY_MS;
    noteIn(it, quota, { limit, remaining: limit - used, resetAt });
    await rounds(it.clock);
    return { ...it, quota, stop, resetAt };
  }

  it("says when a limit runs out that use of the same kind has always passed", async () => {
    const { quota, stop, clock, resetAt } = await forecast(180);
    await stop();
    const [state] = quota.states();
    const { probability = 0, earliestAt, medianAt, latestAt } = state?.forecast ?? {};
    expect(probability).toBeGreaterThan(0.9);
    const dueAt = clock.now() + 6 * HOUR_MS;
    expect(Math.abs((medianAt ?? 0) - dueAt)).toBeLessThan(2 * HOUR_MS);
    expect(earliestAt).toBeGreaterThan(clock.now());
    expect(latestAt).toBeLessThan(resetAt);
    expect(quota.ofModel(M1).risk?.key).toBe(state?.key);
  });

  it("sees no risk where use of the same kind has never come near", async () => {
    const { quota, stop } = await forecast(1_000);
    await stop();
    expect(quota.states()[0]?.forecast?.probability).toBeLessThan(0.2);
    expect(quota.ofModel(M1)).toEqual({ isKnown: true });
  });

  it("takes into account that others use the same key", async () => {
    const { quota, stop } = await forecast(360, 240);
    await stop();
    expect(quota.states()[0]?.forecast?.probability).toBeGreaterThan(0.9);
  });

  it("is made at most once a minute, and an episode of risk ends with a healthy reading", async () => {
    const it = await forecast(180);
    const since = it.quota.ofModel(M1).risk?.riskSince;
    expect(since).toBeDefined();
    noteIn(it, it.quota, { limit: 2_000, remaining: 1_880, resetAt: it.resetAt });
    await rounds(it.clock);
    expect(it.quota.ofModel(M1).risk?.riskSince).toBe(since);
    await it.clock.advance(60_000);
    await rounds(it.clock);
    expect(it.quota.ofModel(M1)).toEqual({ isKnown: true });
    noteIn(it, it.quota, { limit: 180, remaining: 59, resetAt: it.resetAt });
    await it.clock.advance(60_000);
    await rounds(it.clock);
    await it.stop();
    expect(it.quota.ofModel(M1).risk?.riskSince).toBeGreaterThan(since ?? 0);
  });

  it("of a spent fraction is made from tokens", async () => {
    const it = world();
    await write(it, habit(it, 10, 10));
    const quota = quotaIn(it);
    quota.start();
    const stop = quota.stop;
    const resetAt = Math.floor(it.clock.now() / DAY_MS) * DAY_MS + DAY_MS;
    noteIn(it, quota, {
      name: "usage",
      scope: "account",
      unit: "fraction",
      limit: 1,
      used: 0.7,
      remaining: 0.3,
      resetAt,
    });
    await rounds(it.clock);
    await stop();
    expect(quota.states()[0]?.forecast?.probability).toBeGreaterThan(0.9);
    expect(usedShare(quota.states()[0]?.window ?? expect.fail())).toBe(0.7);
  });

  it.each(["minute", "hour", "5h", "none"] as const)("is not made of a window of period %s", async (period) => {
    const it = world();
    await write(it, habit(it, 10, 10));
    const quota = quotaIn(it);
    quota.start();
    const stop = quota.stop;
    noteIn(it, quota, { period, limit: 180, remaining: 20, resetAt: it.clock.now() + HOUR_MS / 2 });
    await rounds(it.clock);
    await stop();
    expect(quota.states()[0]?.forecast).toBeUndefined();
  });

  it("is made once the ledger can be read, where it could not be at the start", async () => {
    const it = world();
    await write(it, habit(it, 10, 10));
    const quota = quotaIn(it);
    it.store.breakDown();
    quota.start();
    const stop = quota.stop;
    noteIn(it, quota, { limit: 180, remaining: 60, resetAt: it.clock.now() + DAY_MS / 2 });
    await rounds(it.clock);
    expect(quota.states()[0]?.forecast).toBeUndefined();
    it.store.recover();
    await it.clock.advance(60_000);
    await rounds(it.clock);
    await stop();
    expect(quota.states()[0]?.forecast).toBeDefined();
  });

  it("is too early to make with less than two whole days of history", async () => {
    const it = world();
    await write(it, habit(it, 2, 10));
    const quota = quotaIn(it);
    quota.start();
    const stop = quota.stop;
    noteIn(it, quota, { limit: 180, remaining: 60, resetAt: it.clock.now() + DAY_MS / 2 });
    await rounds(it.clock);
    await stop();
    expect(quota.states()[0]?.forecast).toBeUndefined();
  });
});

describe("a vendor's endpoint", () => {
  const told = { name: "balance", scope: "account", unit: "usd", period: "none", source: "endpoint" } as const;
  const endpoint = (url: string) => ({
    url,
    read: (body: unknown, now: number) =>
      typeof body === "object" && body !== null && "left" in body
        ? [{ ...told, remaining: Number(body.left), observedAt: now }]
        : undefined,
  });
  const setups = [
    { ...GROQ, quotaEndpoints: [endpoint("https://groq.example/left"), endpoint("https://groq.example/no")] },
  ];

  function fakeFetch(asked: string[]): typeof fetch {
    return async (url, init) => {
      asked.push(`${url} ${new Headers(init?.headers).get("authorization")}`);
      return String(url).endsWith("/left") ? Response.json({ left: 4.5 }) : new Response("nothing", { status: 404 });
    };
  }

  it("is asked once an interval over all replicas, and one that is not there once a day", async () => {
    const it = world();
    const asked: string[] = [];
    const deps = { setups, fetch: fakeFetch(asked), hasPeers: () => true };
    const [one, other] = [quotaIn(it, deps), quotaIn({ ...it, store: it.store.another() }, deps)];
    for (const each of [one, other]) each.start();
    await Promise.all([one.readEndpoints("groq"), other.readEndpoints("groq")]);
    expect(asked).toEqual(["https://groq.example/left Bearer one", "https://groq.example/no Bearer one"]);
    expect(one.states().concat(other.states())).toMatchObject([{ window: { remaining: 4.5 } }]);
    await rounds(it.clock);
    await rounds(it.clock);
    await it.clock.advance(60_000);
    asked.length = 0;
    await other.readEndpoints("groq");
    expect(asked).toEqual(["https://groq.example/left Bearer one"]);
    await it.clock.advance(DAY_MS);
    asked.length = 0;
    await one.readEndpoints("groq");
    expect(asked).toHaveLength(2);
    for (const each of [one, other]) await each.stop();
  });

  it("that hangs or fails changes nothing and is asked again", async () => {
    const it = world();
    let calls = 0;
    const hanging: typeof fetch = (url) => {
      calls += 1;
      if (String(url).endsWith("/left")) return new Promise(() => {});
      return Promise.resolve(new Response("later", { status: 503 }));
    };
    const quota = quotaIn(it, { setups, fetch: hanging });
    const reading = quota.readEndpoints("groq");
    await it.clock.advance(10_000);
    await reading;
    expect(quota.states()).toEqual([]);
    await it.clock.advance(60_000);
    const again = quota.readEndpoints("groq");
    await it.clock.advance(10_000);
    await again;
    expect(calls).toBe(4);
  });

  it("is never followed elsewhere, and a web page or a longer text is no answer", async () => {
    const answers = [
      () => new Response(null, { status: 302, headers: { location: "https://elsewhere.example" } }),
      () => new Response("<html>"),
      () => new Response(`{"left": 1, "more": "${"x".repeat(300_000)}"}`),
    ];
    for (const answer of answers) {
      const there = world();
      const asked: string[] = [];
      const quota = quotaIn(there, {
        setups,
        fetch: async (url) => {
          asked.push(String(url));
          return answer();
        },
      });
      await quota.readEndpoints("groq");
      await there.clock.advance(60_000);
      await quota.readEndpoints("groq");
      expect(quota.states()).toEqual([]);
      expect(asked).toHaveLength(2);
    }
  });
});
