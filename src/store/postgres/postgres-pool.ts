import { Pool } from "pg";
import { messageOf, StartupError } from "../../base/errors.js";
import { CALL_TIMEOUT_MS } from "../bounded.js";
import { codeOf, connectionFault, serverAddress } from "../server-fault.js";
import { ENCODING, SCHEMA, SCHEMA_VERSION, VERSION } from "./postgres-statements.js";

/** Statements are short, and replicas share the server's connections: 100 unless it was told otherwise. */
const MOST_CONNECTIONS = 4;
/** A start may wait longer than a call: a name to look up, a handshake, tables to make. */
const OPEN_TIMEOUT_MS = 4000;
/** Replicas that start together may make the tables at the same moment: all but one fail, and find them then. */
const SCHEMA_ATTEMPTS = 5;

const FIXES: Readonly<Record<string, string>> = {
  "28P01": "refuses the user name or password; check them in the URL",
  "28000": "refuses this user, or a connection without TLS; check the user's name, or add ?sslmode=require",
  "3D000": "has no such database; create it, or check its name in the URL",
  "42501": "does not let this user make or use our tables; grant it USAGE and CREATE on the schema",
  "25006": "is read-only; name the primary",
  "53300": "has no connection left; raise its max_connections, or run fewer replicas",
  "57P03": "is still starting; start the bot again in a moment",
};

/** What PgBouncer says to a setting that it does not know, and to nothing else of ours. */
const isSettingRefused = (error: unknown) => /unsupported startup parameter/.test(messageOf(error));

/**
 * Connects, and makes the tables where they are missing.
 * @throws {StartupError} when it cannot be reached or used, or is of a newer schema
 */
export async function openPool(url: string): Promise<Pool> {
  const { url: parsed, place } = serverAddress(url, "postgres://USER:PASSWORD@host:5432/DATABASE", 5432);
  // `require` then means what it means everywhere: encrypted, and no certificate asked for.
  if (parsed.searchParams.has("sslmode")) parsed.searchParams.set("uselibpqcompat", "true");
  try {
    const hasStatementTimeout = await prepared(parsed.href, place, true).catch((error) => {
      if (isSettingRefused(error)) return prepared(parsed.href, place, false);
      throw error;
    });
    return makePool(parsed.href, CALL_TIMEOUT_MS, hasStatementTimeout);
  } catch (error) {
    throw postgresFault(place, error);
  }
}

function makePool(url: string, timeoutMs: number, hasStatementTimeout: boolean): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: "evergreen",
    max: MOST_CONNECTIONS,
    keepAlive: true,
    connectionTimeoutMillis: timeoutMs,
    // What got no answer in time is given up on both sides: its connection is dropped, and the server rolls back.
    query_timeout: timeoutMs,
    ...(hasStatementTimeout && { statement_timeout: timeoutMs }),
  });
  pool.on("error", () => {}); // an idle connection was dropped; the next call makes another
  return pool;
}

/** Looks, makes what is missing, and tells whether the server knows `statement_timeout`. */
async function prepared(url: string, place: string, hasStatementTimeout: boolean): Promise<boolean> {
  const pool = makePool(url, OPEN_TIMEOUT_MS, hasStatementTimeout);
  try {
    const { rows } = await pool.query<{ encoding: string }>(ENCODING);
    const encoding = rows[0]?.encoding;
    if (encoding !== "UTF8")
      throw new StartupError(
        `STORE_URL: the database in PostgreSQL at ${place} is in ${encoding} and cannot keep every text; ` +
          "make one with: create database evergreen encoding 'UTF8' template template0",
      );
    const version = (await readVersion(pool)) ?? (await makeSchema(pool));
    if (version > SCHEMA_VERSION)
      throw new StartupError(
        `STORE_URL: the data in PostgreSQL at ${place} was written by a newer version of this bot (schema ` +
          `${version}, this one knows ${SCHEMA_VERSION}); update the bot, or name another database`,
      );
    return hasStatementTimeout;
  } finally {
    await pool.end();
  }
}

/** Undefined where the tables are missing. */
async function readVersion(pool: Pool): Promise<number | undefined> {
  try {
    return Number((await pool.query<{ version: number }>(VERSION)).rows[0]?.version ?? SCHEMA_VERSION);
  } catch (error) {
    if (codeOf(error) === "42P01") return undefined;
    throw error;
  }
}

async function makeSchema(pool: Pool): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      await pool.query(SCHEMA);
      return (await readVersion(pool)) ?? SCHEMA_VERSION;
    } catch (error) {
      // Unique violation in the server's own lists, table already there, deadlock, "tuple concurrently updated".
      const isRace = ["23505", "42P07", "42710", "40P01", "XX000"].includes(codeOf(error));
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
