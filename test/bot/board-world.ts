import type { HostConfig } from "../../src/base/config/config-host.js";
import type { Log } from "../../src/base/log.js";
import { createAccess } from "../../src/bot/access/access.js";
import { type Board, createBoard } from "../../src/bot/board/board.js";
import { handlersOf } from "../../src/bot/platform-handlers.js";
import type { ChatPlatform, MessageKey } from "../../src/bot/port/platform.js";
import type { PlatformExtras } from "../../src/bot/port/platform-definition.js";
import type { Chat } from "../../src/bot/turn/chat.js";
import { createDispatcher, type Dispatcher } from "../../src/commands/dispatch.js";
import { createCommands } from "../../src/commands/registry.js";
import { createLanguages } from "../../src/languages/languages.js";
import type { QuotaState } from "../../src/quota/quota.js";
import type { Outcome } from "../../src/refresh/catalog/catalog-entry.js";
import { createAllowedModels } from "../../src/refresh/choose/allowed-models.js";
import type { ProviderStatus, RefreshResult, RefreshStatus } from "../../src/refresh/refresher.js";
import { createSettings } from "../../src/refresh/settings.js";
import { createWatchRows } from "../../src/refresh/watch/watch-rows.js";
import { createAudit } from "../../src/store/audit.js";
import { createSessions } from "../../src/store/sessions/sessions.js";
import { createBudgets } from "../../src/usage/budgets/budgets.js";
import { createLedger } from "../../src/usage/ledger.js";
import { createModelFacts } from "../../src/usage/model-facts.js";
import { createVotes } from "../../src/usage/votes.js";
import { fakeClock, settle } from "../support/fake-clock.js";
import { type FakePlatform, fakePlatform } from "../support/fake-platform.js";
import { fakeRefresher } from "../support/fake-refresher.js";
import { fakeTurnControl } from "../support/fake-turn-control.js";
import { memoryStore } from "../support/memory-store.js";
import { unusedPersonalData } from "../support/unused-personal-data.js";

export const MINUTE_MS = 60_000;

const OPEN: HostConfig["access"] = { followThreads: false, allowedWorkspaces: [], allowDms: true, operators: [] };

/** The board with real settings and commands, over a refresher whose status the test sets. */
export function boardWorld(access = OPEN, members: Pick<PlatformExtras, "isMemberOf"> = {}) {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const logged: { level: string; text: string }[] = [];
  const note = (level: string) => (_fields: object, text: string) => void logged.push({ level, text });
  const log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") } as unknown as Log;
  let status: RefreshStatus = statusOf({});
  let listeners: (() => void)[] = [];
  let quotas: readonly QuotaState[] = [];
  let refreshOutcome: Outcome = "ok";
  const refreshes: string[] = [];
  const activity: string[] = [];
  const refresher = fakeRefresher({
    status: () => status,
    noteActivity: (workspace) => void activity.push(workspace),
    onChange(listener) {
      listeners.push(listener);
      return () => {};
    },
    async refresh(trigger) {
      refreshes.push(trigger);
      await clock.sleep(2_000);
      const entry = { fetchedAt: 0, models: [] } as unknown as RefreshResult["entry"];
      return [{ provider: "openai", outcome: refreshOutcome, added: 0, gone: 0, entry }];
    },
  });

  let hasPeers = false;
  const quota = { states: () => quotas, ofModel: () => ({ isKnown: false }) };

  /** A process on the store: what a restart brings up anew. */
  function start(platforms: readonly ChatPlatform[]) {
    const settings = createSettings({
      store,
      log,
      languages: createLanguages(),
      host: { isEnabled: true, intervalMs: 5 * MINUTE_MS },
    });
    const sessions = createSessions({ store, now: clock.now });
    const board: Board = createBoard({
      store: store.another(),
      refresher,
      settings,
      quota,
      clock,
      log,
      platforms,
      leave: async () => hasPeers,
    });
    const ledger = createLedger({ store, clock });
    const commands = createCommands({
      refresher,
      settings,
      modelFacts: createModelFacts(),
      allowed: createAllowedModels({ refresher, settings, modelFacts: createModelFacts(), host: {} }),
      sessions,
      budgets: createBudgets({ store, ledger, settings, host: [], clock }),
      turns: fakeTurnControl(),
      ledger,
      votes: createVotes({ store, clock }),
      audit: createAudit({ store, now: clock.now }),
      watches: createWatchRows(store),
      affectedPins: () => [],
      charts: { paint: async () => undefined },
      quota,
      isHostOperator: () => true,
      board: board.control,
      checks: async function* () {},
      setups: [{ id: "openai", preferredFamilies: [] }],
      host: { limits: { userPer10Min: 0, channelPer10Min: 0 }, retentionDays: 90, usageDays: 92, auditDays: 365 },
      languages: createLanguages(),
      personalData: unusedPersonalData,
      chatRefusal: async () => undefined,
      faults: () => [],
      clock,
    });
    const dispatcher: Dispatcher = createDispatcher({
      commands,
      log,
      newId: () => "ref",
      chatRefusal: async () => undefined,
    });
    const mentions: string[] = [];
    const finals: boolean[] = [];
    const onMention = async (
      _platform: unknown,
      { text }: { text: string },
      { refusal, isFinal = false }: { refusal?: string | undefined; isFinal?: boolean } = {},
    ) => {
      mentions.push(refusal ?? text);
      finals.push(isFinal);
    };
    const chat = { onMention };
    const handlers = (platform: ChatPlatform) =>
      handlersOf(platform, {
        chat: chat as unknown as Chat,
        dispatcher,
        refresher,
        settings,
        board,
        clock,
        catchUp: { begin() {}, behind: (_message, take) => take() },
        access: createAccess(access, { surfaces: platforms.map((one) => ({ platform: one, ...members })), clock, log }),
        store,
        log,
      });
    listeners = [];
    refresher.onChange(board.look);
    settings.onChange(board.look);
    return { board, settings, mentions, finals, handlers };
  }

  return {
    clock,
    store,
    logged,
    refreshes,
    activity,
    start,
    /** Another replica goes on when this one stops. */
    addPeer: () => {
      hasPeers = true;
    },
    /** The next refreshes of people end like this. */
    refreshWith: (outcome: Outcome) => {
      refreshOutcome = outcome;
    },
    /** The quotas are these from now on. */
    async setQuotas(next: readonly QuotaState[]) {
      quotas = next;
      for (const listener of listeners) listener();
      await clock.advance(1_000);
    },
    /** The refresher has something new to tell. */
    async change(next: Parameters<typeof statusOf>[0]) {
      status = statusOf(next);
      for (const listener of listeners) listener();
      await clock.advance(1_000);
    },
  };
}

export function statusOf(facts: {
  isFresh?: boolean;
  isFetching?: boolean;
  failing?: Readonly<Record<string, Outcome>>;
}) {
  const { isFresh = true, isFetching = false, failing = {} } = facts;
  // What the board does not read is left out.
  const provider = (id: string) =>
    ({
      id,
      outcome: failing[id] ?? "ok",
      models: 3,
      fetchedAt: 1,
      attemptedAt: 1,
      isFresh,
      isFetching,
      consecutiveFailures: 0,
      lastFailure: null,
      nextAt: null,
    }) as Partial<ProviderStatus> as ProviderStatus;
  return {
    indicator: isFetching ? "refreshing" : isFresh ? "fresh" : "stale",
    isFresh,
    hasLists: true,
    lastRefreshAt: 1,
    nextRefreshAt: null,
    providers: ["openai", "anthropic"].map(provider),
  } satisfies RefreshStatus;
}

/** A running board in the channel "general" of one platform. */
export async function posted(access?: HostConfig["access"]) {
  const world = boardWorld(access);
  const platform: FakePlatform = fakePlatform();
  const parts = world.start([platform]);
  await parts.board.load();
  const { control } = parts.board;
  const result = await control.post("fake:home:general");
  await settle();
  const message = platform.answers[0]?.key as MessageKey;
  const press = async (emoji: string, by: { author?: string; isOperator?: boolean } = {}, on = message) => {
    const pressed = parts.handlers(platform).onReaction(platform.reaction(on, emoji, by));
    await settle();
    return pressed;
  };
  return { ...world, ...parts, platform, message, result, press, text: () => platform.answers[0]?.text ?? "" };
}
