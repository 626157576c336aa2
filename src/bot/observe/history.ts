import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { providerWarnings } from "../../refresh/refresh-texts.js";
import type { RefreshStatus } from "../../refresh/refresher.js";
import type { Store } from "../../store/store.js";
import type { ChatPlatform } from "../port/platform.js";
import {
  afterLook,
  HISTORY_STEP_MS,
  type Hour,
  KEPT,
  readHours,
  readUptime,
  sharesOf,
  type Uptime,
  withinHour,
  worseDelay,
} from "./history-rows.js";
import type { LoopDelay } from "./loop-delay.js";
import type { Observer } from "./observers.js";
import type { Series } from "./series.js";

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
