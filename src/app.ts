import { randomBytes } from "node:crypto";
import type { Clock } from "./base/clock.js";
import type { Config } from "./base/config.js";
import type { Log } from "./base/log.js";
import { createAccess } from "./bot/access/access.js";
import { commandRefusal } from "./bot/access/may-chat.js";
import { type Board, createBoard } from "./bot/board/board.js";
import { createObservation } from "./bot/observe/observation.js";
import { handlersOf, invocationOfReaction } from "./bot/platform-handlers.js";
import type { ChatPlatform } from "./bot/port/platform.js";
import type { PlatformDefinition, PlatformParts } from "./bot/port/platform-definition.js";
import { modelsView, statusSource } from "./bot/port/status-view.js";
import { waitForFirstLists } from "./bot/status/first-lists.js";
import { startRetention } from "./bot/status/retention.js";
import { createStatusLine } from "./bot/status/status-line.js";
import { type Chat, createChat } from "./bot/turn/chat.js";
import { createChatParts } from "./bot/turn/chat-parts.js";
import { conversationRecords } from "./bot/turn/conversation-records.js";
import { createLiveness } from "./bot/turn/liveness.js";
import { startRecovery } from "./bot/turn/recover.js";
import { consoleInvocation, createConsole } from "./bot/web/console/console.js";
import { usageDays } from "./bot/web/console/usage.js";
import { createHttpServer } from "./bot/web/http/server.js";
import type { Command } from "./commands/command.js";
import type { CommandDeps } from "./commands/command-deps.js";
import { createDispatcher } from "./commands/dispatch.js";
import { modelInForce } from "./commands/model-in-force.js";
import { loadProviders } from "./providers/load-providers.js";
import type { ProviderSetup } from "./providers/provider-definition.js";
import { createRefresher } from "./refresh/engine/create-refresher.js";
import { createSettings } from "./refresh/settings.js";
import { processOwner } from "./store/process-owner.js";
import { createSessions } from "./store/sessions/sessions.js";
import type { Store } from "./store/store.js";
import { createChartPainter } from "./usage/chart/chart-painter.js";
import { createLedger } from "./usage/ledger.js";
import { startLedgerRetention } from "./usage/ledger-retention.js";

export interface AppDeps {
  readonly config: Config<ProviderSetup>;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof fetch;
  readonly platforms: readonly PlatformDefinition[];
  createCommands(deps: CommandDeps): readonly Command[];
  /** How long the very first start, without any list, may wait for one before the doors open. */
  readonly firstListsMs?: number;
}

/** The parts of a running bot, put together and started. */
export interface App {
  readonly url: string;
  /** Refreshes what is due; the schedule's beat. */
  tick(): Promise<void>;
  /** Lets answers finish for up to `graceMs`, then ends everything and closes the store. */
  stop(graceMs: number): Promise<void>;
}

/** Settings of the playground's own workspace are what `/api/status` shows. */
const STATUS_WORKSPACE = "playground:local";

/**
 * Puts the parts together and starts them: stored lists first, then the address, then unfinished answers, then the
 * doors. Nothing waits for a provider, but half a second at the very first start.
 * @throws {StartupError} when the address cannot be had @throws {StoreError} when the stored lists cannot be read
 */
export async function startApp(deps: AppDeps): Promise<App> {
  const { config, clock, log } = deps;
  const platforms: ChatPlatform[] = [];
  const opened: PlatformParts[] = [];
  const observed = createObservation({
    clock,
    refresher: () => refresher,
    platforms: () => platforms,
    load: () => chat.load(),
  });
  const store = observed.ofStore(deps.store);
  const newReference = () => randomBytes(4).toString("hex");
  const loaded = await loadProviders(config.providers, { fetch: deps.fetch, clock, log });
  const settings = createSettings({ store, log, host: config.refresh });
  const sessions = createSessions({ store, now: clock.now });
  const ledger = createLedger({ store, clock });
  const owner = processOwner();
  const liveness = createLiveness({ store, clock, log, owner });

  const access = createAccess(config.access);
  const refresher = createRefresher({
    providers: loaded,
    store,
    settings,
    workspaces: () => access.countedWorkspaces(platforms),
    clock,
    log,
    refresh: config.refresh,
    onOutcome: observed.onRefresh,
  });
  const faults = () => platforms.flatMap((platform) => platform.fault() ?? []);
  const host = { defaultModel: config.chat.defaultModel };
  const parts = createChatParts({ clock, refresher }, config);
  const defaultModel = (workspace: string) =>
    modelInForce({ settings, refresher, setups: config.providers, host }, workspace);
  const chat: Chat = createChat({
    store,
    sessions,
    refresher,
    settings,
    platforms: () => platforms,
    extrasOf: (name) => opened.find(({ platform }) => platform.name === name) ?? {},
    ledger,
    ...parts,
    providers: new Map(loaded.map(({ id, provider }) => [id, provider])),
    defaultModel,
    owner,
    hasPeers: liveness.hasPeers,
    clock,
    log,
    newReference,
    onTurn: observed.onTurn,
  });
  const board: Board = createBoard({
    store,
    refresher,
    settings,
    clock,
    log,
    platforms: () => platforms,
    run: (command, reaction) => dispatcher.run(command, invocationOfReaction(reaction)),
  });
  const commands = deps.createCommands({
    refresher,
    settings,
    sessions,
    ledger,
    charts: createChartPainter({ log }),
    turns: chat.control,
    board: board.control,
    setups: config.providers,
    host,
    faults,
    clock,
  });
  const dispatcher = createDispatcher({ commands, log, newId: newReference, chatRefusal: commandRefusal(settings) });

  await settings.load();
  await refresher.load();
  await board.load();
  const records = conversationRecords({ sessions, turns: () => chat.control, defaultModel });
  const { status, onStatusChange } = statusSource(refresher, settings, STATUS_WORKSPACE);
  opened.push(
    ...(await Promise.all(
      deps.platforms
        .filter((definition) => definition.isConfigured(config))
        .map((definition) =>
          definition.create({ config, store, clock, log, commands, status, onStatusChange, ...records }),
        ),
    )),
  );
  platforms.push(...opened.map(({ platform }) => observed.ofPlatform(platform)));
  const operatorsConsole = createConsole({
    facts: {
      refresher: () => refresher,
      settings,
      activity: observed.activity,
      platforms: () => platforms,
      load: () => chat.load(),
      storeKind: config.storeUrl.split(":")[0] ?? "",
      workspace: STATUS_WORKSPACE,
      defaultModel,
      modelFacts: parts.modelFacts,
    },
    series: observed.series,
    readUsage: usageDays(ledger),
    clock,
    log,
    run: (command) => dispatcher.run(command, consoleInvocation(STATUS_WORKSPACE)),
  });

  let phase: "starting" | "up" | "stopping" = "starting";
  const server = createHttpServer({
    config: config.http,
    clock,
    log,
    isAlive: () => true,
    readiness: () => {
      const problems = phase === "up" ? faults() : [`the bot is ${phase}`];
      return { isReady: problems.length === 0, problems };
    },
    status,
    models: () => modelsView(refresher),
    metrics: observed.metrics.text,
    metricsContentType: observed.metrics.contentType,
    routes: [operatorsConsole.routes, ...opened.flatMap(({ routes }) => routes ?? [])],
  });

  // First of all the address: a second start in the same folder ends here and has touched nothing.
  const { url } = await server.start();
  const handlerDeps = { chat, dispatcher, refresher, board, access };
  for (const platform of platforms) await platform.start(handlersOf(platform, handlerDeps));
  const indicator = () => refresher.status().indicator;
  const statusLine = createStatusLine({ clock, log, indicator, surfaces: opened });
  /** Lists grow old without an event, so that every beat looks as well. */
  const look = () => {
    board.look();
    statusLine.look();
  };
  onStatusChange(look);
  operatorsConsole.start();
  await liveness.start();
  const stopRecovery = await startRecovery({
    ...parts,
    ...{ sessions, ledger, platforms, liveness, clock, log },
    onTurn: observed.onTurn,
  });
  look();
  await waitForFirstLists(refresher, refresher.tick(), deps.firstListsMs, clock);
  phase = "up";
  const erasers = [sessions.eraseUntouched, ...opened.flatMap(({ eraseUntouched }) => eraseUntouched ?? [])];
  const stops = [
    stopRecovery,
    startRetention({ days: config.chat.retentionDays, clock, log, erasers }),
    startLedgerRetention({ ledger, clock, log }),
  ];
  return {
    url,
    async tick() {
      look();
      await refresher.tick();
    },
    async stop(graceMs) {
      phase = "stopping";
      refresher.stop();
      statusLine.stop();
      const boardStopped = board.stop();
      for (const stop of stops) stop();
      operatorsConsole.stop();
      observed.stop();
      await chat.stop(graceMs);
      await boardStopped;
      for (const platform of platforms)
        await platform
          .stop()
          .catch((error) => log.warn({ error, platform: platform.name }, "a platform did not stop in order"));
      await server.stop();
      await liveness.stop();
      await store.close();
    },
  };
}
