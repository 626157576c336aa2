import type { Clock } from "../base/clock.js";
import { DAY_MS, dayOf, daysBetween } from "../base/time.js";
import type { ProviderId } from "../providers/provider.js";
import { KEPT_DAYS, type Ledger, type UsageEntry } from "../usage/ledger.js";
import type { UsageHistory } from "./renewing-limit.js";

export type CountedUnit = "requests" | "tokens" | "usd";

/** What was used of each account, counted from the ledger by quarters of an hour. */
export interface UsageCounts {
  /** Use of the provider's present account by the models for which `isCounted` is true. */
  history(provider: ProviderId, unit: CountedUnit, isCounted: (model: string) => boolean): UsageHistory;
  /** Counts an entry that was just written here. */
  add(entry: UsageEntry): void;
  /** Reads the days from `from` (epoch ms) to now again, one after the other. @throws {StoreError} */
  read(from: number): Promise<void>;
}

/** Long enough that three months fit in memory, short enough for windows of a day. */
const STEP_MS = 900_000;
/** What was written here so lately may be missing from what was read at the same time. */
const LATELY_MS = 300_000;

interface Amounts {
  requests: number;
  tokens: number;
  usd: number;
}
/** By model, then by step. */
type ProviderCounts = Map<string, Map<number, Amounts>>;

export interface UsageCountsDeps {
  readonly ledger: Pick<Ledger, "read">;
  readonly accounts: ReadonlyMap<ProviderId, string>;
  readonly clock: Pick<Clock, "now">;
}

export function createUsageCounts({ ledger, accounts, clock }: UsageCountsDeps): UsageCounts {
  const counts = new Map<ProviderId, ProviderCounts>();
  const lately = new Map<string, UsageEntry>();

  const count = (entry: UsageEntry) => {
    const account = accounts.get(entry.provider);
    // Entries of older versions do not say whose they are: they count for the key that is in use.
    if (account === undefined || (entry.account ?? account) !== account) return;
    const models: ProviderCounts = counts.get(entry.provider) ?? new Map();
    const steps = models.get(entry.model) ?? new Map<number, Amounts>();
    counts.set(entry.provider, models.set(entry.model, steps));
    const step = Math.floor(entry.at / STEP_MS);
    const amounts = steps.get(step) ?? { requests: 0, tokens: 0, usd: 0 };
    amounts.requests += 1;
    amounts.tokens += entry.inputTokens + entry.outputTokens;
    amounts.usd += entry.costUsd ?? 0;
    steps.set(step, amounts);
  };
  const forgetDay = (from: number) => {
    for (const models of counts.values())
      for (const steps of models.values())
        for (let step = from / STEP_MS; step < (from + DAY_MS) / STEP_MS; step++) steps.delete(step);
  };
  const readDay = async (from: number) => {
    const entries = await ledger.read({ from, to: from + DAY_MS });
    const ids = new Set(entries.map(({ id }) => id));
    forgetDay(from);
    for (const entry of entries) count(entry);
    for (const [id, entry] of lately) if (!ids.has(id) && dayOf(entry.at) === dayOf(from)) count(entry);
  };

  return {
    history: (provider, unit, isCounted) => historyOf(counts.get(provider) ?? new Map(), unit, isCounted, clock.now()),
    add(entry) {
      for (const [id, { at }] of lately) if (at < clock.now() - LATELY_MS) lately.delete(id);
      if (lately.has(entry.id)) return;
      lately.set(entry.id, entry);
      count(entry);
    },
    async read(from) {
      const oldest = Math.max(from, clock.now() - KEPT_DAYS * DAY_MS);
      for (const day of daysBetween(oldest, clock.now() + 1)) await readDay(Date.parse(day));
      forgetBefore(counts, clock.now() - KEPT_DAYS * DAY_MS);
    },
  };
}

function forgetBefore(counts: ReadonlyMap<ProviderId, ProviderCounts>, before: number): void {
  for (const models of counts.values())
    for (const steps of models.values())
      for (const step of steps.keys()) if (step * STEP_MS < before) steps.delete(step);
}

/** Sums up the steps once; between two of them use is taken to be even, but up to now it is whole. */
function historyOf(
  models: ProviderCounts,
  unit: CountedUnit,
  isCounted: (model: string) => boolean,
  now: number,
): UsageHistory {
  const total = new Map<number, number>();
  for (const [model, steps] of models) {
    if (!isCounted(model)) continue;
    for (const [step, amounts] of steps) total.set(step, (total.get(step) ?? 0) + amounts[unit]);
  }
  const steps = [...total.keys()].sort((a, b) => a - b);
  const sums: number[] = [];
  for (const step of steps) sums.push((sums.at(-1) ?? 0) + (total.get(step) ?? 0));
  const nowStep = Math.floor(now / STEP_MS);
  return {
    since: (steps[0] ?? nowStep) * STEP_MS,
    usedBefore(at) {
      const step = Math.floor(at / STEP_MS);
      const place = firstAtLeast(steps, step);
      const before = sums[place - 1] ?? 0;
      if (steps[place] !== step) return before;
      // The present step goes no further than now.
      const length = step === nowStep ? now - step * STEP_MS : STEP_MS;
      const part = length <= 0 ? 1 : Math.min(1, (at - step * STEP_MS) / length);
      return before + part * (total.get(step) ?? 0);
    },
  };
}

/** The first place in a sorted list whose number is `wanted` or more. */
function firstAtLeast(sorted: readonly number[], wanted: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
