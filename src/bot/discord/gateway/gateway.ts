import { type SessionInfo, WebSocketManager, type WebSocketManagerOptions, WebSocketShardEvents } from "@discordjs/ws";
import { ActivityType, GatewayIntentBits, GatewayOpcodes, PresenceUpdateStatus } from "discord-api-types/v10";
import type { Clock } from "../../../base/clock.js";
import { messageOf } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import { createMemo } from "../../../base/lookup-cache.js";
import { backoffMs, retry } from "../../../base/retry.js";
import type { Store } from "../../../store/store.js";
import type { DiscordRest } from "../send/rest.js";
import { readyEvent } from "../wire/events.js";
import { faultOfAll, type GatewayEvent, type GatewayState, nextGatewayState, refusalOfLogin } from "../wire/health.js";
import { createIdentifyThrottle, createSessionStarts } from "./session-starts.js";
import { chooseShardCount } from "./shards/plan-shards.js";
import { ShardConnections } from "./shards/shard-connections.js";
import { type ShardHolder, ShardLeases } from "./shards/shard-leases.js";
import { type ShardSession, shardOf, shardRows } from "./shards/shard-rows.js";

export interface GatewayDeps {
  readonly token: string;
  readonly rest: Pick<DiscordRest, "call">;
  /** How many shards all replicas together run; undefined: as many as Discord recommends. */
  readonly shards: number | undefined;
  readonly followThreads: boolean;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** This process among all that share the store, and the name of its machine. */
  readonly owner: string;
  readonly host: string;
  /** Called with every event, as Discord sent it; `id` is the event's own, also when it is sent again. Never throws. */
  onDispatch(name: string, data: unknown, id: string): void;
  /** Every shard of this replica has a session, or one has a new one after another was lost for good. */
  onReady(self: Self): void;
  /** A shard's session has begun, or another process's goes on here: events from before may be lost. */
  onSession(): void;
  /** Events of these servers come to this process from now on; another process's session has described them. */
  onAdopt(servers: readonly string[]): void;
  /** Events of these servers go to another replica from now on. */
  onLeave(isLost: (server: string) => boolean): void;
  /** The servers whose events this replica gets; the same object until one comes or goes. */
  servers(): readonly string[];
}

/** The bot's own ids. */
export interface Self {
  readonly userId: string;
  readonly applicationId: string;
}

/** The connection through which events come. */
export interface Gateway {
  start(): void;
  /** Hands all shards to other replicas, where there are any. Never rejects. */
  handOver(): Promise<void>;
  stop(): Promise<void>;
  /** What is wrong with the connection, for readiness; undefined when it is up. */
  fault(): string | undefined;
  /** Undefined before the first session. */
  self(): Self | undefined;
  setPresence(line: string): void;
  /** Whether this replica gets the events of a server; those of direct messages come to the first shard. */
  isToldOf(server: string | undefined): boolean;
  /** Which replica has which shards, and how many there are. */
  holders(): { readonly count: number; readonly replicas: readonly ShardHolder[] };
  /** How many replicas there are, as far as this one knows. */
  replicas(): number;
}

const RECONNECT_PAUSES = { firstMs: 5_000, maxMs: 300_000 };

const NO_SERVERS: readonly string[] = [];

/** A shard of this replica. */
interface OwnShard {
  state: GatewayState;
  /** Whether it still has to resume a session that another process began. */
  isAdopted: boolean;
}

/** Keeps a connection for each of this replica's shards. */
export function createGateway(deps: GatewayDeps): Gateway {
  return new ShardedGateway(deps);
}

class ShardedGateway implements Gateway {
  readonly #deps: GatewayDeps;
  readonly #stopping = new AbortController();
  readonly #own = new Map<number, OwnShard>();
  readonly #manager: WebSocketManager;
  #connections!: ShardConnections;
  #leases: ShardLeases | undefined;
  #count = 0;
  /** Before the shards are known, and after the bot was refused or stopped. */
  #state: GatewayState = { kind: "connecting" };
  #self: Self | undefined;
  readonly #byShard = createMemo<ReadonlyMap<number, readonly string[]>>();

  constructor(deps: GatewayDeps) {
    const { clock, log, token, rest } = deps;
    this.#deps = deps;
    const get = (path: `/${string}`) => rest.call("GET", path, { what: "asking where to connect" });
    this.#manager = new WebSocketManager({
      token,
      intents: intentsOf(deps.followThreads),
      rest: { get } as unknown as WebSocketManagerOptions["rest"], // all that it makes of it
      buildStrategy: (manager) => {
        this.#connections = new ShardConnections(manager, {
          clock,
          isRefused: () => this.#state.kind === "refused",
          onFault: this.#onFault,
          onRetry: (error, pauseMs) => this.#onRetry(error, pauseMs),
        });
        return this.#connections;
      },
      buildIdentifyThrottler: createIdentifyThrottle({ clock, log, starts: createSessionStarts(deps) }),
    });
    this.#listen();
  }

  start(): void {
    retry(() => this.#begin(), {
      clock: this.#deps.clock,
      signal: this.#stopping.signal,
      delays: (failures) => (this.#state.kind === "refused" ? undefined : backoffMs(failures, RECONNECT_PAUSES)),
      onRetry: (error, pauseMs) => this.#onRetry(error, pauseMs),
    }).catch(() => {}); // refused, which `fault` tells, or stopped
  }

  async handOver(): Promise<void> {
    await this.#leases?.handOver();
  }

  async stop(): Promise<void> {
    this.#take({ kind: "stopped" });
    this.#stopping.abort();
    await this.#leases?.stop();
    await this.#manager.destroy();
  }

  fault(): string | undefined {
    return faultOfAll([this.#state, ...[...this.#own.values()].map(({ state }) => state)], this.#deps.clock.now());
  }

  /** A replica without a shard of its own knows it of the others' sessions. */
  readonly self = (): Self | undefined => this.#self ?? this.#leases?.anySession();

  readonly setPresence = (line: string): void => {
    const activity = { name: "status", type: ActivityType.Custom, state: line };
    const d = { since: null, afk: false, status: PresenceUpdateStatus.Online, activities: [activity] };
    for (const [shard, { state }] of this.#own)
      if (state.kind === "ready")
        this.#connections.send(shard, { op: GatewayOpcodes.PresenceUpdate, d }).catch(this.#onFault);
  };

  isToldOf(server: string | undefined): boolean {
    return this.#own.has(server === undefined ? 0 : shardOf(server, this.#count));
  }

  holders() {
    return { count: this.#count, replicas: this.#leases?.holders() ?? [] };
  }

  readonly replicas = (): number => this.#leases?.replicas() ?? 1;

  readonly #onFault = (error: unknown) =>
    this.#deps.log.warn({ error: messageOf(error) }, "discord: gateway connection failed");

  #onRetry(error: unknown, pauseMs: number): void {
    this.#deps.log.warn({ error: messageOf(error), pauseMs }, "discord: connect failed, retrying");
  }

  /** Asks Discord how many shards there are, and claims this replica's. */
  async #begin(): Promise<void> {
    const deps = this.#deps;
    const { shards: wanted, store, token, owner, host, clock, log } = deps;
    try {
      const { shards: recommended } = await this.#manager.fetchGatewayInformation();
      this.#count = await chooseShardCount({ store, token, log }, wanted, recommended);
    } catch (error) {
      const why = refusalOfLogin(error);
      if (why !== undefined) this.#take({ kind: "refused", why });
      throw error;
    }
    await this.#manager.updateShardCount(this.#count);
    const rows = shardRows(store, token, this.#count);
    this.#leases = new ShardLeases({
      ...{ store, clock, log, owner, host, rows },
      shardCount: this.#count,
      onTake: (shard, session, servers) => {
        deps.onAdopt(servers);
        this.#openShard(shard, session);
      },
      onGive: (shard, canBeResumed) => this.#closeShard(shard, canBeResumed),
      sessionOf: (shard) => this.#storable(this.#connections.sessionOf(shard)),
      serversOf: (shard) => this.#serversOf(shard),
    });
    await this.#leases.start();
    this.#take({ kind: "ready" });
  }

  /** One that comes later than the first is no fault while it connects. */
  #openShard(shard: number, adopted: ShardSession | undefined): void {
    const isMoved = this.#state.kind === "ready";
    const state = isMoved ? { kind: "lost" as const, since: this.#deps.clock.now() } : { kind: "connecting" as const };
    this.#own.set(shard, { state, isAdopted: adopted !== undefined });
    if (adopted !== undefined) this.#self ??= { userId: adopted.userId, applicationId: adopted.applicationId };
    this.#connections.open(shard, adopted && { ...adopted, shardId: shard, shardCount: this.#count });
  }

  async #closeShard(shard: number, canBeResumed: boolean): Promise<ShardSession | undefined> {
    this.#own.delete(shard);
    const session = await this.#connections.close(shard, canBeResumed);
    if (canBeResumed) this.#deps.onLeave((server) => shardOf(server, this.#count) === shard);
    return this.#storable(session);
  }

  /** Returns one object until a server comes or goes. */
  #serversOf(shard: number): readonly string[] {
    const servers = this.#deps.servers();
    const byShard = this.#byShard([servers], () => {
      const found = new Map<number, string[]>();
      for (const server of servers) {
        const at = shardOf(server, this.#count);
        const known = found.get(at);
        if (known === undefined) found.set(at, [server]);
        else known.push(server);
      }
      return found;
    });
    return byShard.get(shard) ?? NO_SERVERS;
  }

  #storable(session: SessionInfo | undefined): ShardSession | undefined {
    if (session === undefined || this.#self === undefined) return undefined;
    const { sessionId, resumeURL, sequence } = session;
    return { sessionId, resumeURL, sequence, ...this.#self };
  }

  /** What happened to the whole connection, or to one shard. */
  #take(event: GatewayEvent, shard?: number): void {
    const before = shard === undefined ? this.#state : this.#own.get(shard)?.state;
    if (before === undefined) return; // no longer ours
    const next = nextGatewayState(before, event);
    const own = shard === undefined ? undefined : this.#own.get(shard);
    if (own !== undefined) own.state = next;
    // What Discord refuses to one shard, it refuses to all.
    const isFirstRefusal = next.kind === "refused" && this.#state.kind !== "refused";
    if (own === undefined || isFirstRefusal) this.#state = next;
    if (isFirstRefusal) this.#deps.log.error(next.why);
  }

  #listen(): void {
    const manager = this.#manager;
    manager.on(WebSocketShardEvents.Error, ({ error }) => this.#onFault(error));
    manager.on(WebSocketShardEvents.Closed, ({ code, shardId }) =>
      this.#take({ kind: "closed", code, at: this.#deps.clock.now() }, shardId),
    );
    manager.on(WebSocketShardEvents.Dispatch, ({ data, shardId }) => {
      const session = this.#connections.sessionOf(shardId)?.sessionId ?? "";
      this.#deps.onDispatch(data.t, data.d, `${session}:${data.s}`);
    });
    manager.on(WebSocketShardEvents.Ready, ({ data, shardId }) => {
      const { success, data: ready } = readyEvent.safeParse(data);
      if (!success) return this.#onFault("Discord did not say who the bot is");
      this.#self = { userId: ready.user.id, applicationId: ready.application.id };
      this.#onSession(shardId, "ready");
    });
    manager.on(WebSocketShardEvents.Resumed, ({ shardId }) => this.#onSession(shardId, "resumed"));
  }

  /** A session has begun, or goes on. */
  #onSession(shard: number, kind: "ready" | "resumed"): void {
    const own = this.#own.get(shard);
    if (own === undefined) return;
    const isNew = kind === "ready" || own.isAdopted;
    own.isAdopted = false;
    // A shard that is resumed for the first time here was never ready here.
    this.#take({ kind: isNew ? "ready" : kind }, shard);
    if (isNew) this.#deps.onSession();
    if (isNew && this.#self !== undefined && [...this.#own.values()].every(({ state }) => state.kind === "ready"))
      this.#deps.onReady(this.#self);
  }
}

/** Text of messages that do not concern the bot needs a privileged intent: it is asked for only to follow threads. */
const intentsOf = (followThreads: boolean): number =>
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.GuildMessageReactions |
  GatewayIntentBits.DirectMessages |
  GatewayIntentBits.DirectMessageReactions |
  (followThreads ? GatewayIntentBits.MessageContent : 0);
