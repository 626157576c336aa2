import { join } from "node:path";
import { type App, startApp } from "../../src/app.js";
import { parseConfig } from "../../src/base/config/config.js";
import { createLog } from "../../src/base/log.js";
import { platformDefinitions } from "../../src/bot/registry.js";
import { createCommands } from "../../src/commands/registry.js";
import { providerDefinitions } from "../../src/providers/registry.js";
import { openStore } from "../../src/store/open-store.js";
import { createPostgresStore } from "../../src/store/postgres/postgres.js";
import { createRedisStore } from "../../src/store/redis/redis.js";
import { type FakeClock, fakeClock } from "./fake-clock.js";
import { sqliteHere } from "./sqlite-here.js";

export interface Bot extends App {
  readonly clock: FakeClock;
  /** Everything it logged. */
  readonly log: string[];
  /** Stops it and starts another on the same data, with the same clock. */
  restart(environment?: Record<string, string>): Promise<Bot>;
  /** Turns the clock in steps of the schedule and ticks at each, as the timer would. */
  run(ms: number): Promise<void>;
}

const BEAT_MS = 10_000;
/** In real time; a list that takes longer hangs on purpose. */
const LISTS_PATIENCE_MS = 2_000;

/** False also where the bot does not say. */
async function isRefreshing(url: string): Promise<boolean> {
  const response = await fetch(`${url}/api/status`).catch(() => undefined);
  const status: unknown = response?.ok === true ? await response.json() : undefined;
  return typeof status === "object" && status !== null && "indicator" in status && status.indicator === "refreshing";
}

/**
 * The whole bot in this process, on a free port, with a clock that the test turns, and on its own SQLite file unless
 * the environment names another store.
 * `firstListsMs`: how long, by that clock, its doors stay closed for the first lists; not at all where it is unset.
 */
export async function startBot(
  folder: string,
  environment: Record<string, string> = {},
  clock = fakeClock(),
  firstListsMs?: number,
): Promise<Bot> {
  const definitions = [sqliteHere, createRedisStore, createPostgresStore].map((create) => create({ now: clock.now }));
  const parsed = parseConfig(
    { HTTP_PORT: "0", STORE_URL: `sqlite://${join(folder, "evergreen.sqlite")}`, ...environment },
    {
      providers: providerDefinitions,
      platforms: platformDefinitions,
      storeSchemes: definitions.flatMap(({ schemes }) => schemes),
    },
  );
  if ("faults" in parsed) throw new Error(JSON.stringify(parsed.faults));
  const { config } = parsed;
  const lines: string[] = [];
  const log = createLog({
    level: "debug",
    secrets: config.secrets,
    destination: { write: (line) => void lines.push(line) },
  });
  const store = await openStore(config.storeUrl, definitions);
  const app = await startApp({
    config,
    store,
    clock,
    log,
    fetch,
    createCommands,
    ...(firstListsMs !== undefined && { firstListsMs }),
  });
  /** A list that is fetched meanwhile comes by a real socket, and would be late by the next turn of the clock. */
  let isHanging = false;
  const listsIn = async () => {
    const patientUntil = performance.now() + LISTS_PATIENCE_MS;
    while (await isRefreshing(app.url)) {
      isHanging ||= performance.now() > patientUntil;
      if (isHanging) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    isHanging = false;
  };
  let isStopped = false;
  const stop = async (graceMs: number) => {
    if (isStopped) return;
    isStopped = true;
    await app.stop(graceMs);
  };
  return {
    ...app,
    stop,
    clock,
    log: lines,
    async restart(changed = environment) {
      await stop(0);
      return startBot(folder, changed, clock, firstListsMs);
    },
    async run(ms) {
      for (let passed = 0; passed < ms; passed += BEAT_MS) {
        await clock.advance(Math.min(BEAT_MS, ms - passed));
        await app.tick();
        await listsIn();
      }
    },
  };
}
