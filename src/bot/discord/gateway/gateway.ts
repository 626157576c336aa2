import { type SessionInfo, WebSocketManager, WebSocketShardEvents } from "@discordjs/ws";
import { ActivityType, GatewayIntentBits, GatewayOpcodes, PresenceUpdateStatus, REST } from "discord.js";
import { backoffMs } from "../../../base/backoff.js";
import type { Clock } from "../../../base/clock.js";
import { messageOf } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import { retry } from "../../../base/retry.js";
import type { Store } from "../../../store/store.js";
import { readyEvent } from "../wire/events.js";
import { faultOf, type GatewayEvent, type GatewayState, nextGatewayState, refusalOfLogin } from "../wire/health.js";
import { guardedStrategy } from "./frame-guard.js";
import { createIdentifyThrottle, createSessionStarts } from "./session-starts.js";

export interface GatewayDeps {
  readonly token: string;
  readonly apiUrl: string | undefined;
  readonly followThreads: boolean;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with every event, as Discord sent it. Never throws. */
  onDispatch(name: string, data: unknown): void;
  /** Every shard has a session, or one has a new one after another was lost for good. */
  onReady(self: Self): void;
  /** A shard's session has begun: events from before are lost to it. Called before its first event. */
  onSession(): void;
}

/** The bot's own ids. */
export interface Self {
  readonly userId: string;
  readonly applicationId: string;
}

/** The connection through which events come. */
export interface Gateway {
  start(): void;
  stop(): Promise<void>;
  /** What is wrong with the connection, for readiness; undefined when it is up. */
  fault(): string | undefined;
  /** Undefined before the first session. */
  self(): Self | undefined;
  setPresence(line: string): void;
}

const RECONNECT_PAUSES = { firstMs: 5_000, maxMs: 300_000 };

/** Connects until Discord takes the bot or refuses it; from then on the SDK reconnects and resumes by itself. */
export function createGateway(deps: GatewayDeps): Gateway {
  const { clock, log } = deps;
  const stopping = new AbortController();
  const throttle = createIdentifyThrottle({ clock, log, starts: createSessionStarts(deps) });
  const onFault = (error: unknown) => log.warn({ error: messageOf(error) }, "discord: gateway connection failed");
  let state: GatewayState = { kind: "connecting" };
  let manager: WebSocketManager | undefined;
  let self: Self | undefined;
  let isConnected = false;

  const take = (event: GatewayEvent) => {
    const before = state;
    state = nextGatewayState(before, event);
    if (state.kind === "refused" && state !== before) log.error(state.why);
  };
  const onSession = (found = self) => {
    self = found;
    if (self === undefined || !isConnected) return;
    take({ kind: "ready" });
    deps.onReady(self);
  };
  const connect = async () => {
    const isOver = () => stopping.signal.aborted || made !== manager || state.kind === "refused";
    const made: WebSocketManager = createManager(deps, { throttle, isOver, take, onSession, onFault });
    manager = made;
    try {
      await made.connect();
    } catch (error) {
      const why = refusalOfLogin(error);
      if (why !== undefined) take({ kind: "refused", why });
      manager = undefined;
      await Promise.resolve(made.destroy()).catch(onFault);
      throw error;
    }
    isConnected = true;
    onSession();
  };
  return {
    start() {
      retry(connect, {
        clock,
        signal: stopping.signal,
        delays: (failures) => (state.kind === "refused" ? undefined : backoffMs(failures, RECONNECT_PAUSES)),
        onRetry: (error, pauseMs) =>
          log.warn({ error: messageOf(error), pauseMs }, "discord: connect failed, retrying"),
      }).catch(() => {}); // refused, which `fault` tells, or stopped
    },
    async stop() {
      take({ kind: "stopped" });
      stopping.abort();
      await manager?.destroy();
    },
    fault: () => faultOf(state, clock.now()),
    self: () => self,
    setPresence(line) {
      if (manager !== undefined && isConnected) showPresence(manager, line).catch(onFault);
    },
  };
}

interface ManagerParts {
  readonly throttle: ReturnType<typeof createIdentifyThrottle>;
  /** Whether this connection was given up. */
  isOver(): boolean;
  take(event: GatewayEvent): void;
  onSession(self: Self): void;
  onFault(error: unknown): void;
}

/** The SDK's connection, over as many shards as Discord asks for, and what its events come to here. */
function createManager(deps: GatewayDeps, { throttle, isOver, take, onSession, onFault }: ManagerParts) {
  const { token, apiUrl, clock } = deps;
  const sessions = new Map<number, SessionInfo>();
  const rest = new REST(apiUrl === undefined ? {} : { api: apiUrl.replace(/(\/v\d+)?\/*$/, "") });
  const manager = new WebSocketManager({
    token,
    intents: intentsOf(deps.followThreads),
    rest: rest.setToken(token),
    buildStrategy: guardedStrategy(onFault),
    buildIdentifyThrottler: throttle,
    // The SDK asks before it connects a shard again, also one that paused when it was told to destroy it. Without an
    // answer, shards of a connection that was given up end here, instead of running beside those of the next one.
    retrieveSessionInfo: (shardId) => (isOver() ? new Promise(() => {}) : (sessions.get(shardId) ?? null)),
    updateSessionInfo(shardId, session) {
      if (session === null) sessions.delete(shardId);
      else sessions.set(shardId, session);
    },
  });
  manager.on(WebSocketShardEvents.Error, ({ error }) => onFault(error));
  manager.on(WebSocketShardEvents.Closed, ({ code }) => take({ kind: "closed", code, at: clock.now() }));
  manager.on(WebSocketShardEvents.Resumed, () => take({ kind: "resumed" }));
  manager.on(WebSocketShardEvents.Dispatch, ({ data }) => deps.onDispatch(data.t, data.d));
  manager.on(WebSocketShardEvents.Ready, ({ data }) => {
    const { success, data: ready } = readyEvent.safeParse(data);
    if (!success) return onFault("Discord did not say who the bot is");
    onSession({ userId: ready.user.id, applicationId: ready.application.id });
    deps.onSession();
  });
  return manager;
}

/** Text of messages that do not concern the bot needs a privileged intent: it is asked for only to follow threads. */
const intentsOf = (followThreads: boolean): number =>
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.GuildMessageReactions |
  GatewayIntentBits.DirectMessages |
  GatewayIntentBits.DirectMessageReactions |
  (followThreads ? GatewayIntentBits.MessageContent : 0);

async function showPresence(manager: WebSocketManager, line: string): Promise<void> {
  const activity = { name: "status", type: ActivityType.Custom, state: line };
  const d = { since: null, afk: false, status: PresenceUpdateStatus.Online, activities: [activity] };
  const shardIds = await manager.getShardIds();
  await Promise.all(shardIds.map((shardId) => manager.send(shardId, { op: GatewayOpcodes.PresenceUpdate, d })));
}
