import { createHash } from "node:crypto";
import { z } from "zod";
import { BoundedMap } from "../base/bounded-map.js";
import type { Clock } from "../base/clock.js";
import { createSerial } from "../base/serial.js";
import { createRowReader } from "../store/damage-report.js";
import type { Defer } from "../store/deferred-writes.js";
import { type Store, StoreError, type Swap } from "../store/store.js";

export interface MessageLimitTerms {
  /** Questions of one person in 10 minutes; 0 means no limit. */
  readonly userPer10Min: number;
  /** Questions in one channel in 10 minutes; 0 means no limit. */
  readonly channelPer10Min: number;
}

/** `until`: epoch ms at which the next question is taken. */
export type MessageVerdict =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly by: "user" | "channel"; readonly until: number };

export interface MessageLimits {
  /**
   * Counts a question when it is within both limits; one that is refused counts for neither. `own`: a workspace's,
   * which can be lower than the host's, never higher.
   */
  take(user: string, channel: string, own?: Partial<MessageLimitTerms>): MessageVerdict;
}

export const WINDOW_MS = 10 * 60_000;
/** Above this many people and channels, those whose window has passed are evicted. */
const MANY = 10_000;

/** Sliding windows in memory, of this process alone: a restart forgives. */
export function createMessageLimits(terms: MessageLimitTerms, clock: Clock): MessageLimits {
  const taken = new Map<string, readonly number[]>();
  const recent = (key: string, now: number) => (taken.get(key) ?? []).filter((at) => at > now - WINDOW_MS);
  const forgetOld = (now: number) => {
    for (const [key, times] of taken) if ((times.at(-1) ?? 0) <= now - WINDOW_MS) taken.delete(key);
  };
  return {
    take(user, channel, own) {
      const now = clock.now();
      if (taken.size > MANY) forgetOld(now);
      const windows = limitWindows(terms, own, { user: `user ${user}`, channel: `channel ${channel}` });
      const limited = windows.map((window) => ({ ...window, times: recent(window.key, now) }));
      for (const { by, limit, times } of limited) {
        if (times.length >= limit) return { isAllowed: false, by, until: (times.at(-limit) ?? now) + WINDOW_MS };
      }
      for (const { key, times } of limited) taken.set(key, [...times, now]);
      return { isAllowed: true };
    },
  };
}

/** A limit that a question counts for. */
export interface LimitWindow {
  readonly by: "user" | "channel";
  readonly limit: number;
  /** Under which it is counted. */
  readonly key: string;
}

/** Returns the limits that are in force: the host's, or a workspace's own where that is lower. */
export function limitWindows(
  terms: MessageLimitTerms,
  { userPer10Min = 0, channelPer10Min = 0 }: Partial<MessageLimitTerms> = {},
  keys: Readonly<Record<LimitWindow["by"], string>>,
): readonly LimitWindow[] {
  const windows: readonly LimitWindow[] = [
    { by: "user", limit: lower(terms.userPer10Min, userPer10Min), key: keys.user },
    { by: "channel", limit: lower(terms.channelPer10Min, channelPer10Min), key: keys.channel },
  ];
  return windows.filter(({ limit }) => limit > 0);
}

/** 0 is no limit. */
const lower = (host: number, own: number) => (host === 0 || own === 0 ? Math.max(host, own) : Math.min(host, own));

/** The question limits over all replicas. */
export interface QuestionLimits {
  /**
   * Counts a question when it is within both limits; one that is refused counts for neither. `own`: a workspace's
   * limits, which can be lower than the host's, never higher. @throws {StoreError} and then it may be counted
   */
  take(asked: AskedBy, own?: Partial<MessageLimitTerms>): Promise<MessageVerdict>;
  /** Erases what counts no more. Resolves with how many rows that were. @throws {StoreError} */
  erasePast(): Promise<number>;
}

export interface AskedBy {
  readonly platform: string;
  readonly user: string;
  /** "discord:123:456". */
  readonly channel: string;
}

export interface QuestionLimitsDeps {
  readonly terms: MessageLimitTerms;
  readonly store: Store;
  readonly clock: Pick<Clock, "now">;
  readonly defer: Defer;
  /** Whether other processes share the store now. */
  hasPeers(): boolean;
}

/** How many questions were taken in a second (epoch s), oldest first; so a row stays short, whatever the limit. */
const takenRow = z.object({ taken: z.array(z.tuple([z.number(), z.number().int().positive()])) });
type Taken = z.infer<typeof takenRow>["taken"];

const PREFIX = "limit/";
/** Replicas that count in one row at the same moment get through one by one. */
const ATTEMPTS = 50;
const MAX_KNOWN = 1_000;

/** Sliding windows, a row for each person and channel, changed only as they were read. */
export function createQuestionLimits(deps: QuestionLimitsDeps): QuestionLimits {
  const { terms, store, clock, defer, hasPeers } = deps;
  const rows = store.values("counts");
  const readRow = createRowReader(rows, takenRow);
  const inOrder = createSerial();
  /** Rows as they were read or written last. */
  const known = new BoundedMap<string, unknown>(MAX_KNOWN);
  const takenIn = (key: string, row: unknown, now: number): Taken =>
    (readRow(key, row)?.taken ?? []).filter(([second]) => second * 1000 > now - WINDOW_MS);

  async function attempt(windows: readonly LimitWindow[], isFresh: boolean): Promise<MessageVerdict | "changed"> {
    const now = clock.now();
    const keys = windows.map(({ key }) => key);
    const stored = isFresh ? await rows.getMany(keys) : keys.map((key) => known.get(key));
    const counted = windows.map((window, at) => ({ ...window, taken: takenIn(window.key, stored[at], now) }));
    for (const { by, limit, taken } of counted) {
      const until = fullUntil(taken, limit);
      if (until !== undefined) return isFresh ? { isAllowed: false, by, until } : "changed";
    }
    const swaps = counted.map(({ key, taken }, at) => swapOf(key, stored[at], withOne(taken, now)));
    const note = () => swaps.forEach(({ key, after }) => void known.set(key, after));
    // Nobody else counts in these rows, or looks at them.
    if (!isFresh && !hasPeers()) {
      note();
      defer("counts", async () => {
        if (await store.swap(swaps, [])) return;
        for (const key of keys) known.delete(key);
        // Another process counts there by now: it is counted again, but not here, where reading waits for this write.
        void count(windows).catch(() => {});
      });
      return { isAllowed: true };
    }
    if (!(await store.swap(swaps, []))) return "changed";
    note();
    return { isAllowed: true };
  }

  async function count(windows: readonly LimitWindow[]): Promise<MessageVerdict> {
    let verdict = await attempt(windows, !windows.every(({ key }) => known.has(key)));
    for (let attempts = 1; verdict === "changed" && attempts < ATTEMPTS; attempts++)
      verdict = await attempt(windows, true);
    if (verdict !== "changed") return verdict;
    throw new StoreError("the question limits kept changing, giving up after several retries");
  }

  return {
    async take(asker, own) {
      const windows = limitWindows(terms, own, rowKeysOf(asker));
      return windows.length === 0 ? { isAllowed: true } : inOrder(asker.channel, () => count(windows));
    },
    async erasePast() {
      const past = (await rows.entries(PREFIX)).filter(([key, row]) => takenIn(key, row, clock.now()).length === 0);
      for (const [key] of past) known.delete(key);
      for (const [key, before] of past) await store.swap({ table: "counts", key, before, after: undefined }, []);
      return past.length;
    },
  };
}

const rowKeysOf = ({ platform, user, channel }: AskedBy) => ({
  user: `${PREFIX}person/${personKey(platform, user)}`,
  channel: `${PREFIX}channel/${channel}`,
});

const swapOf = (key: string, before: unknown, taken: Taken): Swap => ({
  ...{ table: "counts", key, before },
  after: { taken },
});

/** When the next question is taken, in epoch ms; undefined where one is taken now. */
function fullUntil(taken: Taken, limit: number): number | undefined {
  let left = limit;
  for (const [second, count] of taken.toReversed()) {
    left -= count;
    if (left <= 0) return second * 1000 + WINDOW_MS;
  }
  return undefined;
}

function withOne(taken: Taken, now: number): Taken {
  const second = Math.floor(now / 1000);
  const last = taken.at(-1);
  if (last === undefined || last[0] < second) return [...taken, [second, 1]];
  // Another replica's clock may be ahead.
  return [...taken.slice(0, -1), [last[0], last[1] + 1]];
}

/** Length of a person's key in bytes: enough that no two people share one. */
const KEY_BYTES = 15;

/** Stands for a person in rows that count: the same in all of them, and nothing that names the person. */
export const personKey = (platform: string, id: string): string =>
  createHash("sha256").update(`${platform}:${id}`).digest().subarray(0, KEY_BYTES).toString("base64url");
