// One place for the REST calls of all replicas, so that together they keep Discord's limits. Start: node main.mjs
//   PROXY_HOST (127.0.0.1) and PROXY_PORT (8080): where it listens; in a private network only, since tokens pass
//   DISCORD_UPSTREAM_URL (https://discord.com/api): Discord's REST base
import { createServer } from "node:http";
import { createDiscordProxy } from "./proxy.mjs";

/** Each setting with what is wrong with it, if anything. */
const { PROXY_HOST = "127.0.0.1", PROXY_PORT = "8080", DISCORD_UPSTREAM_URL } = process.env;
const faults = [
  !(/^\d+$/.test(PROXY_PORT) && Number(PROXY_PORT) < 65_536) && "PROXY_PORT must be a number from 0 to 65535",
  DISCORD_UPSTREAM_URL !== undefined &&
    !/^https?:\/\/[^/@\s]+(\/\S*)?$/.test(DISCORD_UPSTREAM_URL) &&
    "DISCORD_UPSTREAM_URL must be an address with http or https, as https://discord.com/api",
].filter((fault) => fault !== false);
const say = (words) => console.error(JSON.stringify({ time: new Date().toISOString(), ...words }));
for (const fault of faults) say({ level: "error", msg: fault });
if (faults.length > 0) process.exit(2);

const answer = createDiscordProxy(DISCORD_UPSTREAM_URL?.replace(/(\/v\d+)?\/*$/, ""));
/** Answers by who gave them and their status. */
const counts = new Map();
let open = 0;

const server = createServer((request, response) => {
  if (request.url === "/healthz") return void response.end("ok");
  if (request.url === "/metrics") return void response.setHeader("content-type", "text/plain").end(metrics());
  open += 1;
  response.once("close", () => {
    open -= 1;
    const by = !response.writableFinished ? "nobody" : response.hasHeader("generated-by-proxy") ? "proxy" : "discord";
    const labels = `by="${by}",status="${response.statusCode}"`;
    counts.set(labels, (counts.get(labels) ?? 0) + 1);
  });
  answer(request, response).catch((error) => say({ level: "error", msg: "a call failed", error: String(error) }));
});

/** For Prometheus. */
const metrics = () =>
  [
    "# TYPE discord_proxy_answers_total counter",
    ...[...counts].map(([labels, count]) => `discord_proxy_answers_total{${labels}} ${count}`),
    "# TYPE discord_proxy_open_calls gauge",
    `discord_proxy_open_calls ${open}`,
    "",
  ].join("\n");

server.on("error", (error) => {
  say({ level: "error", msg: `cannot listen: ${error.message}` });
  process.exit(1);
});
server.listen(Number(PROXY_PORT), PROXY_HOST, () => {
  const { address, port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  say({ level: "info", msg: "ready", url: `http://${address}:${port}/api` });
});

/** Calls that are on their way are answered; each ends within 10 s. */
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close(() => process.exit(0)));
