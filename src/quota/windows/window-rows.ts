import { z } from "zod";
import { createRowReader } from "../../store/damage-report.js";
import type { Store } from "../../store/store.js";
import type { QuotaWindow } from "./window.js";

/** What is stored of one account: a row by the identity of its provider, address and key. */
export interface AccountRow {
  readonly windows: readonly QuotaWindow[];
  /** Endpoints that are not there, by address, and until when they are not asked again (epoch ms). */
  readonly absent: Readonly<Record<string, number>>;
}

export interface WindowRows {
  /** In the order of `accounts`; undefined where there is none, or it can't be read. @throws {StoreError} */
  read(accounts: readonly string[]): Promise<readonly (AccountRow | undefined)[]>;
  /** Stores what `merge` makes of the row as it is stored now. @throws {StoreError} */
  merge(account: string, merge: (stored: AccountRow | undefined) => AccountRow): Promise<AccountRow>;
}

/** After that many lost swaps the row is overwritten: what was lost is told again by the next answer. */
const ATTEMPTS = 3;

/** `isKept` is false for a stored window that counts no more. */
export function createWindowRows(store: Store, isKept: (window: QuotaWindow) => boolean): WindowRows {
  const rows = store.values("quota");
  const parseRow = createRowReader(rows, accountRow);
  const readRow = (account: string, row: unknown): AccountRow | undefined => {
    const stored = parseRow(account, row);
    return stored && { ...stored, windows: stored.windows.filter(isKept) };
  };
  return {
    read: async (accounts) => (await rows.getMany(accounts)).map((row, index) => readRow(accounts[index] ?? "", row)),
    async merge(account, merge) {
      for (let attempt = 1; ; attempt++) {
        const [before] = await rows.getMany([account]);
        const stored = readRow(account, before);
        const after = merge(stored);
        const row = { table: "quota", key: account } as const;
        if (attempt > ATTEMPTS || (before !== undefined && stored === undefined)) {
          await store.write([{ ...row, value: after }]);
          return after;
        }
        if (await store.swap({ ...row, before, after }, [])) return after;
      }
    },
  };
}

const amount = z.number().exactOptional();

const windowRow = z.object({
  provider: z.string(),
  name: z.string(),
  scope: z.enum(["account", "model"]),
  model: z.string().exactOptional(),
  unit: z.enum(["requests", "tokens", "usd", "fraction"]),
  period: z.enum(["minute", "hour", "5h", "day", "week", "month", "none"]),
  limit: amount,
  used: amount,
  remaining: amount,
  resetAt: amount,
  source: z.enum(["header", "endpoint", "error", "budget"]),
  observedAt: z.number(),
  refusedAt: amount,
  healthyAt: amount,
  risk: z.object({ judgedAt: z.number(), since: amount }).exactOptional(),
});

const accountRow = z.object({
  windows: z.array(windowRow),
  absent: z.record(z.string(), z.number()).default({}),
});
