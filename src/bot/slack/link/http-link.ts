import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { verifySlackRequest } from "@slack/bolt";
import type { Clock } from "../../../base/clock.js";
import { retry } from "../../../base/retry.js";
import type { Link, LinkDeps } from "./link.js";

export interface HttpLinkDeps extends LinkDeps {
  readonly signingSecret: string;
  readonly host: string;
  readonly port: number;
}

const PATH = "/slack/events";
const LISTEN_PAUSE_MS = 5_000;
/** Slack's largest payloads hold one message of 40,000 characters and its blocks. */
const MAX_BODY_BYTES = 1_000_000;
/** Most bytes of all requests that are read at once: beyond it one is refused, and Slack delivers it again. */
const MAX_READING_BYTES = 32_000_000;
/** Slack's check of the certificate is a short form. */
const MAX_UNSIGNED_BYTES = 512;
const MAX_CONNECTIONS = 512;
/** For a whole request. Slack itself gives up after 3 s. */
const REQUEST_TIMEOUT_MS = 10_000;
const TIMEOUT_CHECK_MS = 1_000;
const REFUSED_GRACE_MS = 500;
/** Slack's advice: an older request may be a replay. Bolt accepts any time in the future. */
const MAX_SKEW_SECONDS = 300;
/** A request is accepted from five minutes before its time to five minutes after it. */
const REPLAY_MEMORY_MS = 600_000;

/** Takes Slack's signed requests on a port of its own, and refuses everything else there. */
export function createHttpLink(deps: HttpLinkDeps): Link {
  const { host, port, health, clock, log, signal, onGap } = deps;
  let server: Server | undefined;
  const handle = createRequestHandler(deps);

  const listen = () =>
    new Promise<void>((resolve, reject) => {
      const timeouts = {
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      };
      const created = createServer(timeouts, (request, response) => {
        handle(request, response).catch((error) => {
          log.debug({ error }, "slack: HTTP request could not be read");
          response.destroy();
        });
      });
      created.maxConnections = MAX_CONNECTIONS;
      server = created;
      created.once("error", reject);
      created.listen({ host, port }, () => {
        created.on("error", (error) => log.warn({ error }, "slack: HTTP server error"));
        created.off("error", reject);
        resolve();
      });
    });
  return {
    async run() {
      const fault = `slack: ${host}:${port} can't be opened; set another SLACK_PORT or SLACK_HOST, or free it`;
      const onRetry = () => health.set("link", fault);
      try {
        await retry(listen, { clock, signal, delays: () => LISTEN_PAUSE_MS, onRetry });
      } catch {
        return; // the bot stops
      }
      health.set("link", undefined);
      log.info({ host, port, path: PATH }, "slack: listening for HTTP requests; SLACK_HOST changes the address");
      onGap();
    },
    stop: () =>
      new Promise((resolve) => {
        if (server === undefined) return resolve();
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function createRequestHandler({ signingSecret, intake, clock, log }: HttpLinkDeps) {
  const replays = createReplayMemory(clock);
  const reading = { bytes: 0 };

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const respond = (status: number, body?: unknown) => {
      if (response.headersSent) return;
      const isText = body === undefined || typeof body === "string";
      response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json" });
      response.end(isText ? body : JSON.stringify(body));
    };
    /** What still comes is thrown away for a moment, so that the sender sees the answer, and then cut off. */
    const refuse = (status: number) => {
      respond(status);
      if (request.complete) return;
      request.resume();
      void clock.sleep(REFUSED_GRACE_MS).then(() => request.complete || request.destroy());
    };
    const [path] = (request.url ?? "").split("?");
    if (path !== PATH) return refuse(404);
    if (request.method !== "POST") return refuse(405);
    const signed = signedHeaders(request.headers, clock.now());
    if (signed === undefined && !isSmallForm(request.headers)) return refuse(401);
    const body = await readBody(request, reading);
    if (typeof body === "number") return refuse(body);
    // Slack checks the certificate by an unsigned request; nothing else of it is read.
    if (/^ssl_check=1(&|$)/.test(body)) return respond(200);
    if (signed === undefined || !isSigned(signed, body, { signingSecret, now: clock.now() })) return refuse(401);
    const payload = parsePayload(body, request.headers["content-type"]);
    if (payload === undefined) return respond(400);
    if (isObject(payload) && payload.type === "url_verification") return respond(200, { challenge: payload.challenge });
    // Slack signs each retry again and sets X-Slack-Retry-Num: the same signature without it is a replay.
    const { "x-slack-retry-num": retryNumber, "x-slack-retry-reason": reason } = request.headers;
    const { signature } = signed;
    if (retryNumber !== undefined) log.debug({ retryNumber, reason }, "slack: delivery retried");
    if (replays.has(signature)) return respond(retryNumber === undefined ? 401 : 200);
    await intake.take(payload, async (reply) => {
      replays.add(signature);
      respond(200, reply);
    });
    respond(503); // not acknowledged: Slack will retry
  };
}

/** Reads the whole body as text. Resolves with a status where it is too long, or too much is being read already. */
async function readBody(request: IncomingMessage, reading: { bytes: number }): Promise<string | 413 | 503> {
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) return 413;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      reading.bytes += chunk.length;
      if (size > MAX_BODY_BYTES) return 413;
      if (reading.bytes > MAX_READING_BYTES) return 503;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  } finally {
    reading.bytes -= size;
  }
}

/** What may be read without a signature. */
const isSmallForm = (headers: IncomingHttpHeaders) =>
  headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true &&
  Number(headers["content-length"] ?? Number.NaN) <= MAX_UNSIGNED_BYTES;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Slack sends events as JSON, commands as a form, and presses as JSON inside a form. Returns undefined for neither. */
function parsePayload(body: string, contentType: string | undefined): unknown {
  try {
    if (!contentType?.startsWith("application/x-www-form-urlencoded")) return JSON.parse(body) ?? undefined;
    const form = new URLSearchParams(body);
    const payload = form.get("payload");
    return payload === null ? Object.fromEntries(form) : (JSON.parse(payload) ?? undefined);
  } catch {
    return undefined; // a bad request
  }
}

interface SignedHeaders {
  /** "v0=" and 64 hexadecimal digits. */
  readonly signature: string;
  /** In epoch seconds, as sent. */
  readonly timestamp: string;
}

/**
 * The headers of a request that Slack may have signed, whose time is at most five minutes from now, before or after.
 * Undefined for any other request, of which no body is read.
 */
function signedHeaders(headers: IncomingHttpHeaders, now: number): SignedHeaders | undefined {
  const { "x-slack-signature": signature, "x-slack-request-timestamp": timestamp } = headers;
  if (typeof signature !== "string" || !/^v0=[0-9a-f]{64}$/.test(signature)) return undefined;
  if (typeof timestamp !== "string" || !/^\d{1,12}$/.test(timestamp)) return undefined;
  const isFresh = Math.abs(Math.floor(now / 1000) - Number(timestamp)) <= MAX_SKEW_SECONDS;
  return isFresh ? { signature, timestamp } : undefined;
}

function isSigned(
  { signature, timestamp }: SignedHeaders,
  body: string,
  { signingSecret, now }: { readonly signingSecret: string; readonly now: number },
): boolean {
  try {
    const headers = { "x-slack-signature": signature, "x-slack-request-timestamp": Number(timestamp) };
    verifySlackRequest({ signingSecret, body, headers, nowMilliseconds: now });
    return true;
  } catch {
    return false; // the status tells the sender
  }
}

/** Remembers the signatures of accepted requests for as long as their times are accepted. */
function createReplayMemory(clock: Clock) {
  const takenAt = new Map<string, number>();
  const isFresh = (at: number) => at + REPLAY_MEMORY_MS > clock.now();
  return {
    has: (signature: string) => isFresh(takenAt.get(signature) ?? Number.NEGATIVE_INFINITY),
    add(signature: string) {
      for (const [old, at] of takenAt) {
        if (isFresh(at)) break; // oldest first
        takenAt.delete(old);
      }
      takenAt.set(signature, clock.now());
    },
  };
}
