import { z } from "zod";
import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { providerWarnings } from "../../refresh/refresh-texts.js";
import type { RefreshStatus } from "../../refresh/refresher.js";
import type { Store } from "../../store/store.js";
import type { ChatPlatform } from "../port/platform.js";
import type { LoopDelay } from "./loop-delay.js";
import type { Observer } from "./observers.js";
import type { Series } from "./recent.js";

/** What survives a restart: 30 days by the hour, uptime and incidents of providers and platforms. */
export interface HistoryView {
  readonly hours: readonly Hour[];
  readonly subjects: readonly {
    readonly kind: "provider" | "platform";
    readonly id: string;
    /** Shares of the time that it was up, oldest first; null where nobody looked. */
    readonly hours: readonly (number | null)[];
    readonly days: readonly (number | null)[];
    /** The newest first; `to` is null while it lasts. Times are epoch ms. */
    readonly incidents: Uptime["incidents"];
  }[];
}

export interface History extends Pick<Observer, "onTurn" | "onRefresh"> {
  /** Reads what was stored. Never rejects. */
  load(): Promise<void>;
  /** Looks at everything once, and stores what has changed once a minute. */
  look(delay: LoopDelay): void;
  view(): HistoryView;
  /** Stores what is not stored yet. Never rejects. */
  stop(): Promise<void>;
}

export interface HistoryDeps {
  readonly store: Pick<Store, "values" | "write">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Pick<Log, "warn">;
  readonly status: () => RefreshStatus;
  readonly platforms: () => readonly Pick<ChatPlatform, "name" | "fault">[];
  /** The last three hours in detail. */
  readonly recent: Pick<Series, "kept" | "restore">;
}

const SAVE_GAP_MS = 60_000;
const HOURS_KEY = "hours";
/** The largest row, and the one that can do without its last minutes. */
const RECENT_KEY = "recent";
const RECENT_GAP_MS = 5 * SAVE_GAP_MS;
const TABLE = "history";

export function createHistory({ store, clock, log, status, platforms, recent }: HistoryDeps): History {
  let hours: readonly Hour[] = [];
  const uptimes = new Map<string, Uptime>();
  let savedAt = clock.now();
  let recentAt = clock.now();

  const note = (change: (hour: Hour) => Hour) => {
    hours = withinHour(hours, clock.now(), change);
  };
  const save = async (isRecentDue: boolean) => {
    savedAt = clock.now();
    if (isRecentDue) recentAt = savedAt;
    const rows = [
      [HOURS_KEY, hours] as const,
      ...uptimes,
      ...(isRecentDue ? [[RECENT_KEY, recent.kept()] as const] : []),
    ];
    try {
      await store.write(rows.map(([key, value]) => ({ table: TABLE, key, value })));
    } catch (error) {
      log.warn({ error }, "console: storing the history failed, retrying in a minute");
    }
  };
  return {
    onTurn({ ending }) {
      const isError = ending === "failed" || ending === "cut-off";
      note((hour) => ({ ...hour, turns: hour.turns + 1, errors: hour.errors + Number(isError) }));
    },
    onRefresh({ outcome }) {
      note((hour) => ({
        ...hour,
        refreshes: hour.refreshes + 1,
        failures: hour.failures + Number(outcome !== "ok"),
      }));
    },
    async load() {
      try {
        for (const [key, value] of await store.values(TABLE).entries()) {
          if (key === HOURS_KEY) hours = readHours(value);
          else if (key === RECENT_KEY) recent.restore(value);
          else uptimes.set(key, readUptime(value));
        }
      } catch (error) {
        log.warn({ error }, "console: reading the history failed, starting an empty one");
      }
    },
    look(delay) {
      note((hour) => ({ ...hour, delay: worseDelay(hour.delay, delay) }));
      for (const [key, fault] of faultsNow(status(), platforms())) {
        uptimes.set(key, afterLook(uptimes.get(key) ?? readUptime(undefined), clock.now(), fault));
      }
      if (clock.now() - savedAt >= SAVE_GAP_MS) void save(clock.now() - recentAt >= RECENT_GAP_MS);
    },
    view: () => ({ hours, subjects: [...uptimes].map(([key, uptime]) => subjectOf(key, uptime, clock.now())) }),
    stop: () => save(true),
  };
}

/** What is wrong with each provider and platform, by its key; undefined where all is well. */
function faultsNow(status: RefreshStatus, platforms: readonly Pick<ChatPlatform, "name" | "fault">[]) {
  const warnings = providerWarnings(status);
  return [
    ...platforms.map((platform) => [`platform ${platform.name}`, platform.fault()] as const),
    ...status.providers
      .filter(({ outcome }) => outcome !== null)
      .map(({ id }) => [`provider ${id}`, warnings.find((line) => line.startsWith(`${id}: `))] as const),
  ];
}

function subjectOf(key: string, { hours, days, incidents }: Uptime, now: number): HistoryView["subjects"][number] {
  const [kind = "", id = ""] = key.split(" ");
  return {
    kind: kind === "platform" ? kind : "provider",
    id,
    hours: sharesOf(hours, { now, stepMs: HISTORY_STEP_MS, count: KEPT.uptimeHours }),
    days: sharesOf(days, { now, stepMs: 24 * HISTORY_STEP_MS, count: KEPT.uptimeDays }),
    incidents: [...incidents].reverse(),
  };
}

export const HISTORY_STEP_MS = 3_600_000;
/** Buckets that are kept, so that the rows never grow: 30 days of hours for charts, 24 hours and 90 days of uptime. */
export const KEPT = { hours: 30 * 24, uptimeHours: 24, uptimeDays: 90, incidents: 20 } as const;

const count = z.number().nonnegative();
const hour = z.object({
  /** Beginning of the hour, epoch ms. */
  at: z.number(),
  turns: count,
  errors: count,
  refreshes: count,
  failures: count,
  /** The worst of each in ms. */
  delay: z.object({ p50: count, p95: count, p99: count, max: count }),
});
const share = z.object({ at: z.number(), good: count, bad: count });
const incident = z.object({ from: z.number(), to: z.number().nullable(), cause: z.string() });
const subject = z.object({ hours: z.array(share), days: z.array(share), incidents: z.array(incident) });

/** What happened in one hour. */
export type Hour = z.infer<typeof hour>;
/** How often something was found up and down since `at`. */
export type Share = z.infer<typeof share>;
/** A provider's or platform's uptime and its last incidents. */
export type Uptime = z.infer<typeof subject>;

const NOTHING: Uptime = { hours: [], days: [], incidents: [] };
/** Damaged rows cost the past, and nothing else. */
export const readHours = (value: unknown): readonly Hour[] => z.array(hour).safeParse(value).data ?? [];
export const readUptime = (value: unknown): Uptime => subject.safeParse(value).data ?? NOTHING;

/** Returns the list with its last bucket changed, or with a new one where that is of an earlier time. */
function changed<T extends { readonly at: number }>(
  buckets: readonly T[],
  fresh: T,
  most: number,
  change: (last: T) => T,
) {
  const last = buckets.at(-1);
  const isLast = last !== undefined && last.at >= fresh.at;
  return [...(isLast ? buckets.slice(0, -1) : buckets), change(isLast ? last : fresh)].slice(-most);
}

/** Returns the hours with something added to the one of `now`. */
export function withinHour(hours: readonly Hour[], now: number, change: (hour: Hour) => Hour): readonly Hour[] {
  const at = Math.floor(now / HISTORY_STEP_MS) * HISTORY_STEP_MS;
  const delay = { p50: 0, p95: 0, p99: 0, max: 0 };
  return changed(hours, { at, turns: 0, errors: 0, refreshes: 0, failures: 0, delay }, KEPT.hours, change);
}

export const worseDelay = (a: LoopDelay, b: LoopDelay): LoopDelay => ({
  p50: Math.max(a.p50, b.p50),
  p95: Math.max(a.p95, b.p95),
  p99: Math.max(a.p99, b.p99),
  max: Math.max(a.max, b.max),
});

/** Returns the uptime after one more look; `fault` says what is wrong, undefined that all is well. */
export function afterLook({ hours, days, incidents }: Uptime, now: number, fault: string | undefined): Uptime {
  const add = (buckets: readonly Share[], stepMs: number, most: number) =>
    changed(buckets, { at: Math.floor(now / stepMs) * stepMs, good: 0, bad: 0 }, most, ({ at, good, bad }) =>
      fault === undefined ? { at, good: good + 1, bad } : { at, good, bad: bad + 1 },
    );
  return {
    hours: add(hours, HISTORY_STEP_MS, KEPT.uptimeHours),
    days: add(days, 24 * HISTORY_STEP_MS, KEPT.uptimeDays),
    incidents: incidentsAfter(incidents, now, fault),
  };
}

function incidentsAfter(incidents: Uptime["incidents"], now: number, cause: string | undefined): Uptime["incidents"] {
  const last = incidents.at(-1);
  const isOpen = last !== undefined && last.to === null;
  if (cause === undefined) return isOpen ? [...incidents.slice(0, -1), { ...last, to: now }] : incidents;
  return isOpen ? incidents : [...incidents, { from: now, to: null, cause }].slice(-KEPT.incidents);
}

/** The share of good looks in each of the last `count` steps, the newest last; null where nobody looked. */
export function sharesOf(
  buckets: readonly Share[],
  { now, stepMs, count }: Record<"now" | "stepMs" | "count", number>,
) {
  const last = Math.floor(now / stepMs) * stepMs;
  const byTime = new Map(buckets.map((bucket) => [bucket.at, bucket]));
  return Array.from({ length: count }, (_, index) => {
    const { good, bad } = byTime.get(last - (count - 1 - index) * stepMs) ?? { good: 0, bad: 0 };
    return good + bad === 0 ? null : good / (good + bad);
  });
}
