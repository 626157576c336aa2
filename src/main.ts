import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { type App, startApp } from "./app.js";
import { systemClock } from "./base/clock.js";
import { cleanValue, type Environment, parseConfig } from "./base/config/config.js";
import { AppError, messageOf, tooManyFiles } from "./base/errors.js";
import { createLog, type Log } from "./base/log.js";
import { createSignalHandler } from "./base/signals.js";
import type { Program } from "./bot/port/platform-definition.js";
import { platformDefinitions } from "./bot/registry.js";
import { runDoctor } from "./bot/status/doctor.js";
import { createCommands } from "./commands/registry.js";
import { providerDefinitions } from "./providers/registry.js";
import { createSchedule } from "./refresh/schedule.js";
import { openStore } from "./store/open-store.js";
import { storeDefinitions } from "./store/registry.js";

/** The exit code of a start that cannot work. */
const EXIT_FAULTY = 2;
/** Most lists are there in this time; a slow provider delays no more than this, and only the very first start. */
const FIRST_LISTS_MS = 500;
/** Most characters of a word of the command line that an error repeats. */
const MAX_SHOWN_CHARS = 80;
/** How long answers may go on after the signal to stop. */
const STOP_GRACE_MS = 20_000;

/** The real environment over `.env`; a real variable that is empty counts as unset, and then the file's is taken. */
function readEnvironment(): Environment {
  try {
    const text = existsSync(".env") ? readFileSync(".env", "utf8").replace(/^\uFEFF/, "") : "";
    const real = Object.entries(process.env).filter(([, value]) => cleanValue(value) !== undefined);
    return { ...parseEnv(text), ...Object.fromEntries(real) };
  } catch (error) {
    console.error(`✗ .env: cannot be read (${messageOf(error)}); fix its permissions, or remove it`);
    process.exit(EXIT_FAULTY);
  }
}

const readConfig = () =>
  parseConfig(readEnvironment(), {
    providers: providerDefinitions,
    platforms: platformDefinitions,
    storeSchemes: storeDefinitions.flatMap(({ schemes }) => schemes),
  });

/** An unexpected error may have left anything half done: the bot ends, and a supervisor starts it again. */
function endOnUnforeseen(log: Pick<Log, "error">): void {
  const end = (what: string) => (error: unknown) => {
    const why = tooManyFiles(error);
    log.error(why === undefined ? { error } : {}, why ?? what);
    process.exit(1);
  };
  process.on("uncaughtException", end("uncaught exception"));
  process.on("unhandledRejection", end("unhandled promise rejection"));
}

async function runBot(): Promise<void> {
  const parsed = readConfig();
  if ("faults" in parsed) {
    for (const { variable, fix } of parsed.faults) console.error(`✗ ${variable}: ${fix}`);
    for (const { variable, fix } of parsed.warnings) console.error(`⚠️ ${variable}: ${fix}`);
    console.error(
      "Evergreen did not start. Fix these in .env or the environment; .env.example explains every variable.",
    );
    process.exit(EXIT_FAULTY);
  }
  const { config } = parsed;
  const clock = systemClock;
  const log = createLog({ level: config.logLevel, secrets: config.secrets });
  for (const { variable, fix } of parsed.warnings) log.warn({ variable }, `${variable} ${fix}`);
  endOnUnforeseen(log);

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
        log.error({ error }, "shutdown failed");
        process.exit(1);
      }),
    kill: () => process.exit(1),
  });
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);

  try {
    const opening = openStore(config.storeUrl, storeDefinitions, { acceptsOlder: config.acceptsOlderStore });
    // Meanwhile, since the store opens in a thread of its own.
    const [store] = await Promise.all([opening, ...config.platforms.map((setup) => setup.load?.())]);
    app = await startApp({ config, store, clock, log, fetch, createCommands, firstListsMs: FIRST_LISTS_MS });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`✗ ${error.message}`);
    process.exit(EXIT_FAULTY);
  }
  const schedule = createSchedule({ tick: app.tick, clock, log });
  schedule.start();
  stopSchedule = schedule.stop;
  log.info({ url: app.url, providers: config.providers.map(({ id }) => id) }, "ready");
  if (config.platforms.some(({ isServedHere }) => isServedHere)) console.log(`Evergreen is ready: ${app.url}`);
}

const doctor: Program = {
  name: "doctor",
  about: "checks configuration, store, keys and tokens",
  run: ({ print }) =>
    runDoctor({
      parsed: readConfig(),
      clock: systemClock,
      fetch,
      stores: storeDefinitions,
      platforms: platformDefinitions,
      print,
    }),
};

const simulate: Program = {
  name: "simulate",
  about: "replays traces through the bot's own policies",
  takesWords: true,
  async run({ words, print, printError }) {
    if (words[0] === "quota") {
      const { simulateQuota } = await import("./quota/simulation/simulate-quota.js");
      return simulateQuota({ words: words.slice(1), print, printError });
    }
    const { runSimulate } = await import("./refresh/simulation/simulate.js");
    return runSimulate({ words, print, printError });
  },
};

const programs: readonly Program[] = [
  doctor,
  simulate,
  ...platformDefinitions.flatMap((definition) => definition.programs ?? []),
];

/** What `--help` prints, and a word that names no program. */
const usage = () =>
  [
    "Usage: npm start                 runs the bot",
    ...programs.map(({ name, about }) => `       npm run ${name.padEnd(18)}${about}`),
    "       npm start -- --help       prints this",
    "       npm start -- --version    prints the version",
    "Installed as a package: evergreen-bot, evergreen-bot doctor, and so on.",
    "Settings come from .env and the environment; .env.example explains every variable.",
  ].join("\n");

/** Returns the version of the package that this file was built from. */
function version(): string {
  const { version: text }: { readonly version?: unknown } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  return String(text);
}

async function runCommandLine([name, ...words]: readonly string[]): Promise<void> {
  const program = programs.find((each) => each.name === name);
  const [unknown] = program?.takesWords ? [] : words;
  const isHelp = [name, unknown].some((word) => word === "--help" || word === "-h");
  if (name === undefined) await runBot();
  else if (isHelp) console.log(usage());
  else if (name === "--version" || name === "-v") console.log(version());
  else if (program === undefined || unknown !== undefined) {
    const what = program === undefined ? "there is no such program" : `${program.name} takes no such option`;
    console.error(`✗ ${(unknown ?? name).slice(0, MAX_SHOWN_CHARS)}: ${what}\n${usage()}`);
    process.exitCode = EXIT_FAULTY;
  } else
    process.exitCode = await program.run({
      words,
      readEnvironment,
      createCommands,
      print: console.log,
      printError: console.error,
    });
}

// Whoever reads no further, as `head`, has what they want.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
void runCommandLine(process.argv.slice(2));
