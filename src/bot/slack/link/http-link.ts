import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { verifySlackRequest } from "@slack/bolt";
import type { Clock } from "../../../base/clock.js";
import { retry } from "../../../base/retry.js";
import type { Link, LinkDeps } from "./link.js";

export interface HttpLinkDeps extends LinkDeps {
  readonly signingSecret: string;
  readonly port: number;
}

const PATH = "/slack/events";
const LISTEN_PAUSE_MS = 5_000;
/** Slack's largest payloads hold one message of 40,000 characters and its blocks. */
const MAX_BODY_BYTES = 1_000_000;
/** Slack's advice: an older request may be a replay. Bolt accepts any time in the future. */
const MAX_SKEW_SECONDS = 300;
/** A request is accepted from five minutes before its time to five minutes after it. */
const REPLAY_MEMORY_MS = 600_000;

/** Takes Slack's signed requests on a port of its own, and refuses everything else there. */
export function createHttpLink(deps: HttpLinkDeps): Link {
  const { port, health, clock, log, signal, onGap } = deps;
  let server: Server | undefined;
  const handle = createRequestHandler(deps);

  const listen = () =>
    new Promise<void>((resolve, reject) => {
      const created = createServer((request, response) => {
        handle(request, response).catch((error) => {
          log.warn({ error }, "slack: HTTP request could not be read");
          response.destroy();
        });
      });
      server = created;
      created.once("error", reject);
      created.listen(port, () => {
        created.on("error", (error) => log.warn({ error }, "slack: HTTP server error"));
        created.off("error", reject);
        resolve();
      });
    });
  return {
    async run() {
      const fault = `slack: SLACK_PORT ${port} can't be opened; free it, or set another one`;
      const onRetry = () => health.set("link", fault);
      try {
        await retry(listen, { clock, signal, delays: () => LISTEN_PAUSE_MS, onRetry });
      } catch {
        return; // the bot stops
      }
      health.set("link", undefined);
      log.info({ port, path: PATH }, "slack: listening for HTTP requests");
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

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const respond = (status: number, body?: unknown) => {
      if (response.headersSent) return;
      const isText = body === undefined || typeof body === "string";
      response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json" });
      response.end(isText ? body : JSON.stringify(body));
    };
    const [path] = (request.url ?? "").split("?");
    if (path !== PATH) return respond(404);
    if (request.method !== "POST") return respond(405);
    const body = await readBody(request);
    if (body === undefined) return respond(413);
    // Slack checks the certificate by an unsigned request; nothing else of it is read.
    if (/^ssl_check=1(&|$)/.test(body)) return respond(200);
    const { "x-slack-signature": signature, "x-slack-request-timestamp": timestamp } = request.headers;
    if (!isSigned({ timestamp, signature, body }, { signingSecret, now: clock.now() })) return respond(401);
    const payload = parsePayload(body, request.headers["content-type"]);
    if (payload === undefined) return respond(400);
    if (isObject(payload) && payload.type === "url_verification") return respond(200, { challenge: payload.challenge });
    // Slack signs each retry again and sets X-Slack-Retry-Num: the same signature without it is a replay.
    const { "x-slack-retry-num": retryNumber, "x-slack-retry-reason": reason } = request.headers;
    if (retryNumber !== undefined) log.debug({ retryNumber, reason }, "slack: delivery retried");
    if (replays.has(String(signature))) return respond(retryNumber === undefined ? 401 : 200);
    await intake.take(payload, async (reply) => {
      replays.add(String(signature));
      respond(200, reply);
    });
    respond(503); // not acknowledged: Slack will retry
  };
}

/** Reads the whole body as text; undefined when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

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

/** True for a request that Slack signed, when its time is less than five minutes from now, before or after. */
function isSigned(
  request: { readonly timestamp: unknown; readonly signature: unknown; readonly body: string },
  { signingSecret, now }: { readonly signingSecret: string; readonly now: number },
): boolean {
  const { timestamp, signature, body } = request;
  if (typeof signature !== "string" || typeof timestamp !== "string" || !/^\d{1,12}$/.test(timestamp)) return false;
  const seconds = Number(timestamp);
  if (Math.abs(Math.floor(now / 1000) - seconds) > MAX_SKEW_SECONDS) return false;
  try {
    const headers = { "x-slack-signature": signature, "x-slack-request-timestamp": seconds };
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
