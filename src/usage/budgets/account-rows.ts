import { BoundedMap } from "../../base/bounded-map.js";
import type { Clock } from "../../base/clock.js";
import { type CalendarPeriod, calendarWindow, DAY_MS } from "../../base/time.js";
import { createRowReader } from "../../store/damage-report.js";
import type { KeyValue, Store, Swap } from "../../store/store.js";
import { personKey } from "../question-limits.js";
import { type Account, accountRow, currentAccount, newAccount } from "./account.js";
import { ALL_WORKSPACES, type BudgetLimit, type WorkspaceBudgets, withRaise } from "./budget.js";
import type { SpentBefore } from "./spent-before.js";

/** An account of some budgets, as it was stored and as it is now. */
export interface StoredAccount {
  readonly key: string;
  /** The budgets that it counts for. */
  readonly limits: readonly BudgetLimit[];
  readonly stored: unknown;
  readonly account: Account;
}

export interface AccountRows {
  /** The accounts of budgets, each once; `isFresh`: as they are stored now. @throws {StoreError} */
  read(limits: readonly BudgetLimit[], isFresh: boolean): Promise<readonly StoredAccount[]>;
  /** Returns the account as it was last read or written; undefined where it was not. */
  known(limit: BudgetLimit): StoredAccount | undefined;
  /** The budgets whose accounts this process has read or written lately. */
  recent(): readonly BudgetLimit[];
  swapOf(row: StoredAccount): Swap;
  /** Notes that a row was written. */
  note(row: StoredAccount): void;
  /** All accounts that count for budgets of a workspace in their present period. @throws {StoreError} */
  readWorkspace(workspace: string): Promise<readonly WorkspaceAccount[]>;
  /** Erases accounts whose period is long past. @throws {StoreError} */
  erasePast(): Promise<number>;
}

export interface WorkspaceAccount {
  readonly account: Account;
  /** The budget of this account, from one of its kind; undefined where it does not count for that. */
  limitOf(kind: BudgetLimit, raised: WorkspaceBudgets["raised"]): BudgetLimit | undefined;
}

const PREFIX = "budget/";
/** What the keys of people's accounts begin with. */
export const PERSON_ACCOUNTS = `${PREFIX}person/`;
const MAX_KNOWN = 2_000;
/** Past the longest period. */
const FORGOTTEN_MS = 62 * DAY_MS;

const keyOf = ({ account, per }: Pick<BudgetLimit, "account" | "per">) => `${PREFIX}${account}/${per}`;

export function createAccountRows(deps: {
  readonly store: Store;
  readonly clock: Pick<Clock, "now">;
  readonly spentBefore: SpentBefore;
}): AccountRows {
  const { store, clock, spentBefore } = deps;
  const table = store.values("counts");
  const readRow = createRowReader(table, accountRow);
  const stored = new BoundedMap<string, unknown>(MAX_KNOWN);
  const lately = new BoundedMap<string, readonly BudgetLimit[]>(MAX_KNOWN);

  async function rowOf(key: string, limits: readonly BudgetLimit[], row: unknown): Promise<StoredAccount> {
    const account = readRow(key, row);
    const [limit] = [...limits].sort((a, b) => b.countedFrom - a.countedFrom);
    if (limit === undefined) throw new RangeError("an account of no budget");
    const now = clock.now();
    const current = currentAccount(account, limit, now);
    if (current !== undefined) return { key, limits, stored: row, account: current };
    const { startsAt } = calendarWindow(limit.per, now);
    const spent = await spentBefore(limit.account, limit.workspace, startsAt);
    const begun = newAccount(spent, {
      startsAt,
      now: clock.now(),
      name: account?.name,
      ...(account && { stored: account }),
    });
    return { key, limits, stored: row, account: begun };
  }

  return {
    async read(limits, isFresh) {
      const byKey = new Map<string, readonly BudgetLimit[]>();
      for (const limit of limits) byKey.set(keyOf(limit), [...(byKey.get(keyOf(limit)) ?? []), limit]);
      const keys = [...byKey.keys()];
      const isKnown = !isFresh && keys.every((key) => stored.has(key));
      const rows = isKnown ? keys.map((key) => stored.get(key)) : await table.getMany(keys);
      keys.forEach((key, at) => void stored.set(key, rows[at]));
      for (const [key, own] of byKey) lately.set(key, own);
      return Promise.all(keys.map((key, at) => rowOf(key, byKey.get(key) ?? [], rows[at])));
    },
    known(limit) {
      const key = keyOf(limit);
      const account = readRow(key, stored.get(key));
      const current = account && currentAccount(account, limit, clock.now());
      return current && { key, limits: [limit], stored: stored.get(key), account: current };
    },
    recent: () => [...lately.values()].flat(),
    swapOf: ({ key, stored: before, account: after }) => ({ table: "counts", key, before, after }),
    note: ({ key, account }) => void stored.set(key, account),
    readWorkspace: (workspace) => readWorkspace(table, readRow, workspace, clock.now()),
    async erasePast() {
      const before = clock.now() - FORGOTTEN_MS;
      const past = (await table.entries(PREFIX)).filter(([key, row]) => (readRow(key, row)?.startsAt ?? 0) < before);
      for (const [key, row] of past) await store.swap({ table: "counts", key, before: row, after: undefined }, []);
      return past.length;
    },
  };
}

async function readWorkspace(
  table: KeyValue,
  readRow: (key: string, row: unknown) => Account | undefined,
  workspace: string,
  now: number,
): Promise<readonly WorkspaceAccount[]> {
  const prefixes = [
    `person/${workspace}/`,
    `channel/${workspace}:`,
    `channel/${workspace}/`,
    `workspace/${workspace}/`,
  ];
  const found = await Promise.all(prefixes.map((prefix) => table.entries(`${PREFIX}${prefix}`)));
  return found.flat().flatMap(([key, row]): readonly WorkspaceAccount[] => {
    const account = readRow(key, row);
    const name = key.slice(PREFIX.length, key.lastIndexOf("/"));
    const per = key.slice(key.lastIndexOf("/") + 1) as CalendarPeriod;
    if (account === undefined || account.startsAt < calendarWindow(per, now).startsAt) return [];
    const limitOf: WorkspaceAccount["limitOf"] = (kind, raised) =>
      kind.per === per && kind.scope === name.slice(0, name.indexOf("/")) && kind.workspace !== ALL_WORKSPACES
        ? withRaise({ ...kind, account: name }, raised, now)
        : undefined;
    return [{ account, limitOf }];
  });
}

/** Whether the key of an account is a person's. */
export function isOfPerson(key: string, platform: string, id: string): boolean {
  return key.split("/").at(-2) === personKey(platform, id);
}
