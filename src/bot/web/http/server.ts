import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { Clock } from "../../../base/clock.js";
import type { HostConfig } from "../../../base/config/config-host.js";
import { AppError, StartupError } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import type { Languages } from "../../../languages/languages.js";
import { inLanguage, t } from "../../../languages/translate.js";
import { sharedAssets } from "./assets.js";
import { checkSource, HEALTH_PATHS, type KnownHosts, knownHosts, SIGN_IN_PATH } from "./guard.js";
import { HttpError } from "./http-error.js";
import { pageHtml, pageLanguage } from "./page.js";
import { askToSignIn, checkToken, createTokenCheck, signIn } from "./token.js";

export interface HttpServerDeps {
  readonly config: HostConfig["http"];
  readonly clock: Clock;
  readonly log: Log;
  isAlive(): boolean;
  /** Warnings are for whoever looks after the bot, and keep nobody from using it. */
  readiness(): {
    readonly isReady: boolean;
    readonly problems: readonly string[];
    readonly warnings: readonly string[];
  };
  /** The body of `/api/status`. */
  status(): object;
  /** The body of `/api/models`. */
  models(): object;
  /** Prometheus text. */
  metrics(): Promise<string>;
  readonly metricsContentType: string;
  /** What its pages are there in. */
  readonly languages: Languages;
  /** What the playground and the console mount, behind the checks of source and token. */
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

/** Sent with every answer, also with those to malformed requests, which no middleware sees. */
const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** For a person who mistyped an address, or whose playground is off. */
const notFoundPage = () =>
  pageHtml({
    title: `${t`Not found`} · Evergreen`,
    styles: ["/assets/shared/theme.css", "/assets/shared/sign-in.css"],
    body: `<main class="sign-in">
<h1><img src="/assets/shared/icon.svg" alt="" width="40" height="40"> ${t`Nothing here`}</h1>
<p>${t`There is nothing at this address. ${'<a href="/">'}Go to the chat${"</a>"}, or to the
  ${'<a href="/console">'}console${"</a>"}.`}</p>
</main>
`,
  });

/** The HTTP server that always runs: health, status, metrics, and whatever mounts itself. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const { config, clock } = deps;
  const stopping = new AbortController();
  const eventStreams = new Set<ServerResponse>();
  let known: KnownHosts = knownHosts(config.host, config.port, config.allowedHosts);
  const app = createApp(deps, { stopping: stopping.signal, eventStreams, known: () => known });

  const pages = whenFirstUsed(app);
  const server = createServer((incoming, outgoing) => {
    unused.delete(incoming.socket);
    if (!answerProbe(incoming, outgoing, deps)) void pages(incoming, outgoing);
  });
  // Clients open spare connections; Node counts one that never sent a request as busy, and a stop would wait for it.
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
        () => {}, // all were done in time: the timer was aborted below
      );
      await closed;
      timer.abort();
      await cutOff;
    },
  };
}

type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/** Loads what turns requests into those of fetch with the first: 8 MB and 30 ms, which probes do without. */
function whenFirstUsed(app: Hono): Listener {
  let loaded: Promise<Listener> | undefined;
  const load = async (): Promise<Listener> => {
    const { getRequestListener } = await import("@hono/node-server");
    return getRequestListener((request, env) => app.fetch(request, env as HttpBindings), {
      overrideGlobalObjects: false, // the SDKs use the global Request
      errorHandler: () =>
        Response.json({ error: "The request is malformed." }, { status: 400, headers: SECURITY_HEADERS }),
    });
  };
  return async (incoming, outgoing) => {
    loaded ??= load();
    return (await loaded)(incoming, outgoing);
  };
}

/** Answers what orchestrators ask every few seconds; false for every other request. Never throws. */
function answerProbe(
  { method = "", url = "" }: IncomingMessage,
  outgoing: ServerResponse,
  { isAlive, readiness, log }: Pick<HttpServerDeps, "isAlive" | "readiness" | "log">,
): boolean {
  const [path = ""] = url.split("?");
  if (!HEALTH_PATHS.includes(path) || !["GET", "HEAD"].includes(method)) return false;
  const answer = (status: number, facts: object) => {
    const body = JSON.stringify(facts);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    outgoing.writeHead(status, { ...SECURITY_HEADERS, "cache-control": "no-store", ...headers });
    outgoing.end(method === "HEAD" ? undefined : body);
  };
  try {
    const { isReady, ...about } = path === "/readyz" ? readiness() : { isReady: isAlive() };
    answer(isReady ? 200 : 503, path === "/readyz" ? { ready: isReady, ...about } : { alive: isReady });
  } catch (error) {
    log.error({ error, path }, "a request failed");
    answer(500, { error: t`Something went wrong.` });
  }
  return true;
}

interface AppState {
  readonly stopping: AbortSignal;
  /** Responses that only end when the listener leaves. */
  readonly eventStreams: Set<ServerResponse>;
  known(): KnownHosts;
}

function createApp(deps: HttpServerDeps, { stopping, eventStreams, known }: AppState): Hono {
  const { config, clock, log } = deps;
  const app = new Hono();
  app.use(withHeaders);
  app.use(checkSource(known));
  // What is answered as a page is in the browser's language.
  app.use((context, next) => {
    const isRead = context.req.header("accept")?.includes("text/html") === true;
    return inLanguage(isRead ? pageLanguage(context, deps.languages) : undefined, next);
  });
  if (config.token !== undefined) {
    const check = createTokenCheck(config.token, clock, stopping);
    app.use(checkToken(check, config.metricsPublic));
    app.get(SIGN_IN_PATH, askToSignIn);
    app.post(SIGN_IN_PATH, (context) => signIn(context, check));
  }
  app.use(async (context, next) => {
    await next();
    if (context.res.headers.get("content-type") !== "text/event-stream") return;
    const { outgoing } = context.env as unknown as { outgoing: ServerResponse };
    eventStreams.add(outgoing);
    outgoing.once("close", () => eventStreams.delete(outgoing));
  });
  app.get("/api/status", (context) => context.json(deps.status()));
  app.get("/api/models", (context) => context.json(deps.models()));
  app.get("/metrics", async (context) =>
    context.body(await deps.metrics(), 200, { "content-type": deps.metricsContentType }),
  );
  sharedAssets(app, deps.languages);
  for (const mount of deps.routes) mount(app);
  app.notFound((context) => {
    const isRead = context.req.header("accept")?.includes("text/html") === true;
    return isRead
      ? context.html(notFoundPage(), 404)
      : context.json({ error: "There is nothing at this address." }, 404);
  });
  app.onError((error, context) =>
    inLanguage(pageLanguage(context, deps.languages), () => answerError(error, context, log)),
  );
  return app;
}

/** Nothing is cached unless its route says so. */
const withHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.res.headers.set(name, value);
  if (!context.res.headers.has("cache-control")) context.res.headers.set("cache-control", "no-store");
};

/** Turns anything thrown into JSON: a refusal as it is, everything else as an id whose details only the log has. */
function answerError(error: unknown, context: Context, log: Log): Response {
  if (error instanceof HttpError) return context.json({ error: t(error.message) }, error.status);
  const id = randomUUID();
  log.error({ error, id, method: context.req.method, path: context.req.path }, "a request failed");
  const isPassing = error instanceof AppError && error.isRetryable;
  const text = isPassing ? t`This did not work just now; try again.` : t`Something went wrong.`;
  return context.json({ error: text, id }, isPassing ? 503 : 500);
}

/** Resolves with the port. @throws {StartupError} naming the variable when the address cannot be had */
function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(new StartupError(listenFault(error, host, port), error));
    server.once("error", fail);
    server.listen({ host, port }, () => {
      server.off("error", fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function listenFault({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === "EADDRINUSE") {
    return `HTTP_PORT: port ${port} is in use on ${host}; stop what uses it, or set another port`;
  }
  if (code === "EACCES") return `HTTP_PORT: port ${port} may not be opened by this user; set one above 1023`;
  return `HTTP_HOST: cannot listen on ${host} (${code ?? message}); set an address of this machine, like 127.0.0.1`;
}
