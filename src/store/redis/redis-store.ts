import KeyvRedis, { createClient } from "@keyv/redis";
import { systemClock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { messageOf, StartupError } from "../../base/errors.js";
import { boundStore, createCallTimeout } from "../bounded.js";
import { createKeyvTable } from "../keyv-table.js";
import { type ClaimAttempt, claimFromEnded, processOwner } from "../process-owner.js";
import { connectionFault, serverAddress } from "../server-fault.js";
import {
  type Claim,
  type ClaimTerms,
  checkKey,
  checkTerms,
  type KeyValue,
  type Store,
  StoreError,
  TABLES,
  type Table,
  translated,
  type Write,
} from "../store.js";
import * as scripts from "./redis-scripts.js";

export interface RedisDeps {
  /** The store's clock; Redis' own unless given. */
  readonly now?: () => number;
}

/** Raise it with every change that an older bot could not live with. */
const SCHEMA_VERSION = 1;
/** Rows that are read at once; one command with all of them would hold up everybody else on the server. */
const READ_ROWS = 2_000;

/** @throws {StartupError} when it cannot be reached or used, or is of a newer schema */
export async function openRedisStore(url: string, deps: RedisDeps): Promise<Store> {
  const timeout = createCallTimeout(systemClock);
  const { client, place } = await connectRedis(url, timeout.learn);
  try {
    await timeout.timed(() => checkSchema(client, place));
  } catch (error) {
    client.destroy();
    throw redisFault(place, error);
  }
  return boundStore(createStore(client, deps), {
    clock: systemClock,
    timeout,
    onTimeout: () => reconnect(client),
  });
}

async function checkSchema(client: RedisClient, place: string): Promise<void> {
  const [, found] = await Promise.all([
    client.set(scripts.SCHEMA_NAME, String(SCHEMA_VERSION), { condition: "NX" }),
    client.get(scripts.SCHEMA_NAME),
  ]);
  const version = Number(found);
  if (version > SCHEMA_VERSION)
    throw new StartupError(
      `STORE_URL: the data in Redis at ${place} was written by a newer version of this bot (schema ` +
        `${version}, this one knows ${SCHEMA_VERSION}); update the bot, or name another database`,
    );
}

function createStore(client: RedisClient, deps: RedisDeps): Store {
  const owner = processOwner();
  const now = () => deps.now?.().toString() ?? "";
  const run = ({ text, ...terms }: scripts.Script) =>
    client.eval(text, terms).catch((error) => {
      // After a failover the address may lead to another server, which only a new connection finds.
      if (/READONLY/.test(messageOf(error))) reconnect(client);
      throw error;
    });
  const write = (writes: readonly Write[]) =>
    translated(`writing ${writes.length} rows`, async () => {
      if (writes.length > 0) await run(scripts.writeScript(writes));
    });
  const take = async (name: string, terms: ClaimTerms): Promise<ClaimAttempt> => {
    const reply = (await run(scripts.claimScript(now(), checkKey(name), owner, terms))) as unknown[];
    const [held, until, fence, holder] = reply;
    return { held: held === 1, until: Number(until), claim: { name, owner: String(holder), fence: Number(fence) } };
  };
  const commit = async ({ name, owner, fence }: Claim, writes: readonly Write[]) =>
    Number(await run(scripts.commitScript(name, owner, fence, writes))) === 1;
  const end = async (claim: Claim) => void (await run(scripts.endScript(claim)));
  const tables = new Map(TABLES.map((table) => [table, createTable(client, table, write)]));

  return {
    values(table) {
      const values = tables.get(table);
      if (values === undefined) throw new StoreError(`there is no table "${table}"`);
      return values;
    },
    write,
    writeOnce: (name, forMs, writes) =>
      translated(
        `writing "${name}" once`,
        async () => Number(await run(scripts.onceScript(now(), checkKey(name), forMs, writes))) === 1,
      ),
    swap: (rows, writes) =>
      translated("changing rows", async () => Number(await run(scripts.swapScript([rows].flat(), writes))) === 1),
    claim: (name, terms) =>
      translated(`claiming "${name}"`, () => {
        checkTerms(terms);
        return claimFromEnded(() => take(name, terms), end);
      }),
    commit: (claim, writes) => translated(`committing "${claim.name}"`, () => commit(claim, writes)),
    renew: (claim, ttlMs) =>
      translated(`renewing "${claim.name}"`, async () => {
        checkTerms({ ttlMs });
        return Number(await run(scripts.renewScript(now(), claim, ttlMs))) === 1;
      }),
    // Its snapshots and its log are the server's: they are written again by its own schedule.
    purge: async () => {},
    close: async () => {
      if (client.isOpen) client.destroy();
    },
  };
}

function createTable(client: RedisClient, table: Table, write: (writes: readonly Write[]) => Promise<void>): KeyValue {
  // Reconnecting and its patience are the client's, which all tables share.
  const adapter = new KeyvRedis(client as ConstructorParameters<typeof KeyvRedis>[0], {
    keyPrefixSeparator: ":",
    throwOnErrors: true,
    throwOnConnectError: true,
  });
  adapter.on("error", () => {}); // the call that failed throws the same error
  const rowsOf = async (range: scripts.Range) => {
    const { text, ...terms } = scripts.rangeScript(table, range);
    const [keys, texts] = (await client.eval(text, terms)) as unknown as readonly [string[], unknown[]];
    return keys.map((key, index) => [key, texts[index]] as const);
  };
  const scan = async (prefix: string) => {
    const last = scripts.endOf(prefix);
    const rows: (readonly [string, unknown])[] = [];
    for (let first = scripts.startOf(prefix); ; first = `(${rows.at(-1)?.[0]}`) {
      const part = await rowsOf({ first, last, limit: READ_ROWS });
      rows.push(...part);
      if (part.length < READ_ROWS) return rows;
    }
  };
  const scanBack = (prefix: string, before: string | undefined, limit: number) => {
    const last = before === undefined ? scripts.endOf(prefix) : `(${before}`;
    return rowsOf({ first: scripts.startOf(prefix), last, limit, isBackwards: true });
  };
  return {
    ...createKeyvTable({ table, adapter, namespace: scripts.tableName(table), scan, scanBack }),
    // Keyv knows nothing of the index.
    set: async (key, value) => {
      if (value === undefined) throw new StoreError("undefined is not a value");
      await write([{ table, key, value }]);
    },
    delete: (key) => write([{ table, key, value: undefined }]),
  };
}

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
