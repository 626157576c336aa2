// A burst of questions, each in a new channel of the playground: how soon the built bot has stored them (202), and what
// of that its main thread works. `EVERGREEN_PROFILE=1` leaves a CPU profile in the working directory.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { tailOf } from "./tail-of.mjs";

const QUESTIONS = 1_000;
const PORT = 18_787;
const TICKS_PER_SECOND = 100;
const MAIN = resolve("dist/main.js");

/** CPU time of the main thread, in ms: user and system. */
function mainThreadMs(pid) {
  const fields = readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
}

const isReady = () =>
  fetch(`http://127.0.0.1:${PORT}/readyz`).then(
    ({ ok }) => ok,
    () => false, // not listening yet
  );

async function ask(number) {
  const startedAt = performance.now();
  const response = await fetch(`http://127.0.0.1:${PORT}/api/channels/burst-${number}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: `question ${number}` }),
  });
  await response.text();
  return { ms: performance.now() - startedAt, isTaken: response.status === 202 };
}

export async function run(print) {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
  const profile = process.env.EVERGREEN_PROFILE ? ["--cpu-prof", `--cpu-prof-dir=${process.cwd()}`] : [];
  const child = spawn(process.execPath, [...profile, MAIN], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HTTP_PORT: String(PORT),
      LOG_LEVEL: "silent",
      USER_MESSAGES_PER_10_MIN: "0",
      CHANNEL_MESSAGES_PER_10_MIN: "0",
    },
    stdio: "ignore",
  });
  try {
    while (!(await isReady())) await new Promise((done) => setTimeout(done, 20));
    const before = mainThreadMs(child.pid);
    const answers = await Promise.all(Array.from({ length: QUESTIONS }, (_, number) => ask(number)));
    const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
    print({
      questions: QUESTIONS,
      taken: answers.filter(({ isTaken }) => isTaken).length,
      p50Ms: Math.round(times[QUESTIONS >> 1]),
      ...tailOf("ms", times, Math.round),
      mainThreadMs: Math.round(mainThreadMs(child.pid) - before),
    });
  } finally {
    child.kill(profile.length > 0 ? "SIGTERM" : "SIGKILL");
    await new Promise((done) => child.once("exit", done));
    rmSync(folder, { recursive: true, force: true });
  }
}
