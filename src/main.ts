import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { type App, startApp } from "./app.js";
import { systemClock } from "./base/clock.js";
import { cleanValue, type Environment, parseConfig } from "./base/config.js";
import { AppError, messageOf } from "./base/errors.js";
import { createLog } from "./base/log.js";
import { createSignalHandler } from "./base/signals.js";
import { platformDefinitions } from "./bot/registry.js";
import { printManifest } from "./bot/slack/setup/print-manifest.js";
import { runDoctor } from "./bot/status/doctor.js";
import { createCommands } from "./commands/registry.js";
import { providerDefinitions } from "./providers/registry.js";
import { createSchedule } from "./refresh/schedule.js";
import { openStore } from "./store/open-store.js";
import { storeDefinitions } from "./store/registry.js";

/** What a start that cannot work exits with. */
const EXIT_FAULTY = 2;
/** Most lists are there in this time; a slow provider delays no more than this, and only the very first start. */
const FIRST_LISTS_MS = 500;
/** How long answers may go on after the signal to stop. */
const STOP_GRACE_MS = 20_000;

/** The real environment over `.env`; a real variable that is empty counts as unset, and then the file's is taken. */
function readEnvironment(): Environment {
  try {
    const text = existsSync(".env") ? readFileSync(".env", "utf8").replace(/^\uFEFF/, "") : "";
    const real = Object.entries(process.env).filter(([, value]) => cleanValue(value) !== undefined);
    return { ...parseEnv(text), ...Object.fromEntries(real) };
  } catch (error) {
    console.error(`✗ .env: cannot be read (${messageOf(error)}); mend its permissions, or remove it`);
    process.exit(EXIT_FAULTY);
  }
}

function readConfig() {
  const storeSchemes = storeDefinitions.flatMap(({ schemes }) => schemes);
  return parseConfig(readEnvironment(), { providers: providerDefinitions, storeSchemes });
}

async function run(): Promise<void> {
  const parsed = readConfig();
  if ("faults" in parsed) {
    for (const { variable, mend } of parsed.faults) console.error(`✗ ${variable}: ${mend}`);
    console.error(
      "Evergreen did not start. Mend these in .env or the environment; .env.example explains every variable.",
    );
    process.exit(EXIT_FAULTY);
  }
  const { config } = parsed;
  const clock = systemClock;
  const log = createLog({ level: config.logLevel, secrets: config.secrets });
  process.on("unhandledRejection", (error) => log.error({ error }, "a rejection that nobody handled"));

  let app: App | undefined;
  let stopSchedule = () => {};
  const stop = async () => {
    log.info("stopping");
    stopSchedule();
    await app?.stop(STOP_GRACE_MS);
    process.exit(0);
  };
  const onSignal = createSignalHandler({
    clock,
    stop: () =>
      void stop().catch((error) => {
        log.error({ error }, "the stop did not go in order");
        process.exit(1);
      }),
    kill: () => process.exit(1),
  });
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);

  try {
    const store = await openStore(config.storeUrl, storeDefinitions);
    app = await startApp({
      config,
      store,
      clock,
      log,
      fetch,
      platforms: platformDefinitions,
      createCommands,
      firstListsMs: FIRST_LISTS_MS,
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`✗ ${error.message}`);
    process.exit(EXIT_FAULTY);
  }
  const schedule = createSchedule({ tick: app.tick, clock, log });
  schedule.start();
  stopSchedule = schedule.stop;
  log.info({ url: app.url, providers: config.providers.map(({ id }) => id) }, "ready");
  if (config.playground) console.log(`Evergreen is ready: ${app.url}`);
}

if (process.argv[2] === "doctor")
  process.exitCode = await runDoctor({
    parsed: readConfig(),
    clock: systemClock,
    fetch,
    stores: storeDefinitions,
    platforms: platformDefinitions,
    print: console.log,
  });
else if (process.argv[2] === "slack-manifest")
  process.exitCode = printManifest({
    environment: readEnvironment(),
    createCommands,
    print: console.log,
    complain: console.error,
  });
else if (process.argv[2] === "simulate") {
  const { runSimulate } = await import("./refresh/simulation/simulate.js");
  process.exitCode = runSimulate({ words: process.argv.slice(3), print: console.log, printError: console.error });
} else await run();
