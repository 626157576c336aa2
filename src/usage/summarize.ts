import { dayOf } from "../base/time.js";
import type { UsageEntry } from "./ledger.js";

export const GROUPINGS = ["model", "provider", "user", "day"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** What several turns used together. */
export interface UsageSum {
  readonly turns: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  /** USD of the turns whose cost is known; null where it is of none. */
  readonly costUsd: number | null;
  /** The cost of some of them is unknown, so that `costUsd` is a lower bound. */
  readonly hasUnknownCost: boolean;
  /** Some of the token counts are our estimate. */
  readonly isEstimated: boolean;
}

export interface UsageGroup extends UsageSum {
  /** Unique among the groups: "openai/gpt-5", "openai", "discord:123 U1", "2026-01-31". */
  readonly key: string;
  /** What people call it; of a person, the name they had last. */
  readonly label: string;
}

interface Kind {
  key(entry: UsageEntry): string;
  label(entry: UsageEntry): string;
}

const modelOf = ({ provider, model }: UsageEntry) => `${provider}/${model}`;
const KINDS: Readonly<Record<Grouping, Kind>> = {
  model: { key: modelOf, label: modelOf },
  provider: { key: ({ provider }) => provider, label: ({ provider }) => provider },
  user: { key: ({ workspace, user }) => `${workspace} ${user.id}`, label: ({ user }) => user.name },
  day: { key: ({ at }) => dayOf(at), label: ({ at }) => dayOf(at) },
};

/** Counts entries by what they have in common, whatever their order. */
export interface UsageSummary {
  add(entry: UsageEntry): void;
  /** Most tokens first, but days oldest first. */
  groups(): readonly UsageGroup[];
}

export function createSummary(by: Grouping): UsageSummary {
  const kind = KINDS[by];
  const groups = new Map<string, { newest: UsageEntry; readonly total: UsageTotal }>();
  return {
    add(entry) {
      const key = kind.key(entry);
      let group = groups.get(key);
      if (group === undefined) {
        group = { newest: entry, total: createTotal() };
        groups.set(key, group);
      }
      if (entry.at >= group.newest.at) group.newest = entry;
      group.total.add(entry);
    },
    groups() {
      const summed = [...groups].map(([key, { newest, total }]) => ({
        key,
        label: kind.label(newest),
        ...total.sum(),
      }));
      const byKey = (a: UsageGroup, b: UsageGroup) => (a.key < b.key ? -1 : 1);
      return summed.sort(by === "day" ? byKey : (a, b) => tokensOf(b) - tokensOf(a) || byKey(a, b));
    },
  };
}

/** All entries together. */
export interface UsageTotal {
  add(entry: UsageEntry): void;
  sum(): UsageSum;
}

export function createTotal(): UsageTotal {
  let [turns, inputTokens, outputTokens, cachedTokens] = [0, 0, 0, 0];
  let costUsd: number | null = null;
  let [hasUnknownCost, isEstimated] = [false, false];
  return {
    add(entry) {
      turns += 1;
      inputTokens += entry.inputTokens;
      outputTokens += entry.outputTokens;
      cachedTokens += entry.cachedTokens;
      if (entry.costUsd === null) hasUnknownCost = true;
      else costUsd = (costUsd ?? 0) + entry.costUsd;
      isEstimated ||= entry.isEstimated;
    },
    sum: () => ({ turns, inputTokens, outputTokens, cachedTokens, costUsd, hasUnknownCost, isEstimated }),
  };
}

/** Several sums together. */
export function addUp(sums: readonly UsageSum[]): UsageSum {
  const total = (pick: (sum: UsageSum) => number) => sums.reduce((sofar, sum) => sofar + pick(sum), 0);
  const hasKnownCost = sums.some(({ costUsd }) => costUsd !== null);
  return {
    turns: total(({ turns }) => turns),
    inputTokens: total(({ inputTokens }) => inputTokens),
    outputTokens: total(({ outputTokens }) => outputTokens),
    cachedTokens: total(({ cachedTokens }) => cachedTokens),
    costUsd: hasKnownCost ? total(({ costUsd }) => costUsd ?? 0) : null,
    hasUnknownCost: sums.some(({ hasUnknownCost }) => hasUnknownCost),
    isEstimated: sums.some(({ isEstimated }) => isEstimated),
  };
}

/** Returns input plus output tokens; cached tokens are part of the input. */
export const tokensOf = ({ inputTokens, outputTokens }: UsageSum): number => inputTokens + outputTokens;
