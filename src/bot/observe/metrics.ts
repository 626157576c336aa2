import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../../base/clock.js";
import type { Quota, QuotaState } from "../../quota/quota.js";
import { usedShare } from "../../quota/windows/window.js";
import type { ProviderStatus, Refresher } from "../../refresh/refresher.js";
import type { ChatPlatform } from "../port/platform.js";
import type { PlatformParts } from "../port/platform-definition.js";
import type { Observer } from "./observers.js";
import { addProcessMetrics } from "./process-metrics.js";

export interface Metrics extends Observer {
  readonly contentType: string;
  /** Returns the metrics in Prometheus's text format. */
  text(): Promise<string>;
}

export interface MetricsDeps {
  readonly refresher: Pick<Refresher, "status">;
  readonly quota: Pick<Quota, "states">;
  /** The platforms that run; filled when they are made. */
  readonly platforms: readonly ChatPlatform[];
  readonly surfaces: readonly Pick<PlatformParts, "platform" | "shares">[];
  /** How many answers run or wait. */
  load(): number;
  readonly clock: Pick<Clock, "now">;
}

/** Seconds; the deadline of a list is 10 s by default. */
const REFRESH_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Seconds; an answer may take minutes. */
const TURN_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180];

/** Counts what happens; label values come from closed sets and from the configured providers only. */
export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry();
  addProcessMetrics(registry);
  addListGauges(registry, deps);
  addQuotaGauges(registry, deps);
  addShareMetrics(registry, deps);
  return {
    contentType: registry.contentType,
    // The library writes "Nan" where it has no value, as for the delay between two scrapes in one moment.
    text: async () => (await registry.metrics()).replaceAll(/ Nan$/gm, " NaN"),
    ...refreshMetrics(registry),
    ...turnMetrics(registry, deps),
    ...platformMetrics(registry, deps),
    ...storeMetrics(registry),
  };
}

/** How old and how long the model lists are. */
function addListGauges(registry: Registry, { refresher, clock }: MetricsDeps): void {
  const add = (name: string, help: string, read: (provider: ProviderStatus) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ["provider"],
      registers: [registry],
      collect() {
        this.reset();
        for (const provider of refresher.status().providers) {
          const value = read(provider);
          if (value !== undefined) this.set({ provider: provider.id }, value);
        }
      },
    });
  add("evergreen_list_age_seconds", "Age of a provider's last good model list", ({ fetchedAt }) =>
    fetchedAt === null ? undefined : (clock.now() - fetchedAt) / 1000,
  );
  add("evergreen_list_fresh", "1 while a provider's model list counts as fresh, else 0", ({ isFresh }) => +isFresh);
  add(
    "evergreen_refresh_failures_in_row",
    "Failed refreshes of a provider's model list since its last success",
    ({ consecutiveFailures }) => consecutiveFailures,
  );
  add("evergreen_models", "Chat models on a provider's list", ({ models }) => models);
}

/** What is left of the accounts' quotas; of the windows of several models the worst is told. */
function addQuotaGauges(registry: Registry, { quota }: MetricsDeps): void {
  const add = (name: string, help: string, read: (state: QuotaState) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ["provider", "scope", "unit", "period"],
      registers: [registry],
      collect() {
        this.reset();
        const worst = new Map<string, number>();
        for (const state of quota.states()) {
          const { provider, scope, unit, period } = state.window;
          const key = [provider, scope, unit, period].join(" ");
          const value = Math.max(read(state) ?? Number.NEGATIVE_INFINITY, worst.get(key) ?? Number.NEGATIVE_INFINITY);
          worst.set(key, value);
          if (Number.isFinite(value)) this.set({ provider, scope, unit, period }, value);
        }
      },
    });
  add("evergreen_quota_used_ratio", "Used part of a provider's quota, 0 to 1", ({ window }) => usedShare(window));
  add(
    "evergreen_quota_run_out_probability",
    "Probability that a provider's quota runs out before it renews",
    ({ forecast }) => forecast?.probability,
  );
  add("evergreen_quota_out", "1 while a provider's quota is used up, else 0", ({ isOut }) => +isOut);
}

/** What of the events of a platform comes to this replica. */
function addShareMetrics(registry: Registry, { surfaces }: MetricsDeps): void {
  new Gauge({
    name: "evergreen_shard_held",
    help: "1 for each shard of a chat platform that this replica has",
    labelNames: ["platform", "shard"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { platform, shares } of surfaces)
        for (const shard of shares?.().replicas.find(({ isOwn }) => isOwn)?.shards ?? [])
          this.set({ platform: platform.name, shard }, 1);
    },
  });
  new Counter({
    name: "evergreen_events_received_total",
    help: "Events that a sharded chat platform sent to this replica",
    labelNames: ["platform"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { platform, shares } of surfaces)
        if (shares !== undefined) this.inc({ platform: platform.name }, shares().received);
    },
  });
}

function refreshMetrics(registry: Registry): Pick<Observer, "onRefresh"> {
  const refreshes = new Counter({
    name: "evergreen_refreshes_total",
    help: "Finished refreshes of a provider's model list",
    labelNames: ["provider", "trigger", "outcome"],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: "evergreen_refresh_duration_seconds",
    help: "Time that a refresh of a provider's model list took",
    labelNames: ["provider"],
    buckets: REFRESH_BUCKETS,
    registers: [registry],
  });
  return {
    onRefresh({ provider, trigger, outcome, durationMs }) {
      refreshes.inc({ provider, trigger, outcome });
      seconds.observe({ provider }, durationMs / 1000);
    },
  };
}

/** How answers end, how fast they begin, how many are open. */
function turnMetrics(registry: Registry, { load }: MetricsDeps): Pick<Observer, "onTurn"> {
  const turns = new Counter({
    name: "evergreen_turns_total",
    help: "Answered questions by how the answer ended",
    labelNames: ["platform", "provider", "model_family", "ending"],
    registers: [registry],
  });
  const timing = { labelNames: ["provider"], buckets: TURN_BUCKETS, registers: [registry] };
  const firstText = new Histogram({
    name: "evergreen_first_text_seconds",
    help: "Time from the start of a turn to the first text of its answer",
    ...timing,
  });
  const seconds = new Histogram({
    name: "evergreen_turn_duration_seconds",
    help: "Time from the start of a turn to its end",
    ...timing,
  });
  new Gauge({
    name: "evergreen_turns_open",
    help: "Questions that are being answered or wait in line",
    registers: [registry],
    collect() {
      this.set(load());
    },
  });
  return {
    onTurn({ platform, provider, model, ending, durationMs, firstTextMs }) {
      const label = { provider: provider ?? "none" };
      turns.inc({ ...label, platform, model_family: modelFamily(model), ending });
      if (durationMs !== null) seconds.observe(label, durationMs / 1000);
      if (firstTextMs !== null) firstText.observe(label, firstTextMs / 1000);
    },
  };
}

type PlatformEvents = "onPlatformCall" | "onDropped" | "onWaiting" | "onMark" | "onQuestion";

/** Chat platforms: whether they are up, and how the calls to them end. */
function platformMetrics(registry: Registry, { platforms }: MetricsDeps): Pick<Observer, PlatformEvents> {
  const calls = new Counter({
    name: "evergreen_platform_calls_total",
    help:
      "Calls to a chat platform, by kind and by whether they were sent, failed, " +
      "or (edits only) dropped for a newer text",
    labelNames: ["platform", "call", "result"],
    registers: [registry],
  });
  const waiting = new Gauge({
    name: "evergreen_platform_calls_waiting",
    help: "Calls that wait for the pace of a chat platform",
    labelNames: ["platform"],
    registers: [registry],
  });
  const inLine = new Map<string, Set<string>>();
  const add = (name: string, help: string, read: (platform: ChatPlatform) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["platform"],
      registers: [registry],
      collect() {
        for (const platform of platforms) this.set({ platform: platform.name }, read(platform));
      },
    });
  add(
    "evergreen_questions_waiting",
    "Questions that wait behind others of their conversation",
    ({ name }) => inLine.get(name)?.size ?? 0,
  );
  add("evergreen_platform_up", "1 while a configured chat platform is connected, else 0", (platform) =>
    platform.fault() === undefined ? 1 : 0,
  );
  return {
    onPlatformCall: (platform, call, isSent) => calls.inc({ platform, call, result: isSent ? "sent" : "failed" }),
    onDropped: (platform) => calls.inc({ platform, call: "edit", result: "dropped" }),
    onWaiting: (platform, change) => waiting.inc({ platform }, change),
    onMark(platform, message, mark) {
      const line = inLine.get(platform) ?? new Set<string>();
      if (mark === "waiting") line.add(message);
      else line.delete(message);
      inLine.set(platform, line);
    },
    onQuestion() {}, // its turn is counted when it ends
  };
}

/** The store: calls that failed, claims that were won and lost. */
function storeMetrics(registry: Registry): Pick<Observer, "onStoreCall" | "onClaim"> {
  const errors = new Counter({
    name: "evergreen_store_errors_total",
    help: "Calls to the store that failed",
    labelNames: ["operation"],
    registers: [registry],
  });
  const claims = new Counter({
    name: "evergreen_claims_total",
    help: "Claims in the store, won or lost to another replica or an earlier refresh",
    labelNames: ["kind", "result"],
    registers: [registry],
  });
  // So that a rate is known before the first failure.
  for (const operation of ["read", "write", "claim", "commit"]) errors.inc({ operation }, 0);
  return {
    onStoreCall(operation, isDone) {
      if (!isDone) errors.inc({ operation });
    },
    onClaim: (kind, isWon) => claims.inc({ kind, result: isWon ? "won" : "lost" }),
  };
}

/** A closed set, so that a model's name never makes a label of its own; the first that fits. */
const FAMILIES: readonly (readonly [family: string, shape: RegExp])[] = [
  ["claude", /claude/],
  ["gemini", /gemini/],
  ["gemma", /gemma/],
  ["gpt", /gpt|^o\d|\/o\d|codex/],
  ["deepseek", /deepseek/],
  ["llama", /llama/],
  ["mistral", /mi[sx]tral|ministral|magistral|codestral|devstral|pixtral/],
  ["qwen", /qwen|qwq/],
  ["grok", /grok/],
  ["kimi", /kimi|moonshot/],
  ["glm", /glm/],
  ["phi", /(^|\/)phi/],
  ["command", /command/],
  ["nova", /nova/],
  ["evergreen", /evergreen/],
];

/** What the metrics call a model: its family, "other" where it is unknown, "none" where there is no model. */
export function modelFamily(model: string | null): string {
  if (model === null) return "none";
  const name = model.toLowerCase();
  return FAMILIES.find(([, shape]) => shape.test(name))?.[0] ?? "other";
}
