// A fake OpenAI whose answers are streamed from another thread, and the measurements of processes that read them.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";

const CHILD = fileURLToPath(new URL("./chat-child.mjs", import.meta.url));

/** OpenAI's chat stream, from another thread as it would be from another machine. */
const SERVER = `
const { createServer } = require("node:http");
const { parentPort, workerData } = require("node:worker_threads");
const { tokens, everyMs, isStamped } = workerData;
const chunk = (choices, usage) => "data: " + JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-4o-2024-08-06", choices, usage: usage ?? null }) + "\\n\\n";
createServer((request, response) => {
  request.resume();
  if (request.url.endsWith("/models")) return response.end(JSON.stringify({ object: "list", data: [{ id: "gpt-4o", object: "model" }] }));
  response.writeHead(200, { "content-type": "text/event-stream" });
  let sent = 0;
  const timer = setInterval(() => {
    const word = isStamped ? Date.now() : "word" + (sent % 10);
    if (sent++ < tokens) return response.write(chunk([{ index: 0, delta: { content: word + " " }, finish_reason: null }]));
    clearInterval(timer);
    response.write(chunk([{ index: 0, delta: {}, finish_reason: "stop" }]));
    response.write(chunk([], { prompt_tokens: 10, completion_tokens: tokens, total_tokens: tokens + 10 }));
    response.end("data: [DONE]\\n\\n");
  }, everyMs);
  response.on("close", () => clearInterval(timer));
}).listen(0, "127.0.0.1", function () { parentPort.postMessage(this.address().port); });`;

/** `isStamped`: each token is the time (epoch ms) at which it is written. */
export async function serve(tokens, everyMs = 20, isStamped = false) {
  const worker = new Worker(SERVER, { eval: true, workerData: { tokens, everyMs, isStamped } });
  const [port] = await once(worker, "message");
  return { url: `http://127.0.0.1:${port}/v1`, close: () => worker.terminate() };
}

/** One measurement of `chat-child.mjs`, in a process of its own. */
export async function measure(part, terms) {
  const arguments_ = ["--expose-gc", CHILD, part, JSON.stringify(terms)];
  const { stdout } = await promisify(execFile)(process.execPath, arguments_, { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout);
}
