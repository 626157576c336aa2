import { commandRefusal } from "../../src/bot/access/access.js";
import type { Choice, Invocation, Reply } from "../../src/commands/command.js";
import type {
  AffectedPins,
  ChosenAnswer,
  CommandDeps,
  CompareOutcome,
  RatingOutcome,
  RetryOutcome,
  TurnControl,
} from "../../src/commands/command-deps.js";
import { createDispatcher } from "../../src/commands/dispatch.js";
import { createCommands } from "../../src/commands/registry.js";
import { createLanguages } from "../../src/languages/languages.js";
import { eachInLanguage } from "../../src/languages/translate.js";
import type { ModelInfo } from "../../src/providers/provider.js";
import type { ModelQuota, QuotaState } from "../../src/quota/quota.js";
import type { CatalogEntry, Outcome, Snapshot } from "../../src/refresh/catalog/catalog-entry.js";
import type { ChangeLog } from "../../src/refresh/catalog/change-log.js";
import { createAllowedModels } from "../../src/refresh/choose/allowed-models.js";
import type { ModelRef } from "../../src/refresh/choose/model-ref.js";
import type { Indicator, ProviderStatus, Refresher, RefreshResult, Trigger } from "../../src/refresh/refresher.js";
import { createSettings, type ModelRules } from "../../src/refresh/settings.js";
import { createWatchRows } from "../../src/refresh/watch/watch-rows.js";
import { createAudit } from "../../src/store/audit.js";
import { createSessions } from "../../src/store/sessions/sessions.js";
import type { HostBudget } from "../../src/usage/budgets/budget.js";
import { createBudgets } from "../../src/usage/budgets/budgets.js";
import type { BarChart } from "../../src/usage/chart/chart.js";
import { createLedger, type UsageEntry } from "../../src/usage/ledger.js";
import { createModelFacts } from "../../src/usage/model-facts.js";
import { createVotes } from "../../src/usage/votes.js";
import { fakeClock } from "../support/fake-clock.js";
import { fakeTurnControl } from "../support/fake-turn-control.js";
import { memoryStore } from "../support/memory-store.js";
import { unusedPersonalData } from "../support/unused-personal-data.js";
import { entry } from "../usage/entries.js";

export const MINUTE_MS = 60_000;

export const chat = (...ids: string[]): ModelInfo[] => ids.map((id) => ({ id, isChat: true }));

/** How a provider stands; fetched two minutes ago unless said otherwise, or never where it has no models. */
export interface FakeProvider {
  readonly id: string;
  readonly models?: readonly ModelInfo[];
  readonly outcome?: Outcome | null;
  readonly isFresh?: boolean;
  readonly isFetching?: boolean;
  readonly failures?: number;
  readonly families?: readonly string[];
  readonly missing?: CatalogEntry["missing"];
  readonly refused?: CatalogEntry["refused"];
  readonly lastFailure?: string;
  readonly droppedRows?: number;
  readonly lastChange?: ProviderStatus["lastChange"];
  /** From its last attempt to the next. */
  readonly waitMs?: number;
}

export interface World {
  readonly providers?: readonly FakeProvider[];
  readonly indicator?: Indicator;
  readonly nextRefreshAt?: number | null;
  readonly isStoreDown?: boolean;
  readonly smartWhy?: string;
  readonly faults?: readonly string[];
  readonly host?: Partial<CommandDeps["host"]>;
  readonly personalData?: CommandDeps["personalData"];
  readonly affectedPins?: readonly AffectedPins[];
  /** Of the host: `MODELS_ALLOW` and the like. */
  readonly rules?: ModelRules;
  readonly changes?: ReadonlyMap<string, ChangeLog>;
  /** `BUDGETS` of the host. */
  readonly hostBudgets?: readonly HostBudget[];
  readonly quotas?: readonly QuotaState[];
  readonly ofModel?: (model: ModelRef) => Partial<ModelQuota>;
  readonly isHostOperator?: boolean;
  readonly results?: readonly Omit<RefreshResult, "entry">[];
}

const OPENAI: FakeProvider = { id: "openai", models: chat("gpt-5", "gpt-5-mini", "o4_mini"), families: ["gpt-5"] };
const DEMO: FakeProvider = { id: "demo", models: chat("demo-small", "demo-large") };

/** All commands over a small working world, and a person in it. */
export function harness(world: World = {}) {
  const clock = fakeClock();
  const providers = world.providers ?? [OPENAI, DEMO];
  const at = clock.now() - 2 * MINUTE_MS;
  const entryOf = ({ models, outcome, failures = 0, id, ...rest }: FakeProvider): CatalogEntry => ({
    identity: id,
    models: models ?? [],
    fetchedAt: models === undefined ? null : at,
    attemptedAt: outcome === null ? null : at,
    outcome: outcome === undefined ? (models === undefined ? null : "ok") : outcome,
    consecutiveFailures: failures,
    failingSince: null,
    lastFailure: rest.lastFailure ?? null,
    retryAfterAt: null,
    missing: rest.missing ?? [],
    refused: rest.refused ?? [],
    ...(rest.droppedRows !== undefined && { droppedRows: rest.droppedRows }),
  });
  const snapshot: Snapshot = {
    providers: new Map(providers.map((provider) => [provider.id, entryOf(provider)])),
    fetching: new Set(providers.filter(({ isFetching }) => isFetching).map(({ id }) => id)),
  };
  const refreshes: { trigger: Trigger; providers: readonly string[] | undefined }[] = [];
  const nudges: { trigger: Trigger; providers: readonly string[] | undefined }[] = [];
  const statusOf = (provider: FakeProvider): ProviderStatus => {
    const { outcome, fetchedAt, attemptedAt, models, consecutiveFailures, lastFailure } = entryOf(provider);
    return {
      id: provider.id,
      outcome,
      models: models.filter(({ isChat }) => isChat).length,
      fetchedAt,
      attemptedAt,
      isFresh: provider.isFresh ?? outcome === "ok",
      isFetching: provider.isFetching ?? false,
      consecutiveFailures,
      lastFailure,
      droppedRows: provider.droppedRows,
      lastChange: provider.lastChange ?? null,
      nextAt: provider.waitMs === undefined ? null : at + provider.waitMs,
    };
  };
  const indicator = world.indicator ?? "fresh";
  const hasLists = providers.some(({ models }) => models !== undefined);
  const refresher: Refresher = {
    snapshot: () => snapshot,
    status: () => ({
      indicator,
      isFresh: indicator === "fresh",
      hasLists,
      lastRefreshAt: hasLists ? at : null,
      nextRefreshAt: world.nextRefreshAt === undefined ? clock.now() + 3 * MINUTE_MS : world.nextRefreshAt,
      isStoreDown: world.isStoreDown ?? false,
      providers: providers.map(statusOf),
    }),
    async refresh(trigger, only) {
      refreshes.push({ trigger, providers: only });
      await clock.sleep(0);
      const all = world.results ?? providers.map(({ id }) => ({ provider: id, outcome: "ok", added: 0, gone: 0 }));
      return all.flatMap((result) => {
        const entry = snapshot.providers.get(result.provider);
        const isWanted = only === undefined || only.includes(result.provider);
        return entry !== undefined && isWanted ? [{ ...result, outcome: result.outcome as Outcome, entry }] : [];
      });
    },
    nudge: (trigger, only) => void nudges.push({ trigger, providers: only }),
    noteUse: unused,
    recentlyUsed: () => [],
    changes: () => world.changes ?? new Map(),
    shouldAutoRefresh: unused,
    backgroundRefreshModels: unused,
    getCachedModels: unused,
    load: unused,
    tick: unused,
    noteActivity: unused,
    smartWhy: () => world.smartWhy,
    onChange: () => unused,
    stop: unused,
  };
  const logged: object[] = [];
  const log = {
    debug: unused,
    info: unused,
    warn: (fields: object) => void logged.push(fields),
    error: (fields: object) => void logged.push(fields),
  };
  const store = memoryStore(clock.now);
  const languages = createLanguages();
  const settings = createSettings({ store, log, languages, host: { isEnabled: true, intervalMs: 5 * MINUTE_MS } });
  const sessions = createSessions({ store, now: clock.now });
  const ledger = createLedger({ store, clock });
  const votes = createVotes({ store, clock });
  const painted: BarChart[] = [];
  let canPaint = true;
  let stopResult: Awaited<ReturnType<TurnControl["stop"]>> = "nothing-runs";
  let retryResult: RetryOutcome = { kind: "started" };
  const retries: Parameters<TurnControl["retry"]>[] = [];
  const comparisons: Parameters<TurnControl["compare"]>[] = [];
  let compareResult: CompareOutcome | undefined;
  const choices: (readonly [conversation: string, answer: string])[] = [];
  let chosen: ChosenAnswer = { model: { provider: "openai", model: "gpt-5" }, isNew: true, isLeftBehind: false };
  const rated: Parameters<TurnControl["rate"]>[] = [];
  let rateResult: RatingOutcome = { kind: "unknown" };
  const forgotten: string[] = [];
  const stops: Parameters<TurnControl["stop"]>[] = [];
  const checks: string[] = [];
  const boardPosts: string[] = [];
  let boardResult = { hasMoved: false, hasReactions: true };
  let boardFault: Error | undefined;
  const deps: CommandDeps = {
    refresher,
    settings,
    modelFacts: createModelFacts(),
    allowed: createAllowedModels({
      refresher,
      settings,
      modelFacts: createModelFacts(),
      host: world.rules ?? {},
    }),
    budgets: createBudgets({ store, ledger, settings, host: world.hostBudgets ?? [], clock }),
    sessions,
    ledger,
    votes,
    audit: createAudit({ store, now: clock.now }),
    watches: createWatchRows(store),
    affectedPins: () => world.affectedPins ?? [],
    quota: { states: () => world.quotas ?? [], ofModel: (model) => ({ isKnown: true, ...world.ofModel?.(model) }) },
    isHostOperator: () => world.isHostOperator ?? true,
    charts: {
      async paint(chart) {
        painted.push(chart);
        return canPaint ? new Uint8Array([1]) : undefined;
      },
    },
    async *checks() {
      yield* checks;
    },
    turns: fakeTurnControl({
      async stop(...call) {
        stops.push(call);
        return stopResult;
      },
      async retry(...call) {
        retries.push(call);
        return retryResult;
      },
      async compare(...call) {
        comparisons.push(call);
        return compareResult ?? { kind: "started", models: call[1], link: undefined, fault: undefined };
      },
      async choose({ conversation, user }, answer, also) {
        choices.push([conversation, answer]);
        const pin = { ...chosen.model, at: clock.now(), by: user.name };
        await sessions.change(conversation, (before) => ({ ...before, pin }), also);
        return chosen;
      },
      async rate(...call) {
        rated.push(call);
        return rateResult;
      },
      async forget(conversation, also = []) {
        forgotten.push(conversation);
        await store.write([{ table: "sessions", key: conversation, value: undefined }, ...also]);
        return 3;
      },
    }),
    board: {
      async post(conversation, also = []) {
        boardPosts.push(conversation);
        if (boardFault !== undefined) throw boardFault;
        await store.write([{ table: "boards", key: conversation, value: {} }, ...also]);
        return boardResult;
      },
    },
    setups: providers.map(({ id, families = [] }) => ({ id, preferredFamilies: families })),
    host: {
      limits: { userPer10Min: 20, channelPer10Min: 0 },
      retentionDays: 90,
      usageDays: 92,
      auditDays: 365,
      ...world.host,
    },
    languages,
    personalData: world.personalData ?? unusedPersonalData,
    chatRefusal: commandRefusal(settings),
    faults: () => world.faults ?? [],
    clock,
  };
  let ids = 0;
  const dispatcher = createDispatcher({
    commands: createCommands(deps),
    log,
    newId: () => `ref-${++ids}`,
    chatRefusal: deps.chatRefusal,
  });

  const invocation = (by: Partial<Invocation> = {}): Invocation => ({
    platform: "playground",
    workspace: "playground:local",
    conversation: "playground:local:general",
    user: { id: "u1", name: "Ada" },
    isOperator: true,
    isDirect: false,
    isGuest: false,
    isInGroup: async () => false,
    canShowFiles: true,
    ...by,
  });
  /** All replies, while the clock stands as long as a refresh needs. */
  async function replies(text: string, by: Partial<Invocation> = {}): Promise<readonly Reply[]> {
    const all: Reply[] = [];
    const running = (async () => {
      const called = invocation(by);
      const language = settings.languageOf(called.workspace);
      const steps = eachInLanguage(language, () => dispatcher.run(text, called));
      for await (const reply of steps) all.push(reply);
    })();
    await clock.advance(1);
    await running;
    return all;
  }
  return {
    clock,
    deps,
    dispatcher,
    logged,
    refreshes,
    nudges,
    stops,
    retries,
    comparisons,
    answerCompareWith: (result: CompareOutcome) => {
      compareResult = result;
    },
    choices,
    answerChooseWith: (result: ChosenAnswer) => {
      chosen = result;
    },
    rated,
    rateWith: (result: RatingOutcome) => {
      rateResult = result;
    },
    forgotten,
    answerRetryWith: (result: RetryOutcome) => {
      retryResult = result;
    },
    store,
    at,
    replies,
    settings,
    sessions,
    invocation,
    answerStopWith: (result: Awaited<ReturnType<TurnControl["stop"]>>) => {
      stopResult = result;
    },
    /** What turns have used; now and in the invoking workspace unless said otherwise. */
    async record(...entries: readonly Partial<UsageEntry>[]) {
      const written = entries.map((fields, index) =>
        ledger.writeOf(entry({ id: `q${index}`, at: clock.now(), workspace: "playground:local", ...fields })),
      );
      await store.write(written);
    },
    /** The charts that were drawn. */
    painted,
    stopPainting: () => {
      canPaint = false;
    },
    boardPosts,
    checks,
    answerBoardWith: (result: typeof boardResult | Error) => {
      if (result instanceof Error) boardFault = result;
      else boardResult = result;
    },
    /** What stands there in the end. */
    async say(text: string, by: Partial<Invocation> = {}): Promise<string> {
      return (await replies(text, by)).at(-1)?.markdown ?? "";
    },
    async controls(text: string, by: Partial<Invocation> = {}) {
      return (await replies(text, by)).at(-1)?.controls ?? [];
    },
    suggest: (text: string, option: string, typed: string): readonly Choice[] =>
      dispatcher.suggest(text, option, typed, invocation()),
  };
}

function unused(): never {
  throw new Error("no command may call this");
}
