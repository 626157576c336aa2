import { createClient } from "@keyv/redis";
import { systemClock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { messageOf, StartupError } from "../../base/errors.js";
import { connectionFault, serverAddress } from "../server-fault.js";

export type RedisClient = ReturnType<typeof makeClient>;

/** A start may wait longer than a call: a name to look up, a handshake to do. */
const OPEN_TIMEOUT_MS = 4000;
const FIRST_RETRY_MS = 50;
/** Back within seconds of the server, without a storm of attempts while it is away. */
const LONGEST_RETRY_MS = 1000;
/** An idle connection is asked for a sign of life this often, and dropped when none came for that long. */
const PING_EVERY_MS = 2000;
const SILENCE_MS = 4000;

const FIXES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password)/, "refuses the user name or password; check them in the URL"],
  [
    /^ERR (DB index is out of range|invalid DB index|SELECT is not allowed)/,
    "has no such database; check the number at the URL's end",
  ],
  [/^NOPERM/, "denies this user a command; allow it all commands on the keys evergreen:*"],
  [/^READONLY/, "is a read-only replica; name the primary"],
  [/^LOADING/, "is still loading its data; start the bot again in a moment"],
  [/^(OOM|MISCONF)/, "accepts no writes now; check its memory, disk and log"],
];

/**
 * Connects, and from then on stays connected: a connection that is lost or silent is always replaced.
 * `onRoundTrip` is called with how long the first round trip of each took.
 * @throws {StartupError} when the first connection fails
 */
export async function connectRedis(
  url: string,
  onRoundTrip: (ms: number) => void,
): Promise<{ readonly client: RedisClient; readonly place: string }> {
  const { url: parsed, place } = serverAddress(url, "redis://:PASSWORD@host:6379/0", 6379);
  if (!/^(\/\d*)?$/.test(parsed.pathname))
    throw new StartupError("STORE_URL: a Redis URL ends with the number of its database, like redis://host:6379/0");
  let isUp = false;
  const client = makeClient(url, () => isUp);
  client.on("error", () => {}); // each call that it fails throws it; the client reconnects by itself
  let connectedAt = 0;
  client.on("connect", () => {
    connectedAt = systemClock.now();
  });
  client.on("ready", () => onRoundTrip(systemClock.now() - connectedAt));
  // One per table listens, beside its own.
  client.setMaxListeners(0);
  try {
    await withDeadline(() => client.connect(), { what: "Redis", timeoutMs: OPEN_TIMEOUT_MS, clock: systemClock });
    isUp = true;
    return { client, place };
  } catch (error) {
    if (client.isOpen) client.destroy();
    // A Redis without TLS waits in silence for the rest of what it takes for a command.
    const isSilent = parsed.protocol === "rediss:" && /timeout|gave no answer/i.test(messageOf(error));
    throw redisFault(isSilent ? `${place} with TLS (without it: redis://)` : place, error);
  }
}

/** `isUp`: whether the first connection has stood, so that a lost one is made again. */
function makeClient(url: string, isUp: () => boolean) {
  return createClient({
    url,
    // Otherwise calls would queue without limit while the server is away.
    disableOfflineQueue: true,
    pingInterval: PING_EVERY_MS,
    socket: {
      connectTimeout: OPEN_TIMEOUT_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: (retries) => isUp() && Math.min(FIRST_RETRY_MS * 2 ** retries, LONGEST_RETRY_MS),
    },
  });
}

/** Replaces a connection that gave no answer, with all that waits on it. */
export function reconnect(client: RedisClient): void {
  // Otherwise it is at it already.
  if (!client.isReady) return;
  client.destroy();
  client.connect().catch(() => {}); // it goes on trying until it is closed
}

/** Translates the reason why Redis refuses a start, with the fix. */
export function redisFault(place: string, error: unknown): StartupError {
  if (error instanceof StartupError) return error;
  const fix = FIXES.find(([pattern]) => pattern.test(messageOf(error)));
  if (fix !== undefined) return new StartupError(`STORE_URL: Redis at ${place} ${fix[1]}`, error);
  return connectionFault("Redis", place, error);
}
