import { createServer, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Clock } from "../../../base/clock.js";
import type { HostConfig } from "../../../base/config-host.js";
import type { Log } from "../../../base/log.js";
import { checkSource, checkToken } from "./access.js";
import { sharedAssets } from "./assets.js";
import { type BaseRoutesDeps, baseRoutes } from "./base-routes.js";
import { answerError } from "./errors.js";
import { SIGN_IN_PATH } from "./guard.js";
import { SECURITY_HEADERS, withHeaders } from "./headers.js";
import { type KnownHosts, knownHosts } from "./hosts.js";
import { listen } from "./listen.js";
import { askToSignIn, signIn } from "./sign-in.js";
import { createTokenCheck } from "./token.js";

export interface HttpServerDeps extends BaseRoutesDeps {
  readonly config: HostConfig["http"];
  readonly clock: Clock;
  readonly log: Log;
  /** What the playground and the console mount; everything before them is guarded already. */
  readonly routes: readonly ((app: Hono) => void)[];
}

export interface HttpServer {
  /** @throws {StartupError} naming HTTP_PORT or HTTP_HOST when the address cannot be had */
  start(): Promise<{ readonly url: string; readonly port: number }>;
  /** Ends event streams at once and gives other requests a second. */
  stop(): Promise<void>;
}

/** How long a request that runs at the stop may still take. */
const STOP_GRACE_MS = 1_000;

/** The HTTP server that always runs: health, status, metrics, and whatever mounts itself. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const { config, clock, log } = deps;
  const stopping = new AbortController();
  const check = config.token === undefined ? undefined : createTokenCheck(config.token, clock, stopping.signal);
  const eventStreams = new Set<ServerResponse>();
  let known: KnownHosts = knownHosts(config.host, config.port, config.allowedHosts);

  const app = new Hono();
  app.use(withHeaders);
  app.use(checkSource(() => known));
  app.use(checkToken({ check, isMetricsPublic: config.metricsPublic }));
  app.use(async (context, next) => {
    await next();
    if (context.res.headers.get("content-type") !== "text/event-stream") return;
    const { outgoing } = context.env as unknown as { outgoing: ServerResponse };
    eventStreams.add(outgoing);
    outgoing.once("close", () => eventStreams.delete(outgoing));
  });
  baseRoutes(deps)(app);
  sharedAssets(app);
  if (check !== undefined) {
    app.get(SIGN_IN_PATH, askToSignIn);
    app.post(SIGN_IN_PATH, (context) => signIn(context, check));
  }
  for (const mount of deps.routes) mount(app);
  app.notFound((context) => context.json({ error: "There is nothing at this address." }, 404));
  app.onError(answerError(log));

  const listener = getRequestListener((request, env) => app.fetch(request, env as HttpBindings), {
    overrideGlobalObjects: false, // the SDKs use the global Request
    errorHandler: () =>
      Response.json({ error: "The request is malformed." }, { status: 400, headers: SECURITY_HEADERS }),
  });
  const server = createServer((incoming, outgoing) => {
    unused.delete(incoming.socket);
    void listener(incoming, outgoing);
  });
  // Clients open spare connections; Node counts one that never asked for anything as busy, and a stop would wait for
  // it.
  const unused = new Set<Socket>();
  server.on("connection", (socket) => {
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });

  return {
    async start() {
      const port = await listen(server, config.host, config.port);
      known = knownHosts(config.host, port, config.allowedHosts);
      const name = config.host.includes(":") ? `[${config.host}]` : config.host;
      return { url: `http://${name}:${port}`, port };
    },
    async stop() {
      if (!server.listening) return;
      stopping.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of [...eventStreams, ...unused]) connection.destroy();
      server.closeIdleConnections();
      const timer = new AbortController();
      const cutOff = clock.sleep(STOP_GRACE_MS, timer.signal).then(
        () => server.closeAllConnections(),
        () => {}, // all were done in time: the timer was called off below
      );
      await closed;
      timer.abort();
      await cutOff;
    },
  };
}
