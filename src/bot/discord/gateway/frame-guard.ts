import type { Client, IShardingStrategy, WebSocketOptions } from "discord.js";
import { SimpleShardingStrategy } from "discord.js";

type StrategyBuilder = NonNullable<WebSocketOptions["buildStrategy"]>;

/** What the SDK keeps to itself and has to be held from outside. */
interface Shard {
  onMessage(data: unknown, isBinary: boolean): Promise<void>;
  onClose(code: number): Promise<void>;
  onError(error: unknown): void;
  heartbeat(requested?: boolean): Promise<void>;
  internalConnect(): Promise<void>;
}
interface Packets {
  handlePacket(packet?: { readonly t?: unknown }, shard?: unknown): boolean;
}

export interface GuardDeps {
  onFault(error: unknown): void;
  /** Whether this client was given up: its shards would go on connecting, beside those of the next one. */
  isOver(): boolean;
}

/**
 * A strategy whose shards survive frames that are not what Discord sends: the SDK reads them unchecked, and what it
 * throws would be a rejection that nobody handles.
 */
export function guardedStrategy(deps: GuardDeps): StrategyBuilder {
  return (manager) => {
    const strategy = new SimpleShardingStrategy(manager);
    const spawn = strategy.spawn.bind(strategy);
    strategy.spawn = async (ids) => {
      await spawn(ids);
      const { shards } = strategy as unknown as { readonly shards: ReadonlyMap<number, Shard> };
      for (const shard of shards.values()) guardShard(shard, deps);
    };
    return strategy satisfies IShardingStrategy;
  };
}

function guardShard(shard: Shard, { onFault, isOver }: GuardDeps): void {
  const { onMessage, onClose, onError, heartbeat, internalConnect } = shard;
  shard.onMessage = async (data, isBinary) => {
    if (!isBinary && !isFrame(data)) return onFault(new Error("Discord's gateway sent a frame that is none"));
    await onMessage.call(shard, data, isBinary).catch(onFault);
  };
  shard.onClose = (code) => onClose.call(shard, code).catch(onFault);
  shard.onError = (error) => onError.call(shard, error instanceof Error ? error : new Error("the socket failed"));
  shard.heartbeat = (requested) => heartbeat.call(shard, requested).catch(onFault);
  shard.internalConnect = async () => {
    if (!isOver()) await internalConnect.call(shard).catch(onFault);
  };
}

/** Whether the SDK can read it: known operations have the fields that it reaches for. */
function isFrame(data: unknown): boolean {
  try {
    const frame: unknown = JSON.parse(String(data));
    if (!isObject(frame)) return false;
    if (frame.op === 0) return typeof frame.t === "string" && isDispatch(frame.t, frame.d);
    if (frame.op === 9) return typeof frame.d === "boolean";
    return frame.op !== 10 || (isObject(frame.d) && Number(frame.d.heartbeat_interval) >= 100);
  } catch {
    return false;
  }
}

/** A session without its id could not be resumed, and the SDK would take it for one. */
function isDispatch(type: string, data: unknown): boolean {
  if (type !== "READY") return true;
  return isObject(data) && typeof data.session_id === "string" && isObject(data.user) && Array.isArray(data.guilds);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Servers, channels and threads are what this bot lets the SDK remember; the rest it reads itself. */
const KEPT = /^(READY|RESUMED|(GUILD_(CREATE|UPDATE|DELETE|ROLE_\w+)|CHANNEL_\w+|THREAD_\w+))$/;

/** Keeps from the SDK's own handlers what the bot does not need of them, and their faults from the process. */
export function guardPackets(client: Client, onFault: (error: unknown) => void): void {
  const packets = client.ws as unknown as Packets;
  const handlePacket = packets.handlePacket.bind(packets);
  packets.handlePacket = (packet, shard) => {
    if (packet !== undefined && !KEPT.test(String(packet.t))) return false;
    try {
      return handlePacket(packet, shard);
    } catch (error) {
      onFault(error);
      return false;
    }
  };
}
