import type { Clock } from "../base/clock.js";
import type { ProviderBudget } from "../base/config/config-host.js";
import type { Log } from "../base/log.js";
import { startRounds } from "../base/rounds.js";
import { calendarWindow, DAY_MS, startOfDay } from "../base/time.js";
import type { ProviderId, QuotaReading } from "../providers/provider.js";
import type { ProviderSetup } from "../providers/provider-definition.js";
import { identityOf } from "../refresh/catalog/catalog.js";
import type { ModelRef } from "../refresh/choose/model-ref.js";
import type { Store } from "../store/store.js";
import { KEPT_DAYS, type Ledger, type UsageEntry } from "../usage/ledger.js";
import type { Forecast } from "./forecast.js";
import { createForecasts, type Forecasts } from "./forecasts.js";
import type { UsageHistory } from "./renewing-limit.js";
import { createUsageCounts, type UsageCounts } from "./usage-counts.js";
import { createEndpointReader } from "./windows/read-endpoints.js";
import {
  isOut,
  limits,
  type QuotaWindow,
  usedShare,
  waitUntil,
  windowAt,
  windowEnd,
  windowKey,
} from "./windows/window.js";
import { budgetWindow, createWindows, type Windows } from "./windows/windows.js";

/** A quota as it stands now. */
export interface QuotaState {
  readonly key: string;
  readonly window: QuotaWindow;
  readonly isOut: boolean;
  /** When it renews; undefined where nobody knows. */
  readonly renewsAt: number | undefined;
  readonly forecast: Forecast | undefined;
  /** Since when it is likely to run out before it renews. */
  readonly riskSince: number | undefined;
}

/** What the quotas say of one model. */
export interface ModelQuota {
  /** Anything is known of what limits it for longer than a minute. */
  readonly isKnown: boolean;
  /** What stops it: of several, the one that renews last. */
  readonly out?: QuotaState;
  /** A minute's window is out until then: it is waited for. */
  readonly waitUntil?: number;
  /** The likeliest to run out before it renews. */
  readonly risk?: QuotaState;
}

/** What an answer, or its refusal, told. */
export interface QuotaUse {
  readonly model: ModelRef;
  /** When it was asked, in epoch ms. */
  readonly askedAt: number;
  readonly isAnswered: boolean;
  readonly readings: readonly QuotaReading[];
}

/** What is left of every account's quotas, and for how long it lasts. Whoever reads, reads from memory. */
export interface Quota {
  /** The windows of all configured providers, the worst first. */
  states(): readonly QuotaState[];
  ofModel(model: ModelRef): ModelQuota;
  note(use: QuotaUse): void;
  /** Counts what a turn used, once it is stored. */
  count(entry: UsageEntry): void;
  /** The provider's account, as the ledger names it. */
  accountOf(provider: ProviderId): string | undefined;
  /** Whether a question may go out anyway, to find out whether it is over: one every 5 minutes. */
  mayProbe(state: QuotaState): Promise<boolean>;
  /** Reads the vendor's endpoints, where it has some; nobody waits for it. Never rejects. */
  readEndpoints(provider: ProviderId): Promise<void>;
  /** Takes over what is stored, and what budgets have used. Never rejects. */
  load(): Promise<void>;
  /** Keeps store, budgets and forecasts up to date. */
  start(): void;
  /** Ends that, and stores what is not stored yet. Never rejects. */
  stop(): Promise<void>;
}

export interface QuotaDeps {
  readonly setups: readonly Pick<ProviderSetup, "id" | "baseUrl" | "key" | "quotaEndpoints">[];
  readonly budgets: readonly ProviderBudget[];
  readonly ledger: Pick<Ledger, "read">;
  readonly store: Store;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  /** Deadline of each request to a vendor's endpoint, in ms. */
  readonly timeoutMs: number;
  /** Whether other processes share the store now. */
  hasPeers(): boolean;
}

/** From here on a window counts as at risk, and below the second number no more. */
export const RISK_FROM = 0.5;
const HEALTHY_BELOW = 0.4;
const PROBE_EVERY_MS = 300_000;
const ROUND_MS = 5_000;
/** How often what other replicas have used is read. */
const READ_EVERY_MS = 60_000;
/** An entry bears the time of its question, whose answer may take a while. */
const LATE_MS = 20 * 60_000;

const NOTHING: UsageHistory = { since: 0, usedBefore: () => 0 };

interface Parts {
  readonly accounts: ReadonlyMap<ProviderId, string>;
  readonly windows: Windows;
  readonly counts: UsageCounts;
  readonly forecasts: Forecasts;
}

export function createQuota(deps: QuotaDeps): Quota {
  const { setups, store, clock, log } = deps;
  const accounts = new Map(setups.map((setup) => [setup.id, identityOf(setup)]));
  const budgetKeys = new Set(deps.budgets.map((budget) => windowKey(budgetWindow(budget, NOTHING, 0))));
  // A stored budget counts only while the operator sets it.
  const isKept = (window: QuotaWindow) => window.source !== "budget" || budgetKeys.has(windowKey(window));
  const windows = createWindows({ ...deps, accounts, isKept });
  const counts = createUsageCounts({ ...deps, accounts });
  const forecasts = createForecasts({ counts, clock });
  const parts: Parts = { accounts, windows, counts, forecasts };
  const stopping = new AbortController();
  let endRounds = () => {};
  const stateOf = (window: QuotaWindow) => stateAt(window, forecasts, clock.now());
  return {
    states: () => [...accounts.keys()].flatMap((id) => windows.of(id).map(stateOf)).sort(worstFirst),
    ofModel({ provider, model }) {
      const limiting = windows.of(provider).filter((window) => limits(window, model));
      return judgeModel(limiting.map(stateOf), clock.now());
    },
    note({ model: { provider, model }, askedAt, isAnswered, readings }) {
      windows.note(provider, readings);
      if (isAnswered) windows.noteSuccess(provider, model, askedAt);
    },
    count(entry) {
      counts.add(entry);
      countBudgets(deps, parts, entry.provider);
    },
    accountOf: (provider) => accounts.get(provider),
    async mayProbe({ key, window }) {
      const lastAt = Math.max(window.observedAt, window.refusedAt ?? 0);
      if (window.source === "budget" || clock.now() - lastAt < PROBE_EVERY_MS) return false;
      return store.writeOnce(`quota-probe:${key}`, PROBE_EVERY_MS, []).catch((error) => {
        log.debug({ error }, "quota: a probe could not be claimed");
        return false;
      });
    },
    readEndpoints: createEndpointReader({ ...deps, windows, signal: stopping.signal }),
    async load() {
      try {
        await windows.load();
        const starts = deps.budgets.map(({ period }) => calendarWindow(period, clock.now()).startsAt);
        if (starts.length > 0) await counts.read(Math.min(...starts));
      } catch (error) {
        log.warn({ error }, "quota: what is stored could not be read, going on without it");
      }
      countBudgets(deps, parts);
    },
    start() {
      const work = createRound(deps, parts);
      endRounds = startRounds({ clock, log, everyMs: ROUND_MS, isImmediate: true, what: "the quota", work });
    },
    async stop() {
      stopping.abort();
      endRounds();
      await windows.save({ isLast: true });
    },
  };
}

function stateAt(stored: QuotaWindow, forecasts: Forecasts, now: number): QuotaState {
  const window = windowAt(stored, now);
  const renewsAt = stored.resetAt !== undefined && stored.resetAt > now ? stored.resetAt : undefined;
  const forecast = forecasts.of(stored);
  return {
    ...{ key: windowKey(stored), window, isOut: isOut(stored, now), renewsAt, forecast },
    // Also before the first forecast after a start.
    riskSince: isOut(stored, now) || now >= windowEnd(stored) ? undefined : stored.risk?.since,
  };
}

function worstFirst(a: QuotaState, b: QuotaState): number {
  const badness = ({ isOut: out, forecast, window }: QuotaState) =>
    (out ? 4 : 0) + 2 * (forecast?.probability ?? 0) + (usedShare(window) ?? 0);
  return badness(b) - badness(a) || (a.key < b.key ? -1 : 1);
}

function judgeModel(states: readonly QuotaState[], now: number): ModelQuota {
  const stopped = states.filter((state) => state.isOut);
  const waits = stopped.filter(({ window }) => window.period === "minute").map(({ window }) => waitUntil(window));
  const [out] = stopped
    .filter(({ window }) => window.period !== "minute")
    .sort((a, b) => windowEnd(b.window) - windowEnd(a.window));
  const [risk] = states
    .filter(({ riskSince }) => riskSince !== undefined)
    .sort((a, b) => (b.forecast?.probability ?? 0) - (a.forecast?.probability ?? 0));
  const until = Math.max(...waits);
  const isKnown = states.some(({ window }) => window.period !== "minute");
  return { isKnown, ...(out && { out }), ...(until > now && { waitUntil: until }), ...(risk && { risk }) };
}

/** Brings the windows of budgets up to date: of one provider, or of all. */
function countBudgets({ budgets, clock }: QuotaDeps, { windows, counts }: Parts, provider?: ProviderId): void {
  for (const budget of budgets) {
    if (provider !== undefined && budget.provider !== provider) continue;
    const now = clock.now();
    const counted = budgetWindow(
      budget,
      counts.history(budget.provider, budget.unit, () => true),
      now,
    );
    const before = windows.of(budget.provider).find((window) => windowKey(window) === windowKey(counted));
    const isSamePeriod = before !== undefined && before.resetAt === counted.resetAt;
    const isSame = isSamePeriod && before.used === counted.used && before.limit === counted.limit;
    if (!isSame) windows.put({ ...counted, ...(isSamePeriod && before.risk && { risk: before.risk }) }, true);
  }
}

/** What is done every 5 s, off everybody's path; forecasts one at a time, so that a chat never waits for several. */
function createRound(deps: QuotaDeps, parts: Parts): () => Promise<void> {
  const { clock, hasPeers } = deps;
  const { accounts, windows, counts, forecasts } = parts;
  let readAt: number | undefined;
  /** Until the next reading after the last of them has gone, which finds what it did in its end. */
  let hadPeers = false;
  return async () => {
    const now = clock.now();
    hadPeers ||= hasPeers();
    const isDue = readAt === undefined || now - readAt >= READ_EVERY_MS || now < readAt;
    if (isDue && (readAt === undefined || hadPeers)) {
      const from = readAt === undefined ? now - KEPT_DAYS * DAY_MS : Math.min(readAt, now) - LATE_MS;
      await counts.read(startOfDay(from));
      readAt = now;
      hadPeers = hasPeers();
    }
    if (hadPeers) await windows.load();
    countBudgets(deps, parts);
    for (const provider of accounts.keys()) {
      for (const window of windows.of(provider)) {
        if (!forecasts.make(window)) continue;
        judgeRisk(window, parts, clock.now());
        await new Promise<void>((resolve) => void setImmediate(resolve));
      }
    }
    await windows.save();
  };
}

/** Notes when an episode of risk begins and ends; between the two numbers it stays as it is. */
function judgeRisk(window: QuotaWindow, { windows, forecasts }: Parts, now: number): void {
  const probability = forecasts.of(window)?.probability ?? 0;
  const { since: sofar } = window.risk ?? {};
  const isAtRisk = probability >= (sofar === undefined ? RISK_FROM : HEALTHY_BELOW);
  const since = isAtRisk ? (sofar ?? now) : undefined;
  if (window.risk !== undefined && since === sofar) return;
  if (window.risk === undefined && since === undefined) return;
  windows.put({ ...window, risk: { judgedAt: now, ...(since !== undefined && { since }) } }, true);
}
