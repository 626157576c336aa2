// What CI runs. The checks that read the code alone run beside the tests, which often wait; the first that fails ends all.
import { spawn } from "node:child_process";
import { setPriority } from "node:os";

/** The tests go first: what they leave of the processors is enough for the rest. */
const LOW_PRIORITY = 10;
const CHECKS = [
  ["npm", "run", "--silent", "types"],
  ["npm", "run", "--silent", "lint"],
  ["npm", "run", "--silent", "dead-code"],
  ["node", "scripts/generate.mjs", "--check"],
];
const TESTS = ["npx", "vitest", "run"];

const children = new Set();

/** Resolves with the exit code, and with what it printed where that is not shown at once. */
function run([command, ...words], { isQuiet = false } = {}) {
  const shell = process.platform === "win32"; // npm is a script there
  const child = spawn(command, words, {
    shell,
    stdio: ["ignore", ...(isQuiet ? ["pipe", "pipe"] : ["inherit", "inherit"])],
  });
  children.add(child);
  if (isQuiet && child.pid !== undefined) setPriority(child.pid, LOW_PRIORITY);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 1, text: String(error) }));
    child.once("close", (code) => {
      children.delete(child);
      resolve({ code: code ?? 1, text });
    });
  });
}

/** Prints why, ends what still runs, and the process with it. */
function fail(code, text = "") {
  process.stdout.write(text);
  for (const child of children) child.kill();
  process.exit(code);
}

async function runChecks() {
  for (const check of CHECKS) {
    const { code, text } = await run(check, { isQuiet: true });
    if (code !== 0) fail(code, `\n${text}\n${check.join(" ")} failed\n`);
  }
}

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => fail(1));
// The program and its modules, which the tests and the checks use.
const built = await run(["node", "scripts/build.mjs"]);
if (built.code !== 0) fail(built.code);
const [tests] = await Promise.all([run(TESTS), runChecks()]);
process.exitCode = tests.code;
