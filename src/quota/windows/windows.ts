import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { DAY_MS } from "../../base/time.js";
import type { ProviderId, QuotaReading } from "../../providers/provider.js";
import type { Store } from "../../store/store.js";
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
import { type AccountRow, createWindowRows, type WindowRows } from "./window-rows.js";

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
