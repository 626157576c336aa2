import type { Clock } from "../../../../src/base/clock.js";
import { systemClock } from "../../../../src/base/clock.js";
import type { ChatPlatform, CommandCall, Mention, PlatformHandlers } from "../../../../src/bot/port/platform.js";
import {
  createPlayground,
  type Playground,
  type PlaygroundDeps,
} from "../../../../src/bot/web/playground/playground.js";
import type { Reply } from "../../../../src/commands/command.js";
import { ENGLISH_ONLY } from "../../../../src/languages/languages.js";
import { memoryStore } from "../../../support/memory-store.js";
import { silentLog, startServer } from "../http/http-support.js";

export const STATUS = {
  indicator: "fresh",
  line: "✓ Auto-refreshed - models up to date",
  isFresh: true,
  autoRefresh: { enabled: true, intervalSeconds: 300 as number | "smart" },
  lastRefreshAt: 1_000 as number | null,
  nextRefreshAt: 2_000 as number | null,
  providers: [
    {
      id: "demo",
      outcome: "ok" as string | null,
      models: 3,
      fetchedAt: 1_000 as number | null,
      attemptedAt: 1_000,
      isFresh: true,
    },
  ],
};

/** What the bot would do; by default it takes every question and answers no command. */
export interface ScriptedBot {
  onMention(mention: Mention, platform: ChatPlatform): Promise<void>;
  onCommand(call: CommandCall): AsyncIterable<Reply>;
  onFocus(): void;
}

export interface RunningPlayground {
  readonly playground: Playground;
  readonly url: string;
  readonly port: number;
  readonly mentions: readonly Mention[];
  readonly calls: readonly CommandCall[];
  /** Changes what `/api/status` tells, and tells the playground unless it is quiet. */
  setStatus(status: object, options?: { readonly isQuiet: boolean }): void;
  post(channel: string, body: unknown): Promise<Response>;
  messages(channel: string): Promise<readonly { id: string; author: string; text: string; marks: string[] }[]>;
  stop(): Promise<void>;
}

type Options = Partial<Omit<PlaygroundDeps, "status" | "onStatusChange">> & {
  readonly bot?: Partial<ScriptedBot>;
  readonly status?: object;
  readonly port?: number;
  readonly serverClock?: Clock;
  readonly models?: object;
  /** Whether the bot stores what a mention brings. Default: true. */
  readonly isStoring?: boolean;
};

/** The playground behind a real server, with a scripted bot. */
export async function startPlayground(options: Options = {}): Promise<RunningPlayground> {
  const { bot = {}, status: firstStatus = STATUS, port: wantedPort = 0, models, serverClock, ...rest } = options;
  const { isStoring = true, ...deps } = rest;
  let status = firstStatus;
  const listeners = new Set<() => void>();
  const { store = memoryStore(() => Date.now()) } = deps;
  const playground = createPlayground({
    clock: systemClock,
    log: silentLog,
    status: () => status,
    onStatusChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    modelOf: async () => ({ model: "demo/demo-small", pin: null }),
    lastAnswer: async () => undefined,
    languages: ENGLISH_ONLY,
    forget: async () => {},
    ...deps,
    store,
  });
  const { server, url, port } = await startServer({
    routes: [playground.routes],
    status: () => status,
    ...(models && { models: () => models }),
    config: { port: wantedPort },
    ...(serverClock && { clock: serverClock }),
  });
  const mentions: Mention[] = [];
  const calls: CommandCall[] = [];
  const handlers: PlatformHandlers = {
    async onMention(mention) {
      mentions.push(mention);
      if (isStoring) await store.write(mention.alongside ?? []);
      await bot.onMention?.(mention, playground);
    },
    async *onCommand(call) {
      calls.push(call);
      yield* bot.onCommand?.(call) ?? [];
    },
    inLanguageOf: (_place, work) => work(),
    onReaction: async () => {},
    onSuggest: () => [],
    onFocus: () => bot.onFocus?.(),
    onGap() {},
    isServed: () => true,
    takesPart: async () => false,
    isFirst: async () => true,
  };
  await playground.start(handlers);
  return {
    playground,
    url,
    port,
    mentions,
    calls,
    setStatus(now, { isQuiet } = { isQuiet: false }) {
      status = now;
      if (isQuiet) return;
      for (const listener of listeners) listener();
    },
    post: (channel, body) =>
      fetch(`${url}/api/channels/${channel}/messages`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    async messages(channel) {
      const answer = await fetch(`${url}/api/channels/${channel}/messages`);
      return ((await answer.json()) as { messages: { id: string; author: string; text: string; marks: string[] }[] })
        .messages;
    },
    async stop() {
      await playground.stop();
      await server.stop();
    },
  };
}

export interface ServerEvent {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

export interface Listener {
  /** The next event of this kind, skipping others. */
  next(event: string): Promise<Record<string, unknown>>;
  /** Everything that came, comments too, as text. */
  raw(): string;
  close(): void;
}

/** Opens an event stream and reads it as it comes. */
export async function listen(url: string, channel: string, client?: string): Promise<Listener> {
  const query = client === undefined ? "" : `?client=${client}`;
  const controller = new AbortController();
  const response = await fetch(`${url}/api/channels/${channel}/events${query}`, { signal: controller.signal });
  if (!response.ok || response.body === null) throw new Error(`no stream: ${response.status}`);
  const arrived: ServerEvent[] = [];
  let text = "";
  let parsedTo = 0;
  let wake = () => {};
  let isOver = false;
  const read = async () => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      for (let end = text.indexOf("\n\n", parsedTo); end !== -1; end = text.indexOf("\n\n", parsedTo)) {
        const lines = text.slice(parsedTo, end).split("\n");
        parsedTo = end + 2;
        const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const event = field("event");
        if (event !== undefined) arrived.push({ event, data: JSON.parse(field("data") ?? "") });
      }
      wake();
    }
  };
  read()
    .catch(() => {}) // closed by us or by the server
    .finally(() => {
      isOver = true;
      wake();
    });
  return {
    async next(event) {
      for (;;) {
        const found = arrived.findIndex((each) => each.event === event);
        const taken = found === -1 ? undefined : arrived.splice(0, found + 1).at(-1);
        if (taken !== undefined) return taken.data;
        if (isOver) throw new Error(`the stream ended without "${event}"`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    raw: () => text,
    close: () => controller.abort(),
  };
}
