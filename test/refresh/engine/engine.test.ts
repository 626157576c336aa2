import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProviderErrorReason } from "../../../src/providers/provider.js";
import type { NudgeTrigger } from "../../../src/refresh/refresher.js";
import type { IntervalChoice } from "../../../src/refresh/settings.js";
import { createSessions } from "../../../src/store/sessions/sessions.js";
import type { Claim, Store } from "../../../src/store/store.js";
import { type FakeClock, fakeClock, settle } from "../../support/fake-clock.js";
import { type FakeProvider, fakeProvider } from "../../support/fake-provider.js";
import { type MemoryStore, memoryStore } from "../../support/memory-store.js";
import { storedEntry } from "../support.js";
import { createWorld, type World } from "../world.js";

const IDS = ["openai", "groq"] as const;
const RUNS = process.env.SOAK === undefined ? 60 : 3_000;
const MODELS = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;
const TRIGGERS: readonly NudgeTrigger[] = [
  "first-message",
  "focus",
  "picker",
  "switch",
  "unknown-model",
  "recovery",
  "network",
];

/** Two replicas, 0 and 1, on one store; each step is one of theirs, or of the world around them. */
type Step =
  | { readonly kind: "tick"; readonly replica: number }
  | { readonly kind: "crash"; readonly replica: number }
  | { readonly kind: "refresh"; readonly replica: number; readonly id: string }
  | { readonly kind: "nudge"; readonly replica: number; readonly trigger: NudgeTrigger }
  | {
      readonly kind: "use";
      readonly replica: number;
      readonly id: string;
      readonly model: string;
      readonly failure: "unknown-model" | "not-usable" | undefined;
    }
  | { readonly kind: "set"; readonly isEnabled: boolean; readonly interval: IntervalChoice }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "turn-clock"; readonly ms: number }
  | { readonly kind: "answer"; readonly id: string; readonly models: readonly string[]; readonly afterMs: number }
  | { readonly kind: "fail"; readonly id: string; readonly reason: ProviderErrorReason }
  | { readonly kind: "hang"; readonly id: string }
  | { readonly kind: "stop-store" }
  | { readonly kind: "start-store" };

const id = fc.constantFrom(...IDS);
const replica = fc.constantFrom(0, 1);
const of = <K extends Step["kind"], R>(kind: K, parts: R) => ({ kind: fc.constant(kind), ...parts });
const weighted = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });
const step: fc.Arbitrary<Step> = fc.oneof(
  weighted(6, fc.record(of("tick", { replica }))),
  weighted(1, fc.record(of("crash", { replica }))),
  weighted(4, fc.record(of("refresh", { replica, id }))),
  weighted(2, fc.record(of("nudge", { replica, trigger: fc.constantFrom(...TRIGGERS) }))),
  weighted(
    2,
    fc.record(
      of("use", {
        replica,
        id,
        model: fc.constantFrom(...MODELS),
        failure: fc.constantFrom("unknown-model" as const, "not-usable" as const, undefined),
      }),
    ),
  ),
  weighted(
    1,
    fc.record(of("set", { isEnabled: fc.boolean(), interval: fc.constantFrom<IntervalChoice>(1, 5, 15, "smart") })),
  ),
  weighted(6, fc.record(of("wait", { ms: fc.constantFrom(1, 999, 5_000, 10_000, 31_000, 300_000) }))),
  weighted(1, fc.record(of("turn-clock", { ms: fc.integer({ min: -7_200_000, max: 7_200_000 }) }))),
  weighted(
    5,
    fc.record(
      of("answer", { id, models: fc.subarray([...MODELS]), afterMs: fc.constantFrom(0, 500, 9_999, 10_000, 45_000) }),
    ),
  ),
  weighted(
    2,
    fc.record(
      of("fail", {
        id,
        reason: fc.constantFrom<ProviderErrorReason>("auth", "network", "rate-limited", "malformed", "http"),
      }),
    ),
  ),
  weighted(1, fc.record(of("hang", { id }))),
  weighted(1, fc.record(of("stop-store", {}))),
  weighted(2, fc.record(of("start-store", {}))),
);

interface StoredList {
  readonly models: readonly { readonly id: string }[];
  readonly fetchedAt: number | null;
  readonly outcome: string | null;
  readonly pending?: object;
}

/** The store as one process sees it; once that has crashed, nothing it sends arrives any more, and nothing comes back. */
function storeOf(
  store: MemoryStore,
  process: { isDead: boolean },
  witness: {
    onClaim(claim: Claim): void;
    onCommit(provider: string, before: StoredList | undefined, after: StoredList): void;
  },
): Store {
  const alive = <A extends readonly unknown[], R>(call: (...values: A) => Promise<R>) => {
    return async (...values: A): Promise<R> => {
      if (process.isDead) return new Promise(() => {});
      const result = await call(...values);
      return process.isDead ? new Promise(() => {}) : result;
    };
  };
  return {
    ...store,
    write: alive(store.write),
    commit: alive(async (claim, writes) => {
      const before = IDS.map((provider) => storedEntry(store, provider));
      const isStored = await store.commit(claim, writes);
      for (const [index, provider] of IDS.entries()) {
        const write = writes.find(({ table, key }) => table === "models" && key === provider);
        if (isStored && write !== undefined) {
          witness.onCommit(
            provider,
            before[index] as StoredList | undefined,
            storedEntry(store, provider) as StoredList,
          );
        }
      }
      return isStored;
    }),
    claim: alive(async (name, terms) => {
      const result = await store.claim(name, terms);
      if (result.held) witness.onClaim(result.claim);
      return result;
    }),
  };
}

async function play(steps: readonly Step[]): Promise<void> {
  const base = fakeClock();
  let turnedMs = 0;
  const clock: FakeClock = { ...base, now: () => base.now() + turnedMs };
  const store = memoryStore(clock.now);
  const claims = new Map<string, Claim>();
  /** Every list that any provider ever gave, by provider: when it came, and what it was. */
  const given = new Set<string>();
  /** Under which claim each fetch began: one fetch for each. */
  const fetches = new Set<string>();
  const violations: string[] = [];
  /** The providers are one world for both replicas. */
  const services = Object.fromEntries(IDS.map((provider) => [provider, fakeProvider(provider, ["a"], clock.sleep)]));
  const service = (provider: string): FakeProvider => {
    const found = services[provider];
    if (found === undefined) throw new Error(`there is no ${provider}`);
    return found;
  };
  const makeProvider = (provider: string): FakeProvider => ({
    ...service(provider),
    async listModels(signal, { note, held } = {}) {
      const fetch = `${provider} ${claims.get(`refresh:${provider}`)?.fence}`;
      if (fetches.has(fetch)) violations.push(`a second fetch under the claim of ${fetch}`);
      fetches.add(fetch);
      const models = await service(provider).listModels(signal);
      const ids = models.map((model) => model.id).join();
      given.add(`${provider} ${clock.now()} ${ids}`);
      if (held?.validators.etag === ids) return held.models;
      note?.({ droppedRows: 0, validators: { etag: ids } });
      return models;
    },
  });
  const witness = {
    onClaim: (claim: Claim) => void claims.set(claim.name, claim),
    onCommit(provider: string, before: StoredList | undefined, after: StoredList) {
      const [had, has] = [before?.models.length ?? 0, after.models.length];
      if (has * 2 < had && before?.pending === undefined) violations.push(`${provider} shrank from ${had} to ${has}`);
      // What was fetched while the store was away is stored with the next attempt, however that ends.
      if (has !== had && after.outcome !== "ok" && after.fetchedAt === before?.fetchedAt)
        violations.push(`${provider} changed from ${had} to ${has} although ${after.outcome}`);
    },
  };
  const start = async () => {
    const process = { isDead: false };
    const world = await createWorld({
      ids: IDS,
      clock,
      store,
      storeView: storeOf(store, process, witness),
      makeProvider,
    });
    return { world, process };
  };
  const replicas = [await start(), await start()];
  const at = (index: number): World => {
    const found = replicas[index];
    if (found === undefined) throw new Error(`there is no replica ${index}`);
    return found.world;
  };
  const sessions = createSessions({ store, now: clock.now });
  const pin = { provider: "openai", model: "a", at: 1, by: "Ada" };
  await sessions.change("playground:local:general", (session) => ({ ...session, pin }));
  const pinned = JSON.stringify(store.peek("sessions", "playground:local:general"));
  const pending: Promise<unknown>[] = [];
  const good = new Set<string>();

  const act = async (action: Step): Promise<void> => {
    if (action.kind === "tick") pending.push(at(action.replica).refresher.tick());
    else if (action.kind === "refresh") pending.push(at(action.replica).refresher.refresh("person", [action.id]));
    else if (action.kind === "nudge") at(action.replica).refresher.nudge(action.trigger);
    else if (action.kind === "use")
      at(action.replica).refresher.noteUse({ provider: action.id, model: action.model, failure: action.failure });
    else if (action.kind === "set") {
      const { isEnabled, interval } = action;
      await at(0)
        .settings.change("playground:local", () => ({ isEnabled, interval }))
        .catch(() => {}); // the store is down
    } else if (action.kind === "wait") await clock.advance(action.ms);
    else if (action.kind === "turn-clock") turnedMs += action.ms;
    else if (action.kind === "answer") service(action.id).answers(action.models, action.afterMs);
    else if (action.kind === "fail") service(action.id).fails(action.reason, { retryAfterMs: 60_000 });
    else if (action.kind === "hang") service(action.id).hangs();
    else if (action.kind === "stop-store") store.breakDown();
    else if (action.kind === "start-store") store.recover();
    else {
      // Vanishes in the midst of whatever it does, and another one takes its place.
      const dead = replicas[action.replica];
      if (dead !== undefined) dead.process.isDead = true;
      pending.length = 0;
      store.recover();
      replicas[action.replica] = await start();
    }
    await settle();
  };

  const check = () => {
    expect(violations).toEqual([]);
    for (const provider of IDS) {
      const row = storedEntry(store, provider) as { models: readonly { id: string }[]; fetchedAt: number } | undefined;
      // A good list is never lost or emptied, in the store as in memory.
      if (good.has(provider)) expect(row?.models.length).toBeGreaterThan(0);
      if (row !== undefined && row.models.length > 0) {
        good.add(provider);
        expect(given).toContain(`${provider} ${row.fetchedAt} ${row.models.map((model) => model.id).join()}`);
      }
    }
    for (const { world } of replicas) {
      for (const [provider, entry] of world.refresher.snapshot().providers) {
        const { fetchedAt, models, outcome } = entry;
        // The last success is one that the provider really gave, then, and with this very list.
        if (fetchedAt !== null)
          expect(given).toContain(`${provider} ${fetchedAt} ${models.map((model) => model.id).join()}`);
        if (fetchedAt !== null) expect(models.length).toBeGreaterThan(0);
        expect(outcome === "ok").toBe(fetchedAt !== null && entry.consecutiveFailures === 0);
        expect(entry.failingSince === null).toBe(entry.consecutiveFailures === 0);
        // A list is held back beside a good one only, and ends with it.
        if (outcome === "suspicious") expect(entry.pending?.models.length).toBeLessThan(models.length / 2);
        if (outcome === "ok") expect(entry.pending).toBeUndefined();
      }
    }
    // No path leads to a session.
    expect(JSON.stringify(store.peek("sessions", "playground:local:general"))).toBe(pinned);
  };

  for (const action of steps) {
    await act(action);
    check();
  }
  store.recover();
  await clock.advance(60_000);
  await Promise.all(pending);
  check();
  for (const { world } of replicas) expect(world.refresher.snapshot().fetching.size).toBe(0);
  // Whatever has happened, a provider that answers again has its list within an interval and a lease.
  await at(0).settings.change("playground:local", () => ({ isEnabled: true, interval: 1 }));
  for (const provider of IDS) service(provider).answers(["a", "b"], 0);
  for (const { world } of replicas) await world.settings.load();
  turnedMs = Math.max(turnedMs, 0);
  await clock.advance(16 * 60_000);
  for (let beat = 0; beat < 30; beat++) {
    for (const { world } of replicas) await world.refresher.tick();
    await clock.advance(10_000);
  }
  for (const { world } of replicas) {
    for (const entry of world.refresher.snapshot().providers.values()) {
      expect(entry.models.map((model) => model.id)).toEqual(["a", "b"]);
    }
  }
}

describe("two replicas under any interleaving, with crashes, turned clocks, shrunken lists and a store that goes away", () => {
  it("lose no list, tell no false success, move no pin, and fetch once per claim", { timeout: 300_000 }, async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), play), { numRuns: RUNS });
  });
});
