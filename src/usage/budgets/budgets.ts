import { z } from "zod";
import { BoundedMap } from "../../base/bounded-map.js";
import type { Clock } from "../../base/clock.js";
import { createSerial } from "../../base/serial.js";
import type { Store, Swap } from "../../store/store.js";
import type { Ledger, UsageEntry } from "../ledger.js";
import { type Account, countedIn, reachedShare, settled, toldKey } from "./account.js";
import { type AccountRows, createAccountRows, type StoredAccount } from "./account-rows.js";
import {
  type BudgetLimit,
  type HostBudget,
  limitsFor,
  renewalOf,
  type Spender,
  type WorkspaceBudgets,
} from "./budget.js";
import { type BudgetParts, type ReserveTerms, reserve } from "./reserve.js";
import { createSpentBefore } from "./spent-before.js";

/** A budget as it stands now. */
export interface BudgetState {
  readonly limit: BudgetLimit;
  /** In the budget's unit. */
  readonly used: number;
  readonly left: number;
  /** What answers on their way may use of it at most. */
  readonly held: number;
  readonly renewsAt: number;
  /** Questions to models of unknown price. */
  readonly unpriced: number;
  /** The person's name, where it is a person's budget and they have asked. */
  readonly name: string | undefined;
}

/** What is said under an answer: a share of a budget that nobody was told yet. */
export interface BudgetNews {
  readonly limit: BudgetLimit;
  readonly percent: number;
}

export interface SettleTerms {
  /** The question's id. */
  readonly id: string;
  /** What its answer has used; undefined where nothing was. */
  readonly entry: UsageEntry | undefined;
  readonly news?: BudgetNews | undefined;
  /** The asker's name. */
  readonly name: string;
}

/** What people, channels and workspaces may use, counted in the store over all replicas. */
export interface Budgets {
  /** The budgets that are in force for somebody. From memory. */
  limitsFor(spender: Spender): readonly BudgetLimit[];
  /**
   * Holds the most that an answer may use, in all of the budgets or in none. Waits up to 2 min for answers on their way
   * where they may use up what is left. @throws {BudgetUsedUp} @throws {BudgetsUnknown} when the store fails
   * @throws signal.reason when aborted meanwhile
   */
  reserve(limits: readonly BudgetLimit[], terms: ReserveTerms): Promise<void>;
  /** What is to be said once an answer has used so much; each share of a budget once. From memory. */
  news(limits: readonly BudgetLimit[], entry: UsageEntry | undefined): BudgetNews | undefined;
  /** Counts what an answer has used, in the step in which `save` writes the rows that it is given. */
  settle<T>(limits: readonly BudgetLimit[], terms: SettleTerms, save: (rows: SettleRows) => Promise<T>): Promise<T>;
  /** How the budgets stand. @throws {StoreError} */
  states(limits: readonly BudgetLimit[]): Promise<readonly BudgetState[]>;
  /** How the budgets of everybody in a workspace stand who has asked in their present period. @throws {StoreError} */
  statesIn(workspace: string): Promise<readonly BudgetState[]>;
  /**
   * The budgets of which half or more is used, the nearest to their end first, as far as this process has counted in
   * them lately. From memory.
   */
  near(): readonly BudgetState[];
  /** The host's ceilings. */
  readonly host: readonly HostBudget[];
  /** Takes over since when the host's budgets are counted. @throws {StoreError} */
  load(): Promise<void>;
  /** Erases accounts whose period is long past. Resolves with how many. @throws {StoreError} */
  erasePast(): Promise<number>;
}

/**
 * Makes the rows that an answer's end changes, read again after the first time. Where its question is no longer
 * `isOpen`, another process may have counted it: it counts only where it is still held. @throws {StoreError}
 */
export type SettleRows = ((isOpen: boolean) => Promise<readonly Swap[]>) | undefined;

export interface BudgetsDeps {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "each">;
  readonly settings: { of(workspace: string): { readonly budgets?: WorkspaceBudgets } };
  readonly host: readonly HostBudget[];
  readonly clock: Clock;
}

const MAX_TOLD = 1_000;

export function createBudgets(deps: BudgetsDeps): Budgets {
  const { store, settings, host, clock } = deps;
  const rows = createAccountRows({ store, clock, spentBefore: createSpentBefore(deps) });
  const hosts = createHostBudgets({ store, host, clock });
  const parts: BudgetParts = { store, clock, rows, waiting: new Set(), inOrder: createSerial() };
  const told = new BoundedMap<string, number>(MAX_TOLD);
  const termsOf = (workspace: string) => ({
    ...{ own: settings.of(workspace).budgets, host, hostCountedFrom: hosts.countedFrom, now: clock.now() },
  });
  return {
    host,
    limitsFor: (spender) => limitsFor(spender, termsOf(spender.workspace)),
    reserve: async (limits, terms) => (limits.length === 0 ? undefined : reserve(parts, limits, terms)),
    news: (limits, entry) => newsOf(rows, told, limits, entry),
    settle: (limits, terms, save) => (limits.length === 0 ? save(undefined) : settle(parts, limits, terms, save)),
    async states(limits) {
      const found = await rows.read(limits, true);
      return limits.flatMap((limit) => {
        const row = found.find(({ limits: here }) => here.includes(limit));
        return row === undefined ? [] : [stateOf(limit, row.account, clock.now())];
      });
    },
    async statesIn(workspace) {
      const found = await rows.readWorkspace(workspace);
      const known = limitsFor({ workspace, channel: "", person: "", platform: "" }, termsOf(workspace));
      return found.flatMap(({ account, limitOf }) =>
        known.flatMap((limit) => {
          const own = limitOf(limit, settings.of(workspace).budgets?.raised);
          return own === undefined ? [] : [stateOf(own, account, clock.now())];
        }),
      );
    },
    near: () => nearOf(rows, clock.now()),
    load: hosts.load,
    erasePast: rows.erasePast,
  };
}

/** One after the other, so that the answers of one process do not refuse each other's rows. */
function settle<T>(
  { rows, waiting, inOrder }: BudgetParts,
  limits: readonly BudgetLimit[],
  terms: SettleTerms,
  save: (rows: SettleRows) => Promise<T>,
): Promise<T> {
  return inOrder("settle", async () => {
    let isFresh = false;
    let changed: readonly StoredAccount[] = [];
    const result = await save(async (isOpen) => {
      changed = (await rows.read(limits, isFresh))
        .filter(({ account }) => (isOpen && terms.entry !== undefined) || terms.id in account.held)
        .map((row) => ({ ...row, account: settledRow(row, terms) }));
      isFresh = true;
      return changed.map(rows.swapOf);
    });
    for (const row of changed) rows.note(row);
    for (const wake of waiting) wake();
    return result;
  });
}

function settledRow({ account, limits }: StoredAccount, { id, entry, news, name }: SettleTerms): Account {
  const after = settled(account, id, entry);
  const isNamed = limits.some(({ scope }) => scope === "person");
  const isTold = news !== undefined && limits.includes(news.limit);
  return {
    ...after,
    ...(isTold && { told: { ...after.told, [toldKey(news.limit)]: news.percent } }),
    ...(isNamed && { name }),
  };
}

function newsOf(
  rows: AccountRows,
  told: BoundedMap<string, number>,
  limits: readonly BudgetLimit[],
  entry: UsageEntry | undefined,
): BudgetNews | undefined {
  if (entry === undefined) return undefined;
  const news = limits.flatMap((limit) => {
    const row = rows.known(limit);
    if (row === undefined) return [];
    const { [limit.unit]: used } = settled(row.account, entry.id, entry);
    const key = `${row.key} ${row.account.startsAt} ${toldKey(limit)}`;
    const percent = reachedShare(used, limit.amount);
    const before = Math.max(row.account.told[toldKey(limit)] ?? 0, told.get(key) ?? 0);
    return percent > before ? [{ limit, percent, key }] : [];
  });
  const [first] = news.sort((a, b) => b.percent - a.percent);
  if (first === undefined) return undefined;
  // At once, so that two answers that end at the same time do not both say it.
  told.set(first.key, first.percent);
  return { limit: first.limit, percent: first.percent };
}

const NEAR_SHARE = 0.5;

function nearOf(rows: AccountRows, now: number): readonly BudgetState[] {
  const shareOf = ({ used, limit }: BudgetState) => used / limit.amount;
  return rows
    .recent()
    .flatMap((limit) => {
      const row = rows.known(limit);
      return row === undefined ? [] : [stateOf(limit, row.account, now)];
    })
    .filter((state) => shareOf(state) >= NEAR_SHARE)
    .sort((a, b) => shareOf(b) - shareOf(a));
}

function stateOf(limit: BudgetLimit, account: Account, now: number): BudgetState {
  const { used, held } = countedIn(account, limit.unit, { now });
  return {
    ...{ limit, used, held, left: Math.max(0, limit.amount - used), renewsAt: renewalOf(limit, now) },
    unpriced: account.unpriced,
    name: limit.scope === "person" ? account.name : undefined,
  };
}

/** Since when the host's budgets are counted without a gap. */
export interface HostBudgets {
  countedFrom(budget: HostBudget): number;
  /** Takes that over from the store, and notes there what is set today. @throws {StoreError} */
  load(): Promise<void>;
}

const KEY = "host-budgets";
const hostRow = z.object({ countedFrom: z.record(z.string(), z.number()) });
const ATTEMPTS = 10;

const kindOf = ({ scope, per }: HostBudget) => `${scope}/${per}`;

export function createHostBudgets(deps: {
  readonly store: Store;
  readonly host: readonly HostBudget[];
  readonly clock: Pick<Clock, "now">;
}): HostBudgets {
  const { store, host, clock } = deps;
  let countedFrom: Readonly<Record<string, number>> = {};
  return {
    // Before anything was read, nothing is known of what was counted.
    countedFrom: (budget) => countedFrom[kindOf(budget)] ?? clock.now(),
    async load() {
      const kinds = [...new Set(host.map(kindOf))];
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const [before] = await store.values("counts").getMany([KEY]);
        const known = hostRow.safeParse(before).data?.countedFrom ?? {};
        // What is not set today is not counted, so that it starts at 0 once it is set again.
        countedFrom = Object.fromEntries(kinds.map((kind) => [kind, known[kind] ?? clock.now()]));
        const isSame = JSON.stringify(known) === JSON.stringify(countedFrom);
        if (isSame || (kinds.length === 0 && before === undefined)) return;
        if (await store.swap({ table: "counts", key: KEY, before, after: { countedFrom } }, [])) return;
      }
    },
  };
}
