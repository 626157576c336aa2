import { Socket } from "node:net";
import { Client, type ClientConfig, type QueryResultRow } from "pg";
import { systemClock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { messageOf, StartupError } from "../../base/errors.js";
import { CALL_TIMEOUT_MS, type CallTimeout } from "../bounded.js";
import { codeOf, connectionFault, serverAddress } from "../server-fault.js";
import { ENCODING, SCHEMA, SCHEMA_VERSION, VERSION } from "./postgres-statements.js";

/** A connection may take longer than a call: a name to look up, several round trips to exchange keys and passwords. */
const OPEN_TIMEOUT_MS = 4000;
/** Nobody waits for one that is made again; on a slow line it takes longer than a start may. */
const OPEN_AGAIN_TIMEOUT_MS = 10_000;
/** At least: to agree on a start, and on a password. */
const CONNECT_ROUND_TRIPS = 2;
/** A server that is well has said goodbye by then. */
const END_TIMEOUT_MS = 500;
/** Replicas that start together may make the tables at the same moment: all but one fail, and find them then. */
const SCHEMA_ATTEMPTS = 5;

const READ_ONLY = "25006";
const FIXES: Readonly<Record<string, string>> = {
  "28P01": "refuses the user name or password; check them in the URL",
  "28000": "refuses this user, or a connection without TLS; check the user's name, or add ?sslmode=require",
  "3D000": "has no such database; create it, or check its name in the URL",
  "42501": "does not let this user make or use our tables; grant it USAGE and CREATE on the schema",
  [READ_ONLY]: "is read-only; name the primary",
  "53300": "has no connection left; raise its max_connections, or run fewer replicas",
  "57P03": "is still starting; start the bot again in a moment",
};

/** What PgBouncer says to a setting that it does not know, and to nothing else of ours. */
const isSettingRefused = (error: unknown) => /unsupported startup parameter/.test(messageOf(error));

/** Asks the server on one connection that is always made again. */
export interface Connection {
  /**
   * Sends at once, behind whatever still waits for its answer (pipelining), so that calls at the same time share a
   * round trip. @throws what the driver throws; a server that is silent for `timeoutMs` loses the connection
   */
  query<R extends QueryResultRow>(text: string, parameters?: readonly unknown[]): Promise<readonly R[]>;
  end(): Promise<void>;
}

export interface Connections {
  /** For short statements. */
  readonly steps: Connection;
  /** For reading many rows, which no short statement waits for. */
  readonly scans: Connection;
}

/**
 * Connects, and makes the tables where they are missing. `timeoutMs`: how long an answer may take from then on.
 * @throws {StartupError} when it cannot be reached or used, or is of a newer schema
 */
export async function openConnections(url: string, timeout: Timeout): Promise<Connections> {
  const { url: parsed, place } = serverAddress(url, "postgres://USER:PASSWORD@host:5432/DATABASE", 5432);
  // `require` then means what it means everywhere: encrypted, and no certificate asked for.
  if (parsed.searchParams.has("sslmode")) parsed.searchParams.set("uselibpqcompat", "true");
  let isOpen = false;
  const connection = (more: ClientConfig) =>
    createConnection(
      { connectionString: parsed.href, ...more },
      {
        learn: timeout.learn,
        timeoutMs: () => (isOpen ? timeout.timeoutMs() : OPEN_TIMEOUT_MS),
        connectMs: () => (isOpen ? OPEN_AGAIN_TIMEOUT_MS : OPEN_TIMEOUT_MS),
      },
    );
  const withStatementTimeout = { statement_timeout: CALL_TIMEOUT_MS };
  const prepared = async (more: ClientConfig): Promise<Connections> => {
    const steps = connection(more);
    try {
      await prepare(steps, place);
      return { steps, scans: connection(more) };
    } catch (error) {
      await steps.end();
      throw error;
    }
  };
  try {
    const connections = await prepared(withStatementTimeout).catch((error) => {
      if (isSettingRefused(error)) return prepared({});
      throw error;
    });
    isOpen = true;
    return connections;
  } catch (error) {
    throw postgresFault(place, error);
  }
}

type Timeout = Pick<CallTimeout, "timeoutMs" | "learn">;

interface LinkTerms extends Timeout {
  /** How long a connection may take, in ms. */
  connectMs(): number;
}

interface Link {
  readonly client: Client;
  readonly socket: Socket;
  readonly connected: Promise<unknown>;
}

function createConnection(config: ClientConfig, { timeoutMs, connectMs, learn }: LinkTerms): Connection {
  let link: Link | undefined;
  let isEnded = false;
  const letGo = (old: Link) => {
    if (link === old) link = undefined; // the next call makes another
    old.socket.destroy();
  };
  const connect = (): Link => {
    // Ours, so that it can be let go of whatever the client waits for.
    const socket = new Socket();
    const client = new Client({
      ...config,
      application_name: "evergreen",
      keepAlive: true,
      pipeline: true,
      connectionTimeoutMillis: connectMs(),
      stream: () => socket,
    });
    const startedAt = systemClock.now();
    const connected = client.connect().then(() => learn((systemClock.now() - startedAt) / CONNECT_ROUND_TRIPS));
    const made: Link = { client, socket, connected };
    client.on("error", () => letGo(made));
    client.on("end", () => letGo(made));
    made.connected.catch(() => letGo(made)); // whoever waits for it gets the error
    return made;
  };
  return {
    async query<R extends QueryResultRow>(text: string, parameters: readonly unknown[] = []) {
      if (isEnded) throw new Error("the connection is closed");
      link ??= connect();
      const asked = link;
      const { client, connected } = asked;
      // Calls that wait for the connection are sent in their order.
      await connected;
      // What got no answer in time is given up on both sides: its connection is dropped, and the server rolls back.
      const terms = { query_timeout: timeoutMs() }; // not in the driver's types
      const values = parameters.length === 0 ? {} : { values: [...parameters] };
      const answer = client.query<R>({ text, ...values, ...terms });
      return (
        await answer.catch((error) => {
          // What was changed by then, or the server that the address leads to by then, only a new connection finds.
          if (codeOf(error) === READ_ONLY) letGo(asked);
          throw error;
        })
      ).rows;
    },
    async end() {
      isEnded = true;
      const last = link;
      if (last === undefined) return;
      const goodbye = { what: "PostgreSQL", timeoutMs: END_TIMEOUT_MS, clock: systemClock };
      await withDeadline(async () => {
        await last.connected;
        await last.client.end();
      }, goodbye).catch(() => {}); // it is let go of without a word
      last.socket.destroy();
    },
  };
}

async function prepare(connection: Connection, place: string): Promise<void> {
  const [found] = await connection.query<{ encoding: string }>(ENCODING);
  if (found?.encoding !== "UTF8")
    throw new StartupError(
      `STORE_URL: the database in PostgreSQL at ${place} is in ${found?.encoding} and cannot store every text; ` +
        "make one with: create database evergreen encoding 'UTF8' template template0",
    );
  const version = (await readVersion(connection)) ?? (await makeSchema(connection));
  if (version > SCHEMA_VERSION)
    throw new StartupError(
      `STORE_URL: the data in PostgreSQL at ${place} was written by a newer version of this bot (schema ` +
        `${version}, this one knows ${SCHEMA_VERSION}); update the bot, or name another database`,
    );
}

/** Undefined where the tables are missing. */
async function readVersion(connection: Connection): Promise<number | undefined> {
  try {
    return Number((await connection.query<{ version: number }>(VERSION))[0]?.version ?? SCHEMA_VERSION);
  } catch (error) {
    if (codeOf(error) === "42P01") return undefined;
    throw error;
  }
}

async function makeSchema(connection: Connection): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      await connection.query(SCHEMA);
      return (await readVersion(connection)) ?? SCHEMA_VERSION;
    } catch (error) {
      // Unique violation in the server's own lists, table already there, deadlock, "tuple concurrently updated",
      // or a wait for the one that makes them which took too long.
      const isRace = ["23505", "42P07", "42710", "40P01", "XX000", "57014"].includes(codeOf(error));
      if (!isRace || attempt === SCHEMA_ATTEMPTS) throw error;
    }
  }
}

/** Translates the reason why PostgreSQL refuses a start, with the fix. */
function postgresFault(place: string, error: unknown): StartupError {
  if (error instanceof StartupError) return error;
  const fix = FIXES[codeOf(error)];
  if (fix !== undefined) return new StartupError(`STORE_URL: PostgreSQL at ${place} ${fix}`, error);
  return connectionFault("PostgreSQL", place, error);
}
