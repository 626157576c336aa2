// Ten thousand conversations of the playground, each with a question and its answer by a local vendor: what the built
// bot's process keeps resident, at its highest and at rest; and whether it lives with a heap of 128 MB.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { portOf } from "./port-of.mjs";

const CONVERSATIONS = 10_000;
const AT_ONCE = 20;
/** A long question, so that what is kept of it shows. */
const QUESTION = "Why is the sky blue? ".repeat(100);
const REST_MS = 30_000;
const MAIN = resolve("dist/main.js");

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Answers every request with one short stream. */
async function startVendor() {
  const chunk = (delta, finish) =>
    `data: ${JSON.stringify({ id: "a", object: "chat.completion.chunk", created: 1, model: "gpt-5", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === "GET") {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ object: "list", data: [{ id: "gpt-5", object: "model", created: 1 }] }));
      return;
    }
    response.setHeader("content-type", "text/event-stream");
    response.end(
      `${chunk({ role: "assistant", content: "Because of Rayleigh." }, null)}${chunk({}, "stop")}data: [DONE]\n\n`,
    );
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  return { url: `http://127.0.0.1:${portOf(server)}/v1`, close: () => server.close() };
}

const residentMb = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;

/** @param {{ readonly port: number, readonly heapMb: number | undefined }} terms */
async function measure({ heapMb, port }) {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
  const vendor = await startVendor();
  const child = spawn(
    process.execPath,
    ["--max-semi-space-size=4", ...(heapMb ? [`--max-old-space-size=${heapMb}`] : []), MAIN],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HTTP_PORT: String(port),
        LOG_LEVEL: "silent",
        OPENAI_API_KEY: "sk-bench-0123456789",
        OPENAI_BASE_URL: vendor.url,
        DEFAULT_MODEL: "openai/gpt-5",
        USER_MESSAGES_PER_10_MIN: "0",
        CHANNEL_MESSAGES_PER_10_MIN: "0",
        PROVIDER_CONCURRENCY: "50",
      },
      stdio: "ignore",
    },
  );
  const url = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ); // false: not listening yet
  try {
    while (!(await isReady())) await pause(50);
    const atReadyMb = residentMb(child.pid);
    let next = 0;
    let taken = 0;
    let highestMb = 0;
    const ask = async () => {
      for (let number = next++; number < CONVERSATIONS && child.exitCode === null; number = next++) {
        const response = await fetch(`${url}/api/channels/talk-${number}/messages`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ text: QUESTION }),
        });
        await response.text();
        if (response.status === 202) taken += 1;
        if (number % 100 === 0) highestMb = Math.max(highestMb, residentMb(child.pid));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, ask));
    const atEndMb = residentMb(child.pid);
    await pause(REST_MS);
    const round = Math.round;
    return {
      heapMb: heapMb ?? "default",
      taken,
      isAlive: child.exitCode === null && (await isReady()),
      atReadyMb: round(atReadyMb),
      highestMb: round(Math.max(highestMb, atEndMb)),
      atRestMb: round(residentMb(child.pid)),
    };
  } finally {
    child.kill("SIGKILL");
    vendor.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function run(print) {
  print(await measure({ port: 18_788, heapMb: undefined }));
  print(await measure({ port: 18_789, heapMb: 128 }));
}
