import { commandRefusal } from "./bot/access/access.js";
import { createBoard } from "./bot/board/board.js";
import { createCatchUp } from "./bot/catch-up/catch-up.js";
import { firstStart } from "./bot/catch-up/known-places.js";
import { createHistory } from "./bot/observe/history.js";
import { createLoopDelayMeter } from "./bot/observe/loop-delay.js";
import { createMetrics } from "./bot/observe/metrics.js";
import { observedPlatform } from "./bot/observe/observers.js";
import { createActivity, createFailures, createSeries } from "./bot/observe/recent.js";
import { createPersonalData } from "./bot/personal-data/personal-data.js";
import { type HandlerDeps, handlersOf, takeMentionOf } from "./bot/platform-handlers.js";
import { conversationOf, workspaceOf } from "./bot/port/conversation.js";
import type { ChannelKey, Person } from "./bot/port/platform.js";
import { modelsView, statusSource } from "./bot/port/status-view.js";
import { startRetention } from "./bot/status/retention.js";
import { runningChecks } from "./bot/status/running-checks.js";
import { createStatusLine } from "./bot/status/status-line.js";
import { createChat } from "./bot/turn/chat.js";
import { createConversationView } from "./bot/turn/conversation-view.js";
import { type RecoverDeps, startRecovery } from "./bot/turn/recover/recover.js";
import { createChatParts } from "./bot/turn/turn-deps.js";
import { createWatchSender } from "./bot/watch/watch-sender.js";
import { consoleInvocation, createConsole } from "./bot/web/console/console.js";
import { usageDays } from "./bot/web/console/usage.js";
import { changesRoute, quotaRoute } from "./bot/web/http/api-routes.js";
import { createHttpServer } from "./bot/web/http/server.js";
import type { Command } from "./commands/command.js";
import type { CommandDeps } from "./commands/command-deps.js";
import { createDispatcher } from "./commands/dispatch.js";
import { type Core, type CoreDeps, createCore } from "./core.js";
import { waitForFirstLists } from "./refresh/engine/wait-for-first-lists.js";
import { createChartPainter } from "./usage/chart/chart-painter.js";
import { KEPT_DAYS } from "./usage/ledger.js";

export interface AppDeps extends CoreDeps {
  createCommands(deps: CommandDeps): readonly Command[];
  /** How long the very first start, without any list, may wait for one before the platforms start. */
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
 * Puts the parts together and starts them: stored lists first, then the address, unfinished answers and platforms.
 * Nothing waits for a provider, except half a second at the very first start.
 * @throws {StartupError} when the address cannot be had @throws {StoreError} when the stored lists cannot be read
 */
export async function startApp(deps: AppDeps): Promise<App> {
  const { clock, log } = deps;
  const core = await createCore(deps);
  const { store, refresher, settings, surfaces, platforms, liveness, health, access } = core;
  const talk = createTalk(core, deps.createCommands);
  const { chat, board, watchSender, dispatcher } = talk;
  const watch = createWatch(core, talk);
  await settings.load();
  await refresher.load();
  await board.load();
  await watch.history.load();
  await core.quota.load();
  await core.budgets.load();
  const status = statusSource(refresher, settings, STATUS_WORKSPACE);
  await openPlatforms(core, talk, status);
  const web = createWeb(core, talk, watch, status);
  // First of all the address: a second start in the same folder ends here and has touched nothing.
  const { url } = await web.server.start();
  // Before the first question, which other replicas would otherwise take for an ended process's.
  await liveness.start();
  const catchUp = createCatchUp({
    ...core,
    windowMs: deps.config.chat.catchUpMs,
    ...(await firstStart(store, clock.now())),
    erasedAt: core.sessions.erasedAt,
    idleIn: chat.idleIn,
  });
  const handlerDeps = { chat, dispatcher, refresher, settings, board, catchUp, access, clock, store, log };
  const recovery = await startRecovery({ ...core, ...talk, ...recoveryParts(handlerDeps, core) });
  for (const platform of platforms) await platform.start(handlersOf(platform, handlerDeps));
  const statusLine = createStatusLine({ clock, log, status: refresher.status, surfaces });
  /** Lists grow old without an event, so that every beat looks as well. */
  const look = () => {
    board.look();
    statusLine.look();
  };
  status.onStatusChange(look);
  web.operatorsConsole.start();
  look();
  await recovery.isOver;
  await waitForFirstLists(refresher, refresher.tick(), deps.firstListsMs, clock);
  web.enter("up");
  core.quota.start();
  const stops = [recovery.stop, ...startErasing(core)];
  return {
    url,
    async tick() {
      look();
      await Promise.all([refresher.tick(), watchSender.tick(), core.pinCensus.tick()]);
    },
    async stop(graceMs) {
      web.enter("stopping");
      await Promise.all(surfaces.map((surface) => surface.handOver?.()));
      catchUp.stop();
      refresher.stop();
      statusLine.stop();
      watchSender.stop();
      const boardStopped = board.stop();
      for (const stop of stops) stop();
      web.operatorsConsole.stop();
      watch.delay.stop();
      await watch.history.stop();
      await chat.stop(graceMs);
      await boardStopped;
      for (const platform of platforms)
        await platform
          .stop()
          .catch((error) => log.warn({ error, platform: platform.name }, "a platform failed to stop"));
      await web.server.stop();
      health.stop();
      await core.quota.stop();
      await liveness.stop();
      await store.close();
    },
  };
}

/** How questions of ended processes come back to their line, and who is told. */
const recoveryParts = (deps: HandlerDeps, { observers }: Core): Pick<RecoverDeps, "behind" | "retake" | "onTurn"> => ({
  behind: deps.catchUp.behind,
  retake: (platform, mention, terms) => takeMentionOf(platform, deps, mention, terms),
  onTurn: observers.onTurn,
});

/** Chat and board, and the commands that control them. */
function createTalk(core: Core, createCommands: AppDeps["createCommands"]) {
  const { log, settings, observers, liveness, newReference } = core;
  const parts = createChatParts(core, core.config);
  const chat = createChat({ ...core, ...parts, onTurn: observers.onTurn });
  const board = createBoard({ ...core, leave: liveness.leave });
  const watchSender = createWatchSender(core);
  const charts = createChartPainter({ log });
  const chatRefusal = commandRefusal(settings);
  const checks = () => runningChecks(core);
  const personalData = createPersonalData({ ...core, forgetImages: parts.images.forget });
  const controls = { turns: chat.control, board: board.control, personalData };
  const commands = createCommands({ ...core, ...controls, checks, charts, chatRefusal });
  const dispatcher = createDispatcher({ commands, log, newId: newReference, chatRefusal });
  return { chat, board, watchSender, commands, dispatcher };
}
type Talk = ReturnType<typeof createTalk>;
type Status = ReturnType<typeof statusSource>;

/** Makes every configured platform. */
async function openPlatforms(core: Core, { chat, commands }: Talk, status: Status): Promise<void> {
  const deps = {
    ...core,
    commands,
    ...status,
    replicas: core.liveness.replicas,
    ...createConversationView(core),
    async forget(place: ChannelKey, by: Person) {
      const conversation = conversationOf(place);
      const actor = {
        ...place,
        workspace: workspaceOf(place),
        conversation,
        user: by,
        isDirect: false,
        door: "button" as const,
      };
      const also = core.audit.writesOf(actor, "data", { what: "conversation", after: "forgotten" });
      await chat.control.forget(conversation, also);
    },
  };
  const opened = await Promise.all(core.config.platforms.map((setup) => setup.create(deps)));
  for (const parts of opened) {
    const platform = observedPlatform(parts.platform, core.observers);
    core.surfaces.push({ ...parts, platform });
    core.platforms.push(platform);
  }
}

/** What counts and measures the running bot, for the metrics and the console. */
function createWatch({ clock, log, store, refresher, platforms, surfaces, observers, quota }: Core, { chat }: Talk) {
  const delay = createLoopDelayMeter();
  const metrics = createMetrics({ clock, refresher, platforms, surfaces, quota, load: chat.load });
  const activity = createActivity(clock.now);
  const series = createSeries({ clock, refresher, readDelay: delay.read });
  const history = createHistory({
    store,
    clock,
    log,
    status: refresher.status,
    platforms: () => platforms,
    recent: series,
  });
  const failures = createFailures(clock.now);
  for (const observer of [metrics, activity, series, history, failures]) observers.add(observer);
  return { delay, metrics, activity, series, history, failures };
}
type Watch = ReturnType<typeof createWatch>;

/** The HTTP server with all its pages. */
function createWeb(core: Core, { chat, dispatcher }: Talk, watch: Watch, status: Status) {
  const { config, clock, log, refresher, settings, ledger, platforms, faults, defaultModel, modelFacts } = core;
  const { metrics, activity, series, history, failures } = watch;
  const operatorsConsole = createConsole({
    facts: {
      ...{ settings, activity, defaultModel, modelFacts, load: chat.load, workspace: STATUS_WORKSPACE },
      refresher: () => refresher,
      platforms: () => platforms,
      surfaces: core.surfaces,
      storeKind: config.storeUrl.split(":")[0] ?? "",
      storeWarnings: core.damage.warnings,
      quotas: core.quota.states,
      budgets: core.budgets.near,
      pins: core.pinCensus,
    },
    series,
    history,
    failures,
    readUsage: usageDays(ledger),
    clock,
    log,
    run: (command, workspace) => dispatcher.run(command, consoleInvocation(workspace)),
    store: core.store,
    audit: core.audit,
    languages: core.languages,
  });
  let phase: "starting" | "up" | "stopping" = "starting";
  const server = createHttpServer({
    config: config.http,
    clock,
    log,
    isAlive: () => true,
    readiness: () => {
      const problems = phase === "up" ? faults() : [`the bot is ${phase}`];
      return { isReady: problems.length === 0, problems, warnings: core.warnings() };
    },
    status: status.status,
    models: () =>
      modelsView({ ...refresher, snapshot: () => core.allowed.snapshot(STATUS_WORKSPACE) }, core.modelFacts),
    metrics: metrics.text,
    metricsContentType: metrics.contentType,
    languages: core.languages,
    routes: [
      quotaRoute(core.quota),
      changesRoute(refresher),
      operatorsConsole.routes,
      ...core.surfaces.flatMap(({ routes }) => routes ?? []),
    ],
  });
  return {
    server,
    operatorsConsole,
    enter: (next: "up" | "stopping") => {
      phase = next;
    },
  };
}

/** Erases what is kept for long enough, now and once a day. Returns how to stop that. */
function startErasing(core: Core): readonly (() => void)[] {
  const { config, clock, log, store, sessions, ledger, votes, audit, surfaces, questionLimits, budgets } = core;
  const { retentionDays, auditDays } = config.chat;
  const deps = { clock, log };
  const erasers = [sessions.eraseUntouched, ...surfaces.flatMap(({ eraseUntouched }) => eraseUntouched ?? [])];
  return [
    startRetention({ what: "conversations", days: retentionDays, erasers, purge: store.purge, ...deps }),
    startRetention({
      what: "usage",
      days: KEPT_DAYS,
      erasers: [ledger.erase, votes.erase, questionLimits.erasePast, budgets.erasePast],
      ...deps,
    }),
    startRetention({ what: "records of changes", days: auditDays, erasers: [audit.erase], ...deps }),
  ];
}
