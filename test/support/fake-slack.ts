import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createDeliveries, type FakeDeliveries } from "./fake-slack-deliveries.js";
import { takeFileRequest } from "./fake-slack-files.js";
import type { HttpTarget } from "./fake-slack-http.js";
import { type Answer, type Arguments, refusal } from "./fake-slack-method.js";
import { runMethod } from "./fake-slack-methods.js";
import { createResponses } from "./fake-slack-responses.js";
import { createSockets, type FakeSockets } from "./fake-slack-socket.js";
import { createSurfaces, type FakeSurfaces } from "./fake-slack-surfaces.js";
import { createTiers } from "./fake-slack-tiers.js";
import { createWorkspace, type FakeMessage, type FakeWorkspace, readOf } from "./fake-slack-workspace.js";

export const BOT_TOKEN = "xoxb-fake-bot-token-of-evergreen";
export const APP_TOKEN = "xapp-fake-app-token-of-evergreen";
export const SIGNING_SECRET = "fake0signing0secret0of0evergreen";

export interface FakeSlackOptions {
  /** Time of the tiers, the timestamps and the signatures. */
  readonly now: () => number;
  /** The bot's scopes, and the events that are sent to it. */
  readonly scopes: readonly string[];
  readonly events: readonly string[];
  /** Delivers by signed HTTP instead of Socket Mode. */
  readonly http?: HttpTarget;
  /** Pauses before each repetition of a delivery that was not acknowledged; Slack's own are 0, 1 and 5 minutes. */
  readonly retryPausesMs?: readonly number[];
  /** The part of a minute's calls that may come at once. Default: all of them. */
  readonly burst?: number;
  /** Methods that this workspace does not know. */
  readonly absent?: readonly string[];
}

export interface FakeCall {
  readonly method: string;
  readonly given: Arguments;
  readonly answer: Answer;
}

export interface FakeSlack extends FakeDeliveries, FakeSurfaces {
  /** To be configured as SLACK_API_URL. */
  readonly apiUrl: string;
  /** Where its files are: `${origin}/files-pri/ID`. */
  readonly origin: string;
  readonly workspace: FakeWorkspace;
  readonly sockets: FakeSockets;
  readonly calls: readonly FakeCall[];
  callsOf(method: string): readonly FakeCall[];
  /** The bot's messages, oldest first. */
  answers(): readonly FakeMessage[];
  /** The bot's messages in a thread, or below a direct message, as they are read. */
  textsIn(channel: string, thread?: string): readonly string[];
  /** What a person alone has seen, newest last, as it is read. */
  ephemeralsOf(user: string): readonly string[];
  /** Names of the bot's reactions on a message. */
  marksOf(channel: string, ts: string): readonly string[];
  /** The next call of the method fails like this; `retryAfter` in seconds makes it a 429, `status` another answer. */
  failNext(
    method: string,
    failure: {
      readonly error?: string;
      readonly status?: number;
      readonly retryAfter?: number;
      /** It is carried out all the same; only its answer is lost. */
      readonly isDone?: boolean;
    },
  ): void;
  /** Takes back every failure that has not come yet. */
  failNone(): void;
  /** From now on these tokens are good. */
  setTokens(tokens: { readonly bot?: string; readonly app?: string }): void;
  /** Nothing is answered while it hangs. */
  hang(isHanging: boolean): void;
  close(): Promise<void>;
}

/** A Slack workspace on loopback: Web API with its tiers, Socket Mode, signed HTTP and response_url; refuses what Slack refuses. */
export async function startFakeSlack(options: FakeSlackOptions): Promise<FakeSlack> {
  const { now, scopes } = options;
  const workspace = createWorkspace(now);
  const tiers = createTiers(now, options.burst);
  const responses = createResponses(workspace, now);
  const calls: FakeCall[] = [];
  const failures = new Map<string, Parameters<FakeSlack["failNext"]>[1][]>();
  const tokens = { bot: BOT_TOKEN, app: APP_TOKEN };
  let isHanging = false;

  const send = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
    void response
      .writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers })
      .end(JSON.stringify(body));

  function answer(method: string, token: string | undefined, given: Arguments): Answer {
    if (token === undefined) return refusal("not_authed");
    const isOpen = method === "apps.connections.open";
    if (isOpen && token.startsWith("xoxb-")) return refusal("not_allowed_token_type");
    if (token !== (isOpen ? tokens.app : tokens.bot)) return refusal("invalid_auth");
    if (isOpen) return { ok: true, url: sockets.issueUrl(origin) };
    if (options.absent?.includes(method)) return refusal("unknown_method", { req_method: method });
    const answered = runMethod(method, given, scopes, workspace);
    return typeof answered.upload_url === "string"
      ? { ...answered, upload_url: answered.upload_url.replace("ORIGIN", origin) }
      : answered;
  }
  async function takeCall(method: string, request: IncomingMessage, response: ServerResponse) {
    const given = argumentsOf(request, await textOf(request));
    if (isHanging) return;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const failure = failures.get(method)?.shift();
    const waitSeconds = failure?.retryAfter ?? tiers.take(method, given.channel ?? "");
    if (waitSeconds !== undefined) {
      calls.push({ method, given, answer: refusal("ratelimited") });
      return send(response, 429, refusal("ratelimited"), { "retry-after": String(waitSeconds) });
    }
    const done = failure?.error === undefined || failure.isDone ? answer(method, token, given) : undefined;
    const answered = failure?.error === undefined && done !== undefined ? done : refusal(failure?.error ?? "");
    calls.push({ method, given, answer: answered });
    send(response, failure?.status ?? 200, answered, { "x-oauth-scopes": scopes.join(",") });
  }

  const server = createServer(async (request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    if (request.method === "POST" && path.startsWith("/api/")) return takeCall(path.slice(5), request, response);
    if (await takeFileRequest(request, response, { workspace, token: tokens.bot, scopes })) return;
    if (request.method === "POST" && path.startsWith("/response/")) {
      const { status, text } = responses.take(path.slice(10), JSON.parse(await textOf(request)));
      response.writeHead(status).end(text);
      return;
    }
    send(response, 404, refusal("not_found"));
  });
  const sockets = createSockets(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const deliveries = createDeliveries({ ...options, workspace, sockets, responses, origin });
  return {
    ...deliveries,
    ...createSurfaces({ ...options, workspace, responses, origin, deliver: deliveries.deliver }),
    origin,
    apiUrl: `${origin}/api/`,
    workspace,
    sockets,
    calls,
    callsOf: (method) => calls.filter((call) => call.method === method),
    answers: () => workspace.messages.filter(({ user }) => user === "U0BOT"),
    textsIn: (channel, thread) =>
      workspace.messages
        .filter((one) => one.user === "U0BOT" && one.channel === channel && one.thread === thread)
        .map(readOf),
    ephemeralsOf: (user) => workspace.ephemerals.filter((one) => one.user === user).map(readOf),
    marksOf: (channel, ts) =>
      [...(workspace.find(channel, ts)?.reactions ?? [])].filter(([, who]) => who.has("U0BOT")).map(([name]) => name),
    failNext: (method, failure) => void failures.set(method, [...(failures.get(method) ?? []), failure]),
    failNone: () => failures.clear(),
    setTokens: (given) => void Object.assign(tokens, given),
    hang: (next) => {
      isHanging = next;
    },
    async close() {
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function argumentsOf(request: IncomingMessage, body: string): Arguments {
  if (!request.headers["content-type"]?.startsWith("application/json"))
    return Object.fromEntries(new URLSearchParams(body));
  const values = Object.entries(JSON.parse(body) as Record<string, unknown>);
  return Object.fromEntries(
    values.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
