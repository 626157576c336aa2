import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type FakeStream, openStream } from "./fake-vendor-stream.js";

export interface RecordedRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined for a request without a body. */
  readonly body: ChatBody | undefined;
}

/** What all wire formats have in common. */
export interface ChatBody {
  readonly model?: unknown;
  readonly messages?: unknown;
  readonly [field: string]: unknown;
}

/** An answer that is no success; `raw` replaces the body in the vendor's shape. */
export interface Failure {
  readonly status: number;
  readonly code?: string;
  readonly type?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly raw?: string;
}

/** Server-sent events as a vendor writes them; each returns whole frames. */
export interface Frames {
  begin(): string;
  text(words: string): string;
  reasoning(words: string): string;
  keepAlive(): string;
  error(failure: Failure): string;
  finish(reason: string): string;
}

/** What makes a server look like one vendor's. */
export interface VendorWire<M> {
  readonly listPath: string;
  readonly chatPath: string;
  readonly modelId: (model: M) => string;
  /** The real service's refusal of this request; undefined where it would take it. */
  refuse(request: RecordedRequest, known: readonly string[]): Failure | undefined;
  list(models: readonly M[], query: URLSearchParams): unknown;
  errorBody(failure: Failure): unknown;
  frames(body: ChatBody): Frames;
}

export interface FakeVendor<M> {
  /** "http://127.0.0.1:PORT", without a path. */
  readonly origin: string;
  readonly requests: readonly RecordedRequest[];
  listRequests(): number;
  chatRequests(): number;
  setModels(models: readonly M[]): void;
  /** From now on lists come with these validators, and are not sent again to who has them (RFC 9110, section 13). */
  validate(by: readonly ("etag" | "last-modified")[]): void;
  /** Lists are never answered (true) while chats go on. */
  hangLists(isHanging?: boolean): void;
  /** Every list fails like this; undefined ends it. */
  failLists(failure: Failure | undefined): void;
  failChats(failure: Failure | undefined): void;
  /** Sent with every answer from now on, as rate limits. */
  setHeaders(headers: Readonly<Record<string, string>>): void;
  /** What chats that are not taken by nextStream() are answered with. */
  replyWith(reply: (body: ChatBody) => string): void;
  /** The next chat's stream, for the test to write; call it before the chat begins. */
  nextStream(): Promise<FakeStream>;
  close(): Promise<void>;
}

/** A vendor's service on loopback: refuses what the real one refuses and otherwise does what the test says. */
export async function startFakeVendor<M>(wire: VendorWire<M>, first: readonly M[]): Promise<FakeVendor<M>> {
  const requests: RecordedRequest[] = [];
  const waiting: ((stream: FakeStream) => void)[] = [];
  let models = first;
  let isHanging = false;
  let listFailure: Failure | undefined;
  let chatFailure: Failure | undefined;
  let headers: Readonly<Record<string, string>> = {};
  let validatedBy: readonly ("etag" | "last-modified")[] = [];
  let changedAt = Date.UTC(2026, 0, 5);
  let reply = (body: ChatBody) => `You said: ${lastText(body)}`;

  const sendJson = (response: ServerResponse, status: number, body: unknown, extra = {}) =>
    void response
      .writeHead(status, { "content-type": "application/json", ...headers, ...extra })
      .end(JSON.stringify(body));
  const fail = (response: ServerResponse, failure: Failure) => {
    if (failure.raw === undefined) {
      return sendJson(response, failure.status, wire.errorBody(failure), failure.headers);
    }
    const type = failure.raw === "" ? {} : { "content-type": "text/html" };
    response.writeHead(failure.status, { ...type, ...headers, ...failure.headers });
    response.end(failure.raw);
  };

  function answerList(request: RecordedRequest, response: ServerResponse) {
    const list = wire.list(models, request.query);
    const etag = `W/"${createHash("sha256").update(JSON.stringify(list)).digest("hex").slice(0, 16)}"`;
    const lastModified = new Date(changedAt).toUTCString();
    const given = {
      ...(validatedBy.includes("etag") && { etag }),
      ...(validatedBy.includes("last-modified") && { "last-modified": lastModified }),
    };
    const { "if-none-match": match, "if-modified-since": since } = request.headers;
    // The date counts only where no tag is asked for.
    const isSame = match === undefined ? since !== undefined && changedAt <= Date.parse(since) : match === etag;
    if (validatedBy.length === 0 || !isSame) return sendJson(response, 200, list, given);
    response.writeHead(304, { ...headers, ...given }).end();
  }

  function answerChat(request: RecordedRequest, response: ServerResponse) {
    const body = request.body ?? {};
    const stream = openStream(response, wire.frames(body), body, headers);
    const taker = waiting.shift();
    if (taker) return taker(stream);
    for (const words of reply(body).match(/\s*\S+\s*/g) ?? []) stream.send(words);
    stream.finish();
  }

  const server = createServer(async (incoming, response) => {
    const request = await record(incoming);
    requests.push(request);
    const isList = request.method === "GET" && request.path === wire.listPath;
    const isChat = request.method === "POST" && request.path === wire.chatPath;
    if (isList && isHanging) return;
    const planned = isList ? listFailure : isChat ? chatFailure : undefined;
    if (planned) return fail(response, planned);
    const refusal = wire.refuse(request, models.map(wire.modelId));
    if (refusal) return fail(response, refusal);
    if (isList) return answerList(request, response);
    if (isChat) return answerChat(request, response);
    fail(response, { status: 404, message: `Invalid URL (${request.method} ${request.path})` });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    listRequests: () => requests.filter(({ path }) => path === wire.listPath).length,
    chatRequests: () => requests.filter(({ path }) => path === wire.chatPath).length,
    setModels: (next) => {
      models = next;
      changedAt += 60_000;
    },
    validate: (by) => {
      validatedBy = by;
    },
    hangLists: (next = true) => {
      isHanging = next;
    },
    failLists: (failure) => {
      listFailure = failure;
    },
    failChats: (failure) => {
      chatFailure = failure;
    },
    setHeaders: (next) => {
      headers = next;
    },
    replyWith: (next) => {
      reply = next;
    },
    nextStream: () => new Promise((resolve) => void waiting.push(resolve)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function record(incoming: IncomingMessage): Promise<RecordedRequest> {
  const url = new URL(incoming.url ?? "/", "http://fake");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    method: incoming.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

/** The last message's text. */
export function lastText(body: ChatBody): string {
  const last: unknown = Array.isArray(body.messages) ? body.messages.at(-1) : undefined;
  const content = (last as { content?: unknown } | undefined)?.content;
  return typeof content === "string" ? content : JSON.stringify(content ?? "");
}
