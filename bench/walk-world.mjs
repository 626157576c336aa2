// The bot and the fakes of the test suite in one process, and which functions of the bot run there.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SUPPORT = ["fake-clock", "fake-openai", "playground-client", "start-bot", "three-platforms"];
/** Turns of the clock are followed by this much real time, in which loopback and SQLite answer. */
const BREATH_MS = 10;
const STEP_MS = 100;

/** Compiles the source and the fakes into a temporary folder that is laid out like the repository. */
export function compileBot() {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-walk-"));
  const project = join(folder, "tsconfig.json");
  const compilerOptions = { noEmit: false, rootDir: ROOT, outDir: folder };
  const files = SUPPORT.map((name) => join(ROOT, "test", "support", `${name}.ts`));
  writeFileSync(project, JSON.stringify({ extends: join(ROOT, "tsconfig.json"), compilerOptions, files, include: [] }));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const filter = (path) => !path.endsWith(".ts");
  for (const part of ["src", "test"]) cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter });
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", project], { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("the bot and its fakes do not compile");
  const prefix = pathToFileURL(join(folder, "src/")).href;
  return {
    /** All exports of the fakes and helpers that the world needs. */
    async load() {
      const address = (name) => pathToFileURL(join(folder, "test", "support", `${name}.js`)).href;
      return Object.assign({}, ...(await Promise.all(SUPPORT.map((name) => import(address(name))))));
    },
    /** The source file that a script was compiled from; undefined where it is not one of the bot's. */
    sourceOf: (url) => (url.startsWith(prefix) ? `src/${url.slice(prefix.length).replace(/\.js$/, ".ts")}` : undefined),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The bot on Discord and Slack with one provider, on a clock that only moves when it is turned. */
export async function startWorld(support) {
  const { fakeClock, eventually, startBot, startFakeOpenAi, startThreePlatforms, temporaryFolder } = support;
  const clock = fakeClock();
  const folder = temporaryFolder();
  const openai = await startFakeOpenAi({ models: ["gpt-5", "gpt-5-mini"] });
  const platforms = await startThreePlatforms(clock.now, () => bot.url);
  const turn = async (ms) => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await clock.advance(Math.min(left, STEP_MS));
      await new Promise((done) => setTimeout(done, BREATH_MS));
    }
  };
  /** Turns the clock until `read` gives something. */
  const until = (what, read) =>
    eventually(what, async () => {
      const found = await read();
      if (found === undefined || found === false) await turn(STEP_MS);
      else return found;
    });
  const turning = async (work) => {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    await until("an end", () => isOver);
    return over;
  };
  const keys = { OPENAI_API_KEY: support.FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url };
  const bot = await turning(startBot(folder.path, { ...platforms.environment, ...keys }, clock));
  const isReady = async () => (await fetch(`${bot.url}/readyz`)).ok;
  await until("a start", async () => platforms.discord.commands.list.length > 0 && (await isReady()));
  return {
    bot,
    clock,
    openai,
    discord: platforms.discord,
    slack: platforms.slack,
    turn,
    until,
    turning,
    async close() {
      await turning(bot.stop(0));
      await Promise.all([platforms.close(), openai.close()]);
      folder.remove();
    },
  };
}
