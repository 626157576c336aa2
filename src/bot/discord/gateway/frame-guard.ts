import type { WebSocketShard } from "@discordjs/ws";
import { GatewayDispatchEvents, GatewayOpcodes } from "discord-api-types/v10";

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
