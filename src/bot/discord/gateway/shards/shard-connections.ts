import {
  managerToFetchingStrategyOptions,
  type SessionInfo,
  SimpleContextFetchingStrategy,
  SimpleShardingStrategy,
  type WebSocketManager,
  WebSocketShard,
  type WebSocketShardDestroyOptions,
  WebSocketShardEvents,
} from "@discordjs/ws";
import { GatewayDispatchEvents, GatewayOpcodes, type GatewaySendPayload } from "discord-api-types/v10";
import type { Clock } from "../../../../base/clock.js";
import { backoffMs, retry } from "../../../../base/retry.js";

export interface ShardConnectionsDeps {
  readonly clock: Clock;
  /** Whether another try is of no use. */
  isRefused(): boolean;
  onFault(error: unknown): void;
  onRetry(error: unknown, pauseMs: number): void;
}

interface Connection {
  readonly over: AbortController;
  session: SessionInfo | undefined;
  shard: WebSocketShard | undefined;
}

const RECONNECT_PAUSES = { firstMs: 5_000, maxMs: 300_000 };
/** Any code but 1000 and 1001 leaves the session to be resumed, by this process or another. */
const RESUMABLE_CLOSE = 4_200;

/**
 * The SDK's shards, which come and go one by one: its own strategies have the same set from start to end. Each shard
 * connects until Discord takes it or refuses the bot; from then on the SDK reconnects and resumes by itself.
 */
export class ShardConnections extends SimpleShardingStrategy {
  readonly #manager: WebSocketManager;
  readonly #deps: ShardConnectionsDeps;
  readonly #open = new Map<number, Connection>();

  constructor(manager: WebSocketManager, deps: ShardConnectionsDeps) {
    super(manager);
    this.#manager = manager;
    this.#deps = deps;
  }

  /** Connects a shard and goes on with the session, if there is one. */
  open(id: number, session: SessionInfo | undefined): void {
    const { clock, isRefused, onFault, onRetry } = this.#deps;
    const connection: Connection = { over: new AbortController(), session, shard: undefined };
    this.#open.set(id, connection);
    retry(() => this.#connect(id, connection), {
      clock,
      signal: connection.over.signal,
      delays: (failures) => (isRefused() ? undefined : backoffMs(failures, RECONNECT_PAUSES)),
      onRetry,
    }).catch((error) => {
      if (!connection.over.signal.aborted && !isRefused()) onFault(error);
    });
  }

  /** Ends a shard's connection; resolves with its session, which another process can resume where that is wanted. */
  async close(id: number, canBeResumed: boolean): Promise<SessionInfo | undefined> {
    const connection = this.#open.get(id);
    if (connection === undefined) return undefined;
    connection.over.abort();
    await connection.shard?.destroy(canBeResumed ? { code: RESUMABLE_CLOSE } : {});
    if (this.#open.get(id) === connection) this.#open.delete(id);
    return connection.session;
  }

  sessionOf(id: number): SessionInfo | undefined {
    return this.#open.get(id)?.session;
  }

  override async send(id: number, payload: GatewaySendPayload): Promise<void> {
    await this.#open.get(id)?.shard?.send(payload);
  }

  override async destroy(options?: Omit<WebSocketShardDestroyOptions, "recover">): Promise<void> {
    const connections = [...this.#open.values()];
    this.#open.clear();
    for (const { over } of connections) over.abort();
    await Promise.all(connections.map(({ shard }) => shard?.destroy(options)));
  }

  /** Shards come by `open`. */
  override async spawn(): Promise<void> {}
  override async connect(): Promise<void> {}

  async #connect(id: number, connection: Connection): Promise<void> {
    const options = await managerToFetchingStrategyOptions(this.#manager);
    const tried = new AbortController();
    const isOver = () => connection.over.signal.aborted || tried.signal.aborted;
    const context = new SimpleContextFetchingStrategy(this.#manager, options);
    // The SDK asks before it connects a shard again, also one that paused when it was told to destroy it. Without an
    // answer, a shard that was given up ends here, instead of running beside the next one.
    context.retrieveSessionInfo = () =>
      isOver() ? new Promise(() => {}) : Promise.resolve(connection.session ?? null);
    context.updateSessionInfo = (_id, session) => {
      // A shard that is handed over keeps its session.
      if (session !== null || !isOver()) connection.session = session ?? undefined;
    };
    const shard = new WebSocketShard(context, id);
    guardShard(shard, this.#deps.onFault);
    for (const event of Object.values(WebSocketShardEvents))
      shard.on(event, (payload: object) => {
        if (!tried.signal.aborted) this.#manager.emit(event, { ...payload, shardId: id } as never);
      });
    connection.shard = shard;
    try {
      await shard.connect();
    } catch (error) {
      tried.abort();
      await shard.destroy();
      throw error;
    }
  }
}

/**
 * What the public interface of `WebSocketShard` (@discordjs/ws 1.2.3) lacks: it reads frames unchecked
 * (`payload.d.toString()`, `payload.d.heartbeat_interval`) and calls its own asynchronous methods with `void`, so that
 * one malformed frame is an unhandled rejection, which ends the process. Wanted upstream: frames of the wrong shape and
 * whatever `onMessage`, `onClose`, `heartbeat` and `internalConnect` throw are emitted as `error`. Until then, these
 * private methods are wrapped, here and nowhere else.
 */
interface ShardInternals {
  onMessage(data: unknown, isBinary: boolean): Promise<void>;
  onClose(code: number): Promise<void>;
  heartbeat(requested?: boolean): Promise<void>;
  internalConnect(): Promise<void>;
}

/** Makes a shard report malformed frames and its own failures to `onFault` and go on. */
export function guardShard(guarded: WebSocketShard, onFault: (error: unknown) => void): void {
  const shard = guarded as unknown as ShardInternals;
  const { onMessage, onClose, heartbeat, internalConnect } = shard;
  shard.onMessage = async (data, isBinary) => {
    if (isBinary || isFrame(data)) await onMessage.call(shard, data, isBinary).catch(onFault);
    else onFault(new Error("Discord's gateway sent a malformed frame"));
  };
  shard.onClose = (code) => onClose.call(shard, code).catch(onFault);
  shard.heartbeat = (requested) => heartbeat.call(shard, requested).catch(onFault);
  shard.internalConnect = () => internalConnect.call(shard).catch(onFault);
}

/** Whether the SDK can read a frame: known operations have the fields that it reaches for. */
function isFrame(data: unknown): boolean {
  try {
    const frame: unknown = JSON.parse(String(data));
    if (!isObject(frame)) return false;
    if (frame.op === GatewayOpcodes.Dispatch) return typeof frame.t === "string" && isDispatch(frame.t, frame.d);
    if (frame.op === GatewayOpcodes.InvalidSession) return typeof frame.d === "boolean";
    return frame.op !== GatewayOpcodes.Hello || (isObject(frame.d) && Number(frame.d.heartbeat_interval) >= 100);
  } catch {
    return false; // not JSON
  }
}

/** A session without its id could not be resumed, and the SDK connects to the address that it names. */
function isDispatch(type: string, data: unknown): boolean {
  if (type !== GatewayDispatchEvents.Ready) return true;
  if (!isObject(data) || typeof data.session_id !== "string") return false;
  const url = data.resume_gateway_url;
  return url === undefined || (typeof url === "string" && /^wss?:/.test(url) && URL.canParse(url));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
