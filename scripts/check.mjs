// What CI runs. The checks that read the code alone run beside the tests, which often wait; the first that fails ends all.
import { spawn } from "node:child_process";
import { setPriority } from "node:os";

/** The tests go first: what they leave of the processors is enough for the rest. */
const LOW_PRIORITY = 10;
const CHECKS = [
  "npm run --silent types",
  "npm run --silent lint",
  "npm run --silent dead-code",
  "node scripts/generate.mjs --check",
];
const TESTS = "npx vitest run";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/**
 * Runs a command; resolves with its exit code, and with what it printed where that is not shown at once.
 * @param {string} line
 * @returns {Promise<{ code: number, text: string }>}
 */
function run(line, { isQuiet = false } = {}) {
  const [command = "", ...words] = line.split(" ");
  const output = isQuiet ? "pipe" : "inherit";
  /** @type {import("node:child_process").ChildProcess} */
  const child = spawn(command, words, { shell: process.platform === "win32", stdio: ["ignore", output, output] });
  running.add(child);
  if (isQuiet && child.pid !== undefined) setPriority(child.pid, LOW_PRIORITY);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 1, text: String(error) }));
    child.once("close", (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, text });
    });
  });
}

/**
 * Prints why, ends what still runs, and this process with it.
 * @param {number} code
 * @returns {never}
 */
function fail(code, text = "") {
  process.stdout.write(text);
  for (const child of running) child.kill();
  process.exit(code);
}

async function runChecks() {
  for (const line of CHECKS) {
    const { code, text } = await run(line, { isQuiet: true });
    if (code !== 0) fail(code, `\n${text}\n"${line}" failed\n`);
  }
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(signal, () => fail(1));
// The program and its modules, which tests and checks use.
const built = await run("node scripts/build.mjs");
if (built.code !== 0) fail(built.code);
const [tests] = await Promise.all([run(TESTS), runChecks()]);
process.exitCode = tests.code;
