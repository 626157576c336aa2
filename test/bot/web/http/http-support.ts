import { connect } from "node:net";
import { pino } from "pino";
import { systemClock } from "../../../../src/base/clock.js";
import { createHttpServer, type HttpServer, type HttpServerDeps } from "../../../../src/bot/web/http/server.js";
import { ENGLISH_ONLY } from "../../../../src/languages/languages.js";

export const silentLog = pino({ level: "silent" });

type Overrides = Partial<Omit<HttpServerDeps, "config">> & { readonly config?: Partial<HttpServerDeps["config"]> };

/** A real server on a free loopback port. */
export async function startServer(
  overrides: Overrides = {},
): Promise<{ server: HttpServer; url: string; port: number; host: string }> {
  const { config, ...rest } = overrides;
  const server = createHttpServer({
    clock: systemClock,
    log: silentLog,
    isAlive: () => true,
    readiness: () => ({ isReady: true, problems: [], warnings: [] }),
    status: () => ({ indicator: "fresh" }),
    models: () => ({ isFresh: true, models: [] }),
    metrics: async () => "up 1\n",
    metricsContentType: "text/plain; version=0.0.4",
    languages: ENGLISH_ONLY,
    routes: [],
    ...rest,
    config: { host: "127.0.0.1", port: 0, token: undefined, allowedHosts: [], metricsPublic: false, ...config },
  });
  const { url, port } = await server.start();
  return { server, url, port, host: `127.0.0.1:${port}` };
}

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends exactly these bytes; what clients refuse to send is what an attacker sends. */
export function sendRaw(port: number, text: string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => {
      const [head = "", ...body] = answer.split("\r\n\r\n");
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body: body.join("\r\n\r\n") });
    });
  });
}

/** A request with these headers and no others but `Connection: close`. */
export function sendRequest(
  port: number,
  request: { method?: string; path?: string; headers?: readonly string[]; body?: string },
): Promise<RawAnswer> {
  const { method = "GET", path = "/api/status", headers = [], body = "" } = request;
  const length = body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const lines = [`${method} ${path} HTTP/1.1`, ...headers, ...length, "Connection: close"];
  return sendRaw(port, `${lines.join("\r\n")}\r\n\r\n${body}`);
}
