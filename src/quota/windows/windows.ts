import { z } from "zod";
import type { Clock } from "../../base/clock.js";
import type { ProviderBudget } from "../../base/config/config-host.js";
import type { Log } from "../../base/log.js";
import { calendarWindow, DAY_MS } from "../../base/time.js";
import { type Phrase, phrase } from "../../languages/translate.js";
import type { ProviderId, QuotaReading } from "../../providers/provider.js";
import { createRowReader } from "../../store/damage-report.js";
import type { Store } from "../../store/store.js";
import type { UsageHistory } from "../renewing-limit.js";
import {
  isOut,
  limits,
  mergedWindow,
  type QuotaWindow,
  windowEnd,
  windowKey,
  withReading,
  withSuccess,
} from "./window.js";

export interface WindowsDeps {
  readonly store: Store;
  /** The identity of each configured provider's account; what is known belongs to it. */
  readonly accounts: ReadonlyMap<ProviderId, string>;
  /** False for a stored window that counts no more. */
  isKept(window: QuotaWindow): boolean;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

/** The quotas of all configured accounts in memory, mirrored to the store. */
export interface Windows {
  of(provider: ProviderId): readonly QuotaWindow[];
  /** Readings of one answer, or of an endpoint. */
  note(provider: ProviderId, readings: readonly QuotaReading[]): void;
  /** The model answered what was asked of it at `askedAt`. */
  noteSuccess(provider: ProviderId, model: string, askedAt: number): void;
  /** Replaces a window that was counted or judged here. `isNews`: others have to know soon. */
  put(window: QuotaWindow, isNews: boolean): void;
  isAbsent(provider: ProviderId, url: string): boolean;
  noteAbsent(provider: ProviderId, url: string): void;
  /** Takes over what is stored. @throws {StoreError} */
  load(): Promise<void>;
  /**
   * Stores what is new, together with what others have stored: what is no news to them once a minute, or with `isLast`.
   * A failure is left for the next time.
   */
  save(terms?: { readonly isLast: boolean }): Promise<void>;
}

/** How long an endpoint that is not there is left alone. */
const ABSENT_MS = DAY_MS;
/** More windows of one account than models that anybody uses. */
const MAX_WINDOWS = 200;
/** What ended so long ago says nothing any more. */
const FORGOTTEN_MS = 40 * DAY_MS;

interface Account {
  readonly id: string;
  readonly windows: Map<string, QuotaWindow>;
  readonly absent: Map<string, number>;
  /** Something has changed, and whether others have to know soon. */
  isChanged: boolean;
  isNews: boolean;
  savedAt: number;
}

/** How soon is stored what is no news to others: every answer tells what is left of a minute. */
const LAZY_MS = 60_000;

export function createWindows({ store, accounts, isKept, clock, log }: WindowsDeps): Windows {
  const rows = createWindowRows(store, isKept);
  const known = new Map<ProviderId, Account>(
    [...accounts].map(([provider, id]) => [
      provider,
      { id, windows: new Map(), absent: new Map(), isChanged: false, isNews: false, savedAt: 0 },
    ]),
  );
  return {
    of: (provider) => [...(known.get(provider)?.windows.values() ?? [])],
    note(provider, readings) {
      const account = known.get(provider);
      if (account === undefined) return;
      for (const reading of readings) {
        const key = windowKey({ ...reading, provider });
        const window = withReading(account.windows.get(key), provider, reading);
        change(account, window, window.period !== "minute" || isOut(window, clock.now()));
      }
    },
    noteSuccess(provider, model, askedAt) {
      const account = known.get(provider);
      for (const window of account?.windows.values() ?? []) {
        const after = limits(window, model) ? withSuccess(window, askedAt) : window;
        if (account !== undefined && after !== window) change(account, after);
      }
    },
    put(window, isNews) {
      const account = known.get(window.provider);
      if (account !== undefined) change(account, window, isNews);
    },
    isAbsent: (provider, url) => (known.get(provider)?.absent.get(url) ?? 0) > clock.now(),
    noteAbsent(provider, url) {
      const account = known.get(provider);
      account?.absent.set(url, clock.now() + ABSENT_MS);
      if (account !== undefined) account.isNews = account.isChanged = true;
    },
    async load() {
      const all = [...known.values()];
      const read = await rows.read(all.map(({ id }) => id));
      for (const [index, account] of all.entries()) takeOver(account, read[index]);
    },
    async save({ isLast } = { isLast: false }) {
      const now = clock.now();
      const isDue = ({ isChanged, isNews, savedAt }: Account) =>
        isNews || (isChanged && (isLast || Math.abs(now - savedAt) >= LAZY_MS));
      for (const account of [...known.values()].filter(isDue)) {
        await saveAccount(rows, account, clock.now()).catch((error) => {
          account.isNews = account.isChanged = true;
          log.debug({ error }, "quota: windows were not stored, the next round tries again");
        });
      }
    },
  };
}

function change(account: Account, window: QuotaWindow, isNews = true): void {
  account.windows.set(windowKey(window), window);
  account.isChanged = true;
  account.isNews ||= isNews;
}

function takeOver(account: Account, row: AccountRow | undefined): void {
  for (const window of row?.windows ?? []) {
    const here = account.windows.get(windowKey(window));
    account.windows.set(windowKey(window), here === undefined ? window : mergedWindow(window, here));
  }
  for (const [url, until] of Object.entries(row?.absent ?? {})) account.absent.set(url, until);
}

/** Stores it together with what others have stored; from then on both is known here. @throws {StoreError} */
async function saveAccount(rows: WindowRows, account: Account, now: number): Promise<void> {
  account.isNews = account.isChanged = false;
  account.savedAt = now;
  await rows.merge(account.id, (stored) => {
    takeOver(account, stored);
    forgetOld(account, now);
    return { windows: [...account.windows.values()], absent: Object.fromEntries(account.absent) };
  });
}

function forgetOld({ windows, absent }: Account, now: number): void {
  for (const [key, window] of windows) {
    const last = Number.isFinite(windowEnd(window)) ? windowEnd(window) : window.observedAt;
    if (last < now - FORGOTTEN_MS) windows.delete(key);
  }
  const oldest = [...windows].sort(([, a], [, b]) => a.observedAt - b.observedAt);
  for (const [key] of oldest.slice(0, Math.max(0, windows.size - MAX_WINDOWS))) windows.delete(key);
  for (const [url, until] of absent) if (until < now) absent.delete(url);
}

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

const NAMES: Readonly<Record<ProviderBudget["unit"], Phrase>> = {
  usd: phrase`USD budget`,
  requests: phrase`request budget`,
  tokens: phrase`token budget`,
};

/** The window of an operator's own ceiling as it stands now, counted from what was used. */
export function budgetWindow(budget: ProviderBudget, history: UsageHistory, now: number): QuotaWindow {
  const { provider, amount: limit, unit, period } = budget;
  const { startsAt, endsAt } = calendarWindow(period, now);
  // All up to now, and nothing of before the period.
  const used = history.usedBefore(now) - history.usedBefore(startsAt);
  return {
    ...{ provider, name: NAMES[unit].english, scope: "account", unit, period, limit, used },
    ...{ remaining: Math.max(0, limit - used), resetAt: endsAt, source: "budget", observedAt: now },
  };
}
