import type { Choice, Invocation, Reply } from "../../src/commands/command.js";
import type { CommandDeps } from "../../src/commands/command-deps.js";
import { createDispatcher } from "../../src/commands/dispatch.js";
import { createCommands } from "../../src/commands/registry.js";
import type { TurnControl } from "../../src/commands/turn-control.js";
import type { ModelInfo } from "../../src/providers/provider.js";
import type { CatalogEntry, Outcome, Snapshot } from "../../src/refresh/catalog-types.js";
import type { ChangeLog } from "../../src/refresh/change-log.js";
import type { Indicator, ProviderStatus, Refresher, RefreshResult, Trigger } from "../../src/refresh/refresher.js";
import { createSettings } from "../../src/refresh/settings.js";
import type { Session, Sessions } from "../../src/store/sessions.js";
import { StoreError } from "../../src/store/store-error.js";
import { fakeClock } from "../support/fake-clock.js";
import { memoryStore } from "../support/memory-store.js";

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
  readonly host?: CommandDeps["host"];
  readonly changes?: ReadonlyMap<string, ChangeLog>;
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
    changes: () => world.changes ?? new Map(),
    shouldAutoRefresh: unused,
    backgroundRefreshModels: unused,
    getCachedModels: unused,
    load: unused,
    tick: unused,
    noteActivity: unused,
    smartWhy: () => world.smartWhy,
    onChange: unused,
    stop: unused,
  };
  const logged: object[] = [];
  const log = {
    debug: unused,
    info: unused,
    warn: (fields: object) => void logged.push(fields),
    error: (fields: object) => void logged.push(fields),
  };
  const rows = memoryStore(clock.now);
  const store = {
    isDown: false,
    breakDown() {
      store.isDown = true;
      rows.breakDown();
    },
  };
  const settings = createSettings({ store: rows, log, host: { isEnabled: true, intervalMs: 5 * MINUTE_MS } });
  const sessions = fakeSessions(store);
  let stopResult: ReturnType<TurnControl["stop"]> = "nothing-runs";
  const stops: Parameters<TurnControl["stop"]>[] = [];
  const boardPosts: string[] = [];
  let boardResult = { hasMoved: false, hasReactions: true };
  let boardFault: Error | undefined;
  const deps: CommandDeps = {
    refresher,
    settings,
    sessions,
    turns: {
      stop(...call) {
        stops.push(call);
        return stopResult;
      },
    },
    board: {
      async post(conversation) {
        boardPosts.push(conversation);
        if (boardFault !== undefined) throw boardFault;
        return boardResult;
      },
    },
    setups: providers.map(({ id, families = [] }) => ({ id, preferredFamilies: families })),
    host: world.host ?? {},
    clock,
  };
  let ids = 0;
  const dispatcher = createDispatcher({ commands: createCommands(deps), log, newId: () => `ref-${++ids}` });

  const invocation = (by: Partial<Invocation> = {}): Invocation => ({
    platform: "playground",
    workspace: "playground:local",
    conversation: "playground:local:general",
    user: { id: "u1", name: "Ada" },
    isOperator: true,
    isDirect: false,
    ...by,
  });
  /** All replies, while the clock stands as long as a refresh needs. */
  async function replies(text: string, by: Partial<Invocation> = {}): Promise<readonly Reply[]> {
    const all: Reply[] = [];
    const running = (async () => {
      for await (const reply of dispatcher.run(text, invocation(by))) all.push(reply);
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
    store,
    at,
    replies,
    settings,
    sessions,
    invocation,
    answerStopWith: (result: ReturnType<TurnControl["stop"]>) => {
      stopResult = result;
    },
    boardPosts,
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

/** Conversations' records alone; of the rest no command may make use. */
function fakeSessions(store: { readonly isDown: boolean }): Sessions {
  const known = new Map<string, Session>();
  const fresh: Session = {
    pin: null,
    system: null,
    firstTurn: 0,
    nextTurn: 0,
    startedAt: 0,
    updatedAt: 0,
    answeredAt: null,
  };
  const get = async (conversation: string) => {
    if (store.isDown) throw new StoreError("it cannot be reached");
    return known.get(conversation) ?? fresh;
  };
  return {
    get,
    async change(conversation, change) {
      const after = change(await get(conversation));
      known.set(conversation, after);
      return after;
    },
    startOver: async (conversation) => {
      const before = await get(conversation);
      const after = { ...before, firstTurn: before.nextTurn };
      known.set(conversation, after);
      return after;
    },
    recentTurns: unused,
    open: unused,
    noteAnswer: unused,
    end: unused,
    openQuestions: unused,
    close: unused,
    eraseUntouched: unused,
  };
}

function unused(): never {
  throw new Error("no command may call this");
}
