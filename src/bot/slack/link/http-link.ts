import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readBody } from "./http-body.js";
import type { Link, LinkDeps } from "./link.js";
import { createReplayGuard } from "./replay-guard.js";
import { isSigned } from "./signature.js";

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
