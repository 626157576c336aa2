import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { verifySlackRequest } from "@slack/bolt";
import type { Clock } from "../../../base/clock.js";
import type { Link, LinkDeps } from "./link.js";

export interface HttpLinkDeps extends LinkDeps {
  readonly signingSecret: string;
  readonly port: number;
}

const PATH = "/slack/events";
const RETRY_MS = 5_000;

/** Takes Slack's signed requests on a port of its own; everything else there is refused. */
export function createHttpLink({ signingSecret, port, intake, health, clock, log, signal }: HttpLinkDeps): Link {
  let server: Server | undefined;
  const replays = createReplayGuard(clock);

  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const answer = (status: number, body?: unknown) => {
      if (response.headersSent) return;
      const isText = body === undefined || typeof body === "string";
      response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json" });
      response.end(isText ? body : JSON.stringify(body));
    };
    const [path] = (request.url ?? "").split("?");
    if (path !== PATH) return answer(404);
    if (request.method !== "POST") return answer(405);
    const body = await readBody(request);
    if (body === undefined) return answer(413);
    // Slack looks whether the certificate is good, unsigned; nothing else in such a request is read.
    if (/^ssl_check=1(&|$)/.test(body)) return answer(200);
    const { "x-slack-signature": signature, "x-slack-request-timestamp": timestamp } = request.headers;
    if (!isSigned({ timestamp, signature, body }, { signingSecret, now: clock.now() })) return answer(401);
    const payload = parsePayload(body, request.headers["content-type"]);
    if (payload === undefined) return answer(400);
    if (isObject(payload) && payload.type === "url_verification") return answer(200, { challenge: payload.challenge });
    const retry = request.headers["x-slack-retry-num"];
    if (retry !== undefined)
      log.debug({ retry, why: request.headers["x-slack-retry-reason"] }, "slack repeats a delivery");
    // What was taken once is not taken again: Slack signs what it repeats anew.
    if (replays.wasTaken(String(signature))) return answer(retry === undefined ? 401 : 200);
    await intake.take(payload, async (reply) => {
      replays.noteTaken(String(signature));
      answer(200, reply);
    });
    answer(503); // not acknowledged: Slack delivers it again
  };
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      const created = createServer((request, response) => {
        take(request, response).catch((error) => {
          log.warn({ error }, "a request on Slack's port could not be read");
          response.destroy();
        });
      });
      server = created;
      created.once("error", reject);
      created.listen(port, () => {
        created.on("error", (error) => log.warn({ error }, "slack's HTTP server reports an error"));
        created.off("error", reject);
        resolve();
      });
    });
  return {
    async run() {
      while (!signal.aborted) {
        try {
          await listen();
          health.set("link", undefined);
          return log.info({ port, path: PATH }, "slack's requests are awaited");
        } catch {
          health.set("link", `slack: SLACK_PORT ${port} cannot be had; free it, or set another one`);
          await clock.sleep(RETRY_MS, signal).catch(() => {}); // stopped: the loop ends
        }
      }
    },
    stop: () =>
      new Promise((resolve) => {
        if (server === undefined) return resolve();
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Slack sends events as JSON, commands as a form, and presses as JSON inside a form. Undefined for neither. */
function parsePayload(body: string, contentType: string | undefined): unknown {
  try {
    if (!contentType?.startsWith("application/x-www-form-urlencoded")) return JSON.parse(body) ?? undefined;
    const form = new URLSearchParams(body);
    const payload = form.get("payload");
    return payload === null ? Object.fromEntries(form) : (JSON.parse(payload) ?? undefined);
  } catch {
    return undefined; // answered as a bad request
  }
}

/** Slack's largest payloads hold one message of 40,000 characters and its blocks. */
const MAX_BODY_BYTES = 1_000_000;

/** The whole body as text; undefined when it is too long. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Slack's own advice: a request that is older may be a replay. Bolt lets any later time pass. */
const MAX_SKEW_SECONDS = 300;

/** True for a request that Slack signed within the last five minutes, with clocks apart by no more than that. */
export function isSigned(
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
    return false; // whoever sent it is told so by the status
  }
}

/** Knows the requests that were taken, by their signatures, for as long as their times are accepted. */
export interface ReplayGuard {
  wasTaken(signature: string): boolean;
  noteTaken(signature: string): void;
}

/** A request is accepted from five minutes before its time to five minutes after it. */
const KEPT_MS = 600_000;

export function createReplayGuard(clock: Clock): ReplayGuard {
  const taken = new Map<string, number>();
  return {
    wasTaken: (signature) => (taken.get(signature) ?? Number.NEGATIVE_INFINITY) + KEPT_MS > clock.now(),
    noteTaken(signature) {
      // Oldest first: what is too old to be accepted needs no memory.
      for (const [old, at] of taken) {
        if (at + KEPT_MS > clock.now()) break;
        taken.delete(old);
      }
      taken.set(signature, clock.now());
    },
  };
}
