import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProviderErrorReason } from "../../../src/providers/provider.js";
import type { ModelUse, NudgeTrigger } from "../../../src/refresh/refresher.js";
import type { IntervalChoice } from "../../../src/refresh/settings.js";
import { StoreError } from "../../../src/store/store.js";
import { type FakeClock, fakeClock, settle } from "../../support/fake-clock.js";
import { type FakeProvider, fakeProvider } from "../../support/fake-provider.js";
import { type MemoryStore, memoryStore } from "../../support/memory-store.js";
import { storedEntry } from "../support.js";
import { createWorld } from "../world.js";

const IDS = ["openai", "groq"] as const;
const CONVERSATION = "discord:1:2";
const PINNED = { pin: { provider: "openai", model: "a" } };
const RUNS = process.env.SOAK === undefined ? 80 : 3_000;

type Step =
  | { readonly kind: "tick" | "stop-store" | "start-store" | "restart" | "crash" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "turn-clock"; readonly ms: number }
  | { readonly kind: "answer"; readonly id: string; readonly models: readonly string[]; readonly afterMs: number }
  | { readonly kind: "fail"; readonly id: string; readonly reason: ProviderErrorReason; readonly retryAfterMs: number }
  | { readonly kind: "hang"; readonly id: string }
  | { readonly kind: "refresh"; readonly id: string }
  | { readonly kind: "nudge"; readonly id: string; readonly trigger: NudgeTrigger }
  | { readonly kind: "use"; readonly id: string; readonly failure: ModelUse["failure"] }
  | { readonly kind: "set"; readonly isEnabled: boolean; readonly interval: IntervalChoice };

const id = fc.constantFrom(...IDS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: "tick" } as const) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(1, 999, 10_000, 31_000, 300_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("turn-clock" as const),
      ms: fc.integer({ min: -7_200_000, max: 7_200_000 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      id,
      models: fc.subarray(["a", "b", "c", "__proto__"]),
      afterMs: fc.constantFrom(0, 500, 9_999, 10_000, 45_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fail" as const),
      id,
      reason: fc.constantFrom<ProviderErrorReason>("auth", "network", "rate-limited", "malformed", "http"),
      retryAfterMs: fc.constantFrom(0, 60_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("hang" as const), id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("refresh" as const), id }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("nudge" as const),
      id,
      trigger: fc.constantFrom<NudgeTrigger>("first-message", "focus", "picker", "switch", "recovery", "network"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("use" as const),
      id,
      failure: fc.constantFrom<ModelUse["failure"]>(undefined, "unknown-model", "not-usable"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("set" as const),
      isEnabled: fc.boolean(),
      interval: fc.constantFrom<IntervalChoice>(1, 5, 15, "smart"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>(
      { kind: "stop-store" },
      { kind: "start-store" },
      { kind: "restart" },
      { kind: "crash" },
    ),
  },
);

/** Notes when it gave which list: what an entry claims must be one of these. */
function witness(provider: FakeProvider, now: () => number, given: Map<string, Set<string>>): FakeProvider {
  return {
    ...provider,
    async listModels(signal) {
      const models = await provider.listModels(signal);
      const fact = `${now()} ${models.map((model) => model.id).join()}`;
      given.set(provider.id, (given.get(provider.id) ?? new Set()).add(fact));
      return models;
    },
  };
}

async function play(steps: readonly Step[]): Promise<void> {
  const base = fakeClock();
  let turnedMs = 0;
  const clock: FakeClock = { ...base, now: () => base.now() + turnedMs };
  const store = memoryStore(clock.now);
  const given = new Map<string, Set<string>>();
  const makeProvider = (provider: string) => witness(fakeProvider(provider, ["a"], clock.sleep), clock.now, given);
  /** How often each provider was claimed, and how often it was asked. */
  const claims = new Map<string, number>();
  const asked = new Map<string, number>();
  const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  /** The store as one process has it; once it has crashed, nothing of it gets there any more. */
  const openView = () => {
    const view = store.another();
    let isDead = false;
    const alive = () => {
      if (isDead) throw new StoreError("its process is dead");
    };
    const dying: MemoryStore = {
      ...view,
      async claim(name, terms) {
        alive();
        const result = await view.claim(name, terms);
        if (result.held) count(claims, name);
        return result;
      },
      async commit(claim, writes) {
        alive();
        return view.commit(claim, writes);
      },
    };
    const crash = () => {
      isDead = true;
    };
    return { view: dying, crash };
  };
  const countAsked = (provider: FakeProvider): FakeProvider => ({
    ...provider,
    listModels(signal, terms) {
      count(asked, `refresh:${provider.id}`);
      return provider.listModels(signal, terms);
    },
  });
  await store.values("sessions").set(CONVERSATION, PINNED);
  let opened = openView();
  let world = await createWorld({
    ids: IDS,
    clock,
    store,
    storeView: opened.view,
    makeProvider: (provider) => countAsked(makeProvider(provider)),
  });
  const pending: Promise<unknown>[] = [];
  const seen = new Map<string, readonly unknown[]>();

  const act = async (action: Step): Promise<void> => {
    if (action.kind === "tick") pending.push(world.refresher.tick());
    else if (action.kind === "wait") await clock.advance(action.ms);
    else if (action.kind === "turn-clock") turnedMs += action.ms;
    else if (action.kind === "answer") world.provider(action.id).answers(action.models, action.afterMs);
    else if (action.kind === "fail")
      world.provider(action.id).fails(action.reason, { retryAfterMs: action.retryAfterMs });
    else if (action.kind === "hang") world.provider(action.id).hangs();
    else if (action.kind === "refresh") pending.push(world.refresher.refresh("person", [action.id]));
    else if (action.kind === "nudge") world.refresher.nudge(action.trigger, [action.id]);
    else if (action.kind === "use") {
      world.refresher.noteUse({ provider: action.id, model: "a", failure: action.failure });
    } else if (action.kind === "stop-store") store.breakDown();
    else if (action.kind === "start-store") store.recover();
    else if (action.kind === "set") {
      const { isEnabled, interval } = action;
      await world.settings.change("playground:local", () => ({ isEnabled, interval })).catch(() => {}); // the store is down
    } else {
      store.recover();
      if (action.kind === "restart") {
        await clock.advance(60_000); // what the old process began has ended, and is stored
        world.refresher.stop();
      }
      // A crashed one has begun what it can never store.
      opened.crash();
      for (const provider of IDS) expect(world.provider(provider).mostOpen()).toBeLessThanOrEqual(1);
      seen.clear();
      for (const provider of IDS) {
        const row = storedEntry(store, provider) as { models: readonly unknown[] } | undefined;
        if (row !== undefined && row.models.length > 0) seen.set(provider, row.models);
      }
      opened = openView();
      world = await world.restart({ storeView: opened.view });
    }
    await settle();
  };

  const check = () => {
    const { refresher } = world;
    expect(store.peek("sessions", CONVERSATION)).toEqual(PINNED);
    // At most one fetch for each claim.
    for (const [name, times] of asked) expect(times).toBeLessThanOrEqual(claims.get(name) ?? 0);
    const [lists] = refresher.getCachedModels();
    for (const [provider, entry] of refresher.snapshot().providers) {
      // A good list is never lost or emptied.
      if (seen.has(provider)) expect(entry.models.length).toBeGreaterThan(0);
      if (entry.models.length > 0) seen.set(provider, entry.models);
      expect(lists[provider]).toBe(entry.fetchedAt === null ? undefined : entry.models);
      // A success is one that the provider really gave, with this very list, at this very time.
      const fact = `${entry.fetchedAt} ${entry.models.map((model) => model.id).join()}`;
      if (entry.fetchedAt !== null) expect([...(given.get(provider) ?? [])]).toContain(fact);
      else expect(entry.models).toEqual([]);
      expect(entry.outcome === "ok").toBe(entry.fetchedAt !== null && entry.consecutiveFailures === 0);
      expect(entry.failingSince === null).toBe(entry.consecutiveFailures === 0);
      expect(world.provider(provider).mostOpen()).toBeLessThanOrEqual(1);
      expect(refresher.snapshot().fetching.has(provider)).toBe(world.provider(provider).open() > 0);
    }
  };

  for (const action of steps) {
    await act(action);
    check();
  }
  store.recover();
  await clock.advance(60_000);
  await Promise.all(pending);
  check();
  expect(world.refresher.snapshot().fetching.size).toBe(0);
}

describe("any interleaving of ticks, answers, people, settings, crashes and clocks", () => {
  it("loses no list, moves no pin, tells no false success, and fetches once at a time and for a claim", {
    timeout: 300_000,
  }, async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), play), { numRuns: RUNS });
  });
});
