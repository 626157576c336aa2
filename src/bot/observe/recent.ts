import { z } from "zod";
import { BoundedMap } from "../../base/bounded-map.js";
import type { Clock } from "../../base/clock.js";
import type { RefreshEvent, Refresher } from "../../refresh/refresher.js";
import type { TurnEvent } from "../turn/turn-deps.js";
import type { LoopDelay } from "./loop-delay.js";
import type { Observer } from "./observers.js";

/** Columns over the same times; epoch seconds, as the charts want them. */
export interface SeriesView {
  readonly minutes: {
    readonly at: readonly number[];
    readonly turns: readonly number[];
    readonly errors: readonly number[];
  };
  /** Finished refreshes, oldest first; `at` in epoch seconds. */
  readonly refreshes: readonly (Omit<RefreshEvent, "trigger"> & { readonly at: number })[];
  /** Ages in seconds by provider; null where there was no list. */
  readonly ages: {
    readonly at: readonly number[];
    readonly providers: Readonly<Record<string, readonly (number | null)[]>>;
  };
  /** In ms. */
  readonly delay: { readonly at: readonly number[] } & { readonly [K in keyof LoopDelay]: readonly number[] };
}

/** What the charts show besides the ledger: the last three hours, which survive a restart. */
export interface Series extends Pick<Observer, "onTurn" | "onRefresh"> {
  /** How many refreshes have ended. */
  heard(): number;
  /** Notes ages and delay as they are now; returns the delay since the sample before. */
  sample(): LoopDelay;
  view(): SeriesView;
  /** What is stored of it: a sample a minute, and no more than 200 refreshes. */
  kept(): KeptSeries;
  /** Goes on from what an earlier start has stored; anything else is left. */
  restore(stored: unknown): void;
}

export interface SeriesDeps {
  readonly clock: Pick<Clock, "now">;
  readonly refresher: Pick<Refresher, "status">;
  readonly readDelay: () => LoopDelay;
}

const KEPT_MS = 3 * 3_600_000;
const MINUTE_MS = 60_000;
const MOST_REFRESHES = 2_000;

const MOST_KEPT_REFRESHES = 200;

const count = z.number().nonnegative();
const sample = z.object({
  /** Epoch ms. */
  at: z.number(),
  ages: z.record(z.string(), z.number().nullable()),
  delay: z.object({ p50: count, p95: count, p99: count, max: count }),
});
type Sample = Readonly<z.infer<typeof sample>>;
const keptSeries = z.object({
  minutes: z.array(z.object({ at: z.number(), turns: count, errors: count })),
  refreshes: z.array(
    z.object({
      at: z.number(),
      provider: z.string(),
      outcome: z.custom<RefreshEvent["outcome"]>(isText),
      durationMs: count,
    }),
  ),
  samples: z.array(sample),
});
type KeptSeries = z.infer<typeof keptSeries>;
function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** The last sample of each minute. */
const thinned = (samples: readonly Sample[]): Sample[] => [
  ...new Map(samples.map((each) => [minuteOf(each.at), each])).values(),
];

const minuteOf = (at: number) => Math.floor(at / MINUTE_MS) * MINUTE_MS;

/** Returns the counts of each minute up to now; nothing is known of the time before the first start. */
function countsByMinute(
  minutes: ReadonlyMap<number, { readonly turns: number; readonly errors: number }>,
  startedAt: number,
  now: number,
): SeriesView["minutes"] {
  const last = minuteOf(now);
  const count = Math.min(KEPT_MS, last - startedAt + MINUTE_MS) / MINUTE_MS;
  const at = Array.from({ length: Math.max(count, 1) }, (_, index) => last - (count - 1 - index) * MINUTE_MS);
  const of = (key: "turns" | "errors") => at.map((minute) => minutes.get(minute)?.[key] ?? 0);
  return { at: at.map((minute) => minute / 1000), turns: of("turns"), errors: of("errors") };
}

export function createSeries({ clock, refresher, readDelay }: SeriesDeps): Series {
  const minutes = new Map<number, { turns: number; errors: number }>();
  let refreshes: SeriesView["refreshes"] = [];
  let heard = 0;
  let samples: readonly Sample[] = [];
  const isKept = (at: number) => at > clock.now() - KEPT_MS;

  let startedAt = minuteOf(clock.now());

  return {
    onTurn({ ending }) {
      const minute = minuteOf(clock.now());
      const counts = minutes.get(minute) ?? { turns: 0, errors: 0 };
      counts.turns += 1;
      if (ending === "failed" || ending === "cut-off") counts.errors += 1;
      minutes.set(minute, counts);
      for (const old of minutes.keys()) if (!isKept(old)) minutes.delete(old);
    },
    onRefresh({ provider, outcome, durationMs }) {
      heard += 1;
      const event = { at: clock.now() / 1000, provider, outcome, durationMs };
      refreshes = [...refreshes.filter(({ at }) => isKept(at * 1000)), event].slice(-MOST_REFRESHES);
    },
    heard: () => heard,
    sample() {
      const at = clock.now();
      const age = (fetchedAt: number | null) => (fetchedAt === null ? null : Math.round((at - fetchedAt) / 1000));
      const { providers } = refresher.status();
      const ages = Object.fromEntries(providers.map(({ id, fetchedAt }) => [id, age(fetchedAt)]));
      const delay = readDelay();
      samples = [...samples.filter((sample) => isKept(sample.at)), { at, ages, delay }];
      return delay;
    },
    kept: () => ({
      minutes: [...minutes].map(([at, counts]) => ({ at, ...counts })),
      refreshes: refreshes.slice(-MOST_KEPT_REFRESHES),
      samples: thinned(samples),
    }),
    restore(stored) {
      const { data } = keptSeries.safeParse(stored);
      if (data === undefined) return;
      for (const { at, ...counts } of data.minutes) if (isKept(at)) minutes.set(at, counts);
      refreshes = data.refreshes.filter(({ at }) => isKept(at * 1000));
      samples = data.samples.filter(({ at }) => isKept(at));
      startedAt = Math.min(startedAt, ...minutes.keys(), ...samples.map(({ at }) => minuteOf(at)));
    },
    view() {
      const at = samples.map((sample) => sample.at / 1000);
      const ids = refresher.status().providers.map(({ id }) => id);
      const column = (key: keyof LoopDelay) => samples.map(({ delay }) => delay[key]);
      return {
        minutes: countsByMinute(minutes, startedAt, clock.now()),
        refreshes: refreshes.filter((event) => isKept(event.at * 1000)),
        ages: { at, providers: Object.fromEntries(ids.map((id) => [id, samples.map(({ ages }) => ages[id] ?? null)])) },
        delay: { at, p50: column("p50"), p95: column("p95"), p99: column("p99"), max: column("max") },
      };
    },
  };
}

export interface PlatformCounts {
  /** Questions since the start. */
  readonly questions: number;
  /** Conversations that anything was asked in since the start. */
  readonly conversations: number;
  readonly failedCalls: number;
}

export interface StoreHealth {
  /** How the last call ended. */
  readonly isUp: boolean;
  readonly errors: number;
  readonly lastErrorAt: number | null;
}

/** Counts of what has happened since the start. */
export interface BotActivity extends Pick<Observer, "onPlatformCall" | "onQuestion" | "onStoreCall"> {
  countsOf(platform: string): PlatformCounts;
  storeHealth(): StoreHealth;
}

/** The count of a platform's conversations stops here, to bound memory. */
const MOST_CONVERSATIONS = 50_000;

export function createActivity(now: () => number): BotActivity {
  const known = new Map<string, { questions: number; failedCalls: number; readonly conversations: Set<string> }>();
  let health: StoreHealth = { isUp: true, errors: 0, lastErrorAt: null };
  const of = (platform: string) => {
    const counts = known.get(platform) ?? { questions: 0, failedCalls: 0, conversations: new Set<string>() };
    known.set(platform, counts);
    return counts;
  };
  return {
    onPlatformCall(platform, _call, isSent) {
      if (!isSent) of(platform).failedCalls += 1;
    },
    onQuestion(platform, conversation) {
      const counts = of(platform);
      counts.questions += 1;
      if (counts.conversations.size < MOST_CONVERSATIONS) counts.conversations.add(conversation);
    },
    onStoreCall(_operation, isDone) {
      if (isDone) health = health.isUp ? health : { ...health, isUp: true };
      else health = { isUp: false, errors: health.errors + 1, lastErrorAt: now() };
    },
    countsOf(platform) {
      const { questions, failedCalls, conversations } = of(platform);
      return { questions, failedCalls, conversations: conversations.size };
    },
    storeHealth: () => health,
  };
}

/** An answer that failed, by the reference that its asker was shown; nothing of what was said. */
export interface Failure extends Pick<TurnEvent, "platform" | "provider" | "model" | "ending"> {
  /** Epoch ms. */
  readonly at: number;
  readonly cause: string;
}

/** The last failed answers of this process, in memory. */
export interface Failures extends Pick<Observer, "onTurn"> {
  /** Undefined where it is older, or of another process: the log has it then. */
  find(reference: string): Failure | undefined;
}

const MAX_KEPT = 500;

export function createFailures(now: () => number): Failures {
  const kept = new BoundedMap<string, Failure>(MAX_KEPT);
  return {
    onTurn({ platform, provider, model, ending, failure }) {
      if (failure === undefined) return;
      kept.set(failure.reference, { at: now(), platform, provider, model, ending, cause: failure.cause });
    },
    find: (reference) => kept.get(reference.toLowerCase()),
  };
}
