import type { IncomingMessage, ServerResponse } from "node:http";
import { bodyFault, type CheckedBody } from "./fake-discord-checks.js";
import type { createLimits } from "./fake-discord-limits.js";

/** Discord's error, with its own code. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly files: readonly { readonly filename: string; readonly text: string }[];
}

/** https://discord.com/developers/docs/reference#user-agent */
const USER_AGENT_FORM = /^DiscordBot \(\S+, \d[\w.]*\)/;

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly checks?: CheckedBody;
  readonly isOpen?: boolean;
  /** What is answered; undefined is 204. */
  run(request: FakeRequest, ...parts: readonly string[]): unknown;
}

interface Address {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** What every server takes of one upload. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;

interface Trouble {
  readonly pattern: RegExp;
  readonly status: number;
  readonly code: number;
}

/** The REST side: authorization, limits, checks, and errors in Discord's own shape. */
export function createFakeRest(options: {
  readonly token: string;
  readonly limits: ReturnType<typeof createLimits>;
  readonly routes: readonly Route[];
}) {
  const requests: { readonly method: string; readonly path: string; readonly status: number; readonly at: number }[] =
    [];
  const faults: string[] = [];
  const troubles: Trouble[] = [];
  const delays: { readonly pattern: RegExp; readonly ms: number }[] = [];
  const losses: RegExp[] = [];
  let unauthorized = 0;

  const answer = (response: ServerResponse, status: number, body?: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(status, { ...(body !== undefined && { "content-type": "application/json" }), ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
    return status;
  };

  const handle = async (
    method: string,
    { path, query }: Address,
    incoming: IncomingMessage,
    response: ServerResponse,
  ) => {
    const { body, files } = await readBody(incoming);
    const key = `${method} ${path}`;
    const delay = delays.find(({ pattern }) => pattern.test(key));
    if (delay !== undefined) await new Promise((resolve) => setTimeout(resolve, delay.ms));
    const route = options.routes.find((one) => one.method === method && one.path.test(path));
    if (route === undefined) return answer(response, 404, { message: "404: Not Found", code: 0 });
    if (!route.isOpen && incoming.headers.authorization !== `Bot ${options.token}`) {
      unauthorized += 1;
      return answer(response, 401, { message: "401: Unauthorized", code: 0 });
    }
    if (!USER_AGENT_FORM.test(incoming.headers["user-agent"] ?? "")) {
      faults.push(`${key}: its user agent is not that of a bot`);
      return answer(response, 403, { message: "403: Forbidden", code: 0 });
    }
    const verdict = options.limits.take(method, path);
    if (!verdict.isAllowed) {
      const retryAfter = Math.ceil(verdict.retryAfter * 1_000) / 1_000;
      const refusal = { message: "You are being rate limited.", retry_after: retryAfter, global: verdict.isGlobal };
      return answer(response, 429, refusal, { ...verdict.headers, "retry-after": String(retryAfter) });
    }
    const at = troubles.findIndex(({ pattern }) => pattern.test(key));
    const [trouble] = at < 0 ? [] : troubles.splice(at, 1);
    if (trouble !== undefined) {
      return answer(response, trouble.status, { message: "Trouble", code: trouble.code }, verdict.headers);
    }
    try {
      if (files.some(({ text }) => text.length > MAX_FILE_BYTES))
        throw new Refusal(413, 40005, "Request entity too large");
      const fault = route.checks === undefined ? undefined : bodyFault(route.checks, body);
      if (fault !== undefined) {
        faults.push(`${key}: ${fault}`);
        throw new Refusal(400, 50035, `Invalid Form Body ${fault}`);
      }
      const parts = (route.path.exec(path) ?? []).slice(1).map(decodeURIComponent);
      const lost = losses.findIndex((pattern) => pattern.test(key));
      const result = route.run({ method, path, query, body: body as Record<string, unknown>, files }, ...parts);
      if (lost >= 0) {
        losses.splice(lost, 1);
        response.destroy();
        return 0;
      }
      return answer(response, result === undefined ? 204 : 200, result, verdict.headers);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return answer(response, error.status, { message: error.message, code: error.code }, verdict.headers);
    }
  };
  return {
    /** Every request, with what was answered. */
    requests,
    /** What was wrong with bodies. */
    faults,
    unauthorized: () => unauthorized,
    rateLimited: () => requests.filter(({ status }) => status === 429).length,
    failNext: (pattern: RegExp, status: number, code = 0, times = 1) => {
      for (let time = 0; time < times; time++) troubles.push({ pattern, status, code });
    },
    /** Does what the next such request asks for, and loses the answer on its way. */
    loseNext: (pattern: RegExp) => void losses.push(pattern),
    /** Answers late from now on; returns how to end that. */
    delay(pattern: RegExp, ms: number) {
      const entry = { pattern, ms };
      delays.push(entry);
      return () => void delays.splice(delays.indexOf(entry), 1);
    },
    onRequest(incoming: IncomingMessage, response: ServerResponse): void {
      const method = incoming.method ?? "GET";
      const url = new URL(incoming.url ?? "/", "http://fake");
      const path = url.pathname.replace(/^\/api\/v10/, "");
      handle(method, { path, query: url.searchParams }, incoming, response)
        .then((status) => requests.push({ method, path, status, at: Date.now() }))
        .catch((error) => {
          faults.push(`${method} ${path}: ${error}`);
          answer(response, 500, { message: "500: Internal Server Error", code: 0 });
        });
    },
  };
}

async function readBody(incoming: IncomingMessage) {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const type = incoming.headers["content-type"] ?? "";
  if (bytes.length === 0) return { body: {}, files: [] };
  if (!type.startsWith("multipart/form-data")) return { body: JSON.parse(bytes.toString()) as unknown, files: [] };
  const form = await new Response(bytes, { headers: { "content-type": type } }).formData();
  const files = [];
  for (const [name, value] of form) {
    if (typeof value !== "string" && name.startsWith("files["))
      files.push({ filename: value.name, text: await value.text() });
  }
  return { body: JSON.parse(String(form.get("payload_json") ?? "{}")) as unknown, files };
}
