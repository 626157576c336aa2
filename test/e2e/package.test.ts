import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const run = promisify(execFile);
const { version, dependencies }: { version: string; dependencies: Record<string, string> } = JSON.parse(
  readFileSync("package.json", "utf8"),
);
/** npm's own program, which `npx` is a link into. */
const npm = [
  process.env.npm_execpath ?? "",
  resolve(dirname(process.execPath), "../lib/node_modules/npm/bin/npm-cli.js"),
]
  .map((path) => join(dirname(path), "npm-cli.js"))
  .find((path) => existsSync(path));
/** Of this machine's settings what reaches a registry; the rest of the environment stays out. */
const NETWORK = /^(npm_config_(global|user)config|(https?|no)_proxy|NODE_EXTRA_CA_CERTS)$/i;
const network = Object.fromEntries(Object.entries(process.env).filter(([name]) => NETWORK.test(name)));

let folder: ReturnType<typeof temporaryFolder>;
const ends: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
  folder.remove();
});

const pack = (...options: readonly string[]) =>
  run(process.execPath, [npm ?? "", "pack", "--json", "--ignore-scripts", ...options], { maxBuffer: 1e8 });

/** Starts a bot by any command, as a group of processes that is ended together, and resolves once it is ready. */
async function start(command: string, words: readonly string[], cwd: string, environment: Record<string, string>) {
  const env = { HTTP_PORT: "0", ...environment };
  const child = spawn(command, words, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (chunk: string) => (text[name] += chunk));
  const ended = once(child, "close");
  ends.push(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), "SIGTERM");
    return ended;
  });
  const ready = () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${text.stderr}`);
    return /^Evergreen is ready: (\S+)$/m.exec(text.stdout)?.[1];
  };
  return { url: await eventually(`a start (${text.stderr})`, ready, 300_000), text };
}

/** What a newcomer does first: the page with its libraries, a question, the bot's own data in the current folder. */
async function expectToWork(url: string, cwd: string) {
  for (const path of ["/", "/console", "/assets/vendor/markdown-it.mjs", "/assets/vendor/uplot.mjs"])
    expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
  const client = playgroundClient(url);
  await client.say("hello");
  await eventually("an answer", async () => (await client.messages()).some(({ marks }) => marks.includes("✅")));
  expect(existsSync(join(cwd, "data", "evergreen.sqlite"))).toBe(true);
}

describe.skipIf(npm === undefined)("the package of `npm pack`", () => {
  beforeEach(() => run(process.execPath, ["scripts/prepack.mjs"]));

  it("holds the program, its licences, the settings' explanation and the changes, and none of the sources", async () => {
    const [packed] = JSON.parse((await pack("--dry-run")).stdout);
    const paths: string[] = packed.files.map((file: { path: string }) => file.path);
    expect(packed.filename).toBe(`evergreen-bot-${version}.tgz`);
    for (const path of [
      "package.json",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      ".env.example",
      "dist-package/main.js",
      "dist-package/THIRD-PARTY-LICENSES.txt",
      "dist-package/store/sqlite/sqlite-worker.js",
      "dist-package/bot/web/playground/page/app.js",
      "dist-package/usage/model-table.csv",
    ])
      expect(paths).toContain(path);
    expect(paths.filter((path) => /^(src|test|data|node_modules)\/|\.env$|\/modules\//.test(path))).toEqual([]);
  });

  it("runs with its own dependencies alone, and needs neither an override nor an install script", async () => {
    const installed = join(folder.path, "node_modules", "evergreen-bot");
    mkdirSync(installed, { recursive: true });
    for (const name of ["package.json", "dist-package"]) cpSync(name, join(installed, name), { recursive: true });
    for (const name of Object.keys(dependencies)) {
      const target = join(folder.path, "node_modules", name);
      mkdirSync(dirname(target), { recursive: true });
      symlinkSync(resolve("node_modules", name), target);
    }
    const main = join(installed, "dist-package", "main.js");
    const { url } = await start(process.execPath, [main], folder.path, {});
    await expectToWork(url, folder.path);
    expect((await run(process.execPath, [main, "--version"])).stdout).toBe(`${version}\n`);
  });

  it.runIf(process.env.SOAK !== undefined && process.platform === "linux")(
    "installs in an empty folder and starts by npx on every supported Node, where there is no compiler",
    { timeout: 900_000 },
    async ({ skip }) => {
      const install = async (line: number) => {
        const words = ["install", "--no-save", "--prefix", join(folder.path, `node-${line}`)];
        await run(process.execPath, [npm ?? "", ...words, `node-${process.platform}-${process.arch}@${line}`]);
      };
      const ran: string[] = [];
      await pack("--pack-destination", folder.path);
      // The whole PATH besides Node: no compiler, no git, no Python.
      const tools = join(folder.path, "tools");
      mkdirSync(tools);
      symlinkSync("/bin/sh", join(tools, "sh"));
      symlinkSync(join(dirname(npm ?? ""), "npx-cli.js"), join(tools, "npx"));
      for (const line of [20, 22, 24, 26]) {
        const name = `node-${process.platform}-${process.arch}`;
        try {
          await install(line);
        } catch (error) {
          const [reason] = String(error).split("\n").slice(-2);
          process.stdout.write(`Node ${line} cannot be fetched here (${reason}), the package is not tried on it\n`);
          continue;
        }
        const bin = join(folder.path, `node-${line}`, "node_modules", name, "bin");
        const empty = join(folder.path, `empty-${line}`);
        mkdirSync(empty);
        cpSync(join(folder.path, `evergreen-bot-${version}.tgz`), join(empty, `evergreen-bot-${version}.tgz`));
        const environment = { ...network, HOME: empty, PATH: `${bin}:${tools}` };
        const words = ["--yes", `./evergreen-bot-${version}.tgz`];
        const { url } = await start(join(tools, "npx"), words, empty, environment);
        await expectToWork(url, empty);
        ran.push((await run(join(bin, "node"), ["--version"])).stdout.trim());
      }
      process.stdout.write(`the package started by npx on ${ran.join(", ") || "no Node at all"}\n`);
      skip(ran.length === 0);
    },
  );
});
