import type { Clock } from "../../../../src/base/clock.js";
import { createHistory } from "../../../../src/bot/observe/history.js";
import { createActivity, createFailures, createSeries } from "../../../../src/bot/observe/recent.js";
import { createConsole } from "../../../../src/bot/web/console/console.js";
import type { ReadUsage } from "../../../../src/bot/web/console/usage.js";
import type { Reply } from "../../../../src/commands/command.js";
import type { AffectedPins } from "../../../../src/commands/command-deps.js";
import { ENGLISH_ONLY } from "../../../../src/languages/languages.js";
import type { ModelInfo } from "../../../../src/providers/provider.js";
import type { QuotaState } from "../../../../src/quota/quota.js";
import type { CatalogEntry } from "../../../../src/refresh/catalog/catalog-entry.js";
import type { ProviderStatus, RefreshStatus } from "../../../../src/refresh/refresher.js";
import { createSettings } from "../../../../src/refresh/settings.js";
import { createAudit } from "../../../../src/store/audit.js";
import type { BudgetState } from "../../../../src/usage/budgets/budgets.js";
import { createModelFacts } from "../../../../src/usage/model-facts.js";
import { fakeClock } from "../../../support/fake-clock.js";
import { type FakePlatform, fakePlatform } from "../../../support/fake-platform.js";
import { fakeRefresher } from "../../../support/fake-refresher.js";
import { memoryStore } from "../../../support/memory-store.js";
import { silentLog, startServer } from "../http/http-support.js";

export const WORKSPACE = "playground:local";

const entryOf = (models: readonly ModelInfo[], fields: Partial<CatalogEntry> = {}): CatalogEntry => ({
  identity: "x",
  models,
  fetchedAt: 1_000,
  attemptedAt: 1_000,
  outcome: "ok",
  consecutiveFailures: 0,
  failingSince: null,
  lastFailure: null,
  retryAfterAt: null,
  ...fields,
});

const MODELS: readonly ModelInfo[] = [
  { id: "gpt-5", name: "GPT-5", isChat: true, contextTokens: 400_000, inputPrice: 1.25, outputPrice: 10 },
  { id: "gpt-5-mini", name: "GPT-5 mini", isChat: true, contextTokens: 400_000, inputPrice: 0.25, outputPrice: 2 },
  { id: "free-one", isChat: true, inputPrice: 0, outputPrice: 0, releasedAt: Date.UTC(2026, 0, 2) },
  { id: "embedder", isChat: false },
];

export const providerStatus = (fields: Partial<ProviderStatus> = {}): ProviderStatus => ({
  id: "openai",
  outcome: "ok",
  models: 3,
  fetchedAt: 1_000,
  attemptedAt: 1_000,
  isFresh: true,
  isFetching: false,
  consecutiveFailures: 0,
  lastFailure: null,
  nextAt: null,
  ...fields,
});

interface Options {
  readonly clock?: Clock;
  readonly readUsage?: ReadUsage;
  readonly status?: Partial<RefreshStatus>;
  readonly models?: readonly ModelInfo[];
  readonly quotas?: readonly QuotaState[];
  readonly budgets?: readonly BudgetState[];
  /** Affected channels, by workspace. */
  readonly pins?: Readonly<Record<string, readonly AffectedPins[]>>;
  readonly port?: number;
  readonly platforms?: readonly FakePlatform[];
  run?(command: string): AsyncIterable<Reply>;
}

/** The console behind a real server, over an engine that a test writes. */
export async function startConsole(options: Options = {}) {
  const clock = options.clock ?? fakeClock();
  const listeners = new Set<() => void>();
  const commands: string[] = [];
  const store = memoryStore(clock.now);
  let entries = new Map<string, CatalogEntry>([["openai", entryOf(options.models ?? MODELS, MISSING)]]);
  let status: RefreshStatus = {
    indicator: "fresh",
    isFresh: true,
    hasLists: true,
    lastRefreshAt: clock.now() - 60_000,
    nextRefreshAt: clock.now() + 240_000,
    providers: [providerStatus({ fetchedAt: clock.now() - 60_000, nextAt: clock.now() + 240_000 })],
    ...options.status,
  };
  const refresher = fakeRefresher({
    snapshot: () => ({ providers: entries, fetching: new Set() }),
    status: () => status,
    changes: () =>
      new Map([
        [
          "openai",
          {
            identity: "x",
            last: null,
            days: [
              {
                day: "2026-01-05",
                appeared: { models: ["gpt-5"], more: 2 },
                left: { models: ["gpt-4"], more: 0 },
                returned: { models: [], more: 0 },
              },
            ],
          },
        ],
      ]),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  const settings = createSettings({
    store,
    host: { isEnabled: true, intervalMs: 300_000 },
    log: silentLog,
  });
  const audit = createAudit({ store, now: clock.now });
  const activity = createActivity(clock.now);
  const series = createSeries({ clock, refresher, readDelay: () => ({ p50: 1, p95: 3, p99: 5, max: 12 }) });
  const platforms = options.platforms ?? [fakePlatform("discord")];
  const history = createHistory({
    store,
    clock,
    log: silentLog,
    status: () => status,
    platforms: () => platforms,
    recent: series,
  });
  const failures = createFailures(clock.now);
  const operatorsConsole = createConsole({
    languages: ENGLISH_ONLY,
    facts: {
      refresher: () => refresher,
      settings,
      activity,
      surfaces: [],
      platforms: () => platforms,
      load: () => 2,
      storeKind: "sqlite",
      storeWarnings: () => [],
      quotas: () => options.quotas ?? [],
      budgets: () => options.budgets ?? [],
      pins: {
        affectedWorkspaces: () => Object.keys(options.pins ?? {}),
        affectedPins: (workspace) => options.pins?.[workspace] ?? [],
      },
      workspace: WORKSPACE,
      defaultModel: () => ({ provider: "openai", model: "gpt-5" }),
      modelFacts: createModelFacts(() => ({
        asOf: "2026-01-01",
        find: (_provider, model) => (model === "free-one" ? { contextTokens: 1_000, inputPrice: 3 } : undefined),
      })),
    },
    series,
    readUsage: options.readUsage,
    clock,
    log: silentLog,
    store,
    audit,
    history,
    failures,
    async *run(command, workspace) {
      commands.push(workspace === WORKSPACE ? command : `${workspace} ${command}`);
      yield* options.run?.(command) ?? [{ markdown: `ran **${command}**` }];
    },
  });
  const { server, url, port } = await startServer({
    routes: [operatorsConsole.routes],
    config: { port: options.port ?? 0 },
  });
  operatorsConsole.start();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  return {
    url,
    port,
    clock,
    store,
    audit,
    history,
    failures,
    settings,
    activity,
    series,
    commands,
    setStatus(now: Partial<RefreshStatus>) {
      status = { ...status, ...now };
      tell();
    },
    setModels(models: readonly ModelInfo[]) {
      entries = new Map([["openai", entryOf(models)]]);
      tell();
    },
    async stop() {
      operatorsConsole.stop();
      await server.stop();
    },
  };
}

const MISSING: Partial<CatalogEntry> = {
  missing: [{ model: { id: "gpt-4", isChat: true }, misses: 2, lastListedAt: 500 }],
};

export type RunningConsole = Awaited<ReturnType<typeof startConsole>>;
