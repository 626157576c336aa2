import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { slackManifest } from "../../../src/bot/slack/setup/manifest.js";
import type { CommandDeps } from "../../../src/commands/command-deps.js";
import { createCommands } from "../../../src/commands/registry.js";
import { createLanguages } from "../../../src/languages/languages.js";
import { type FakeClock, fakeClock } from "../../support/fake-clock.js";
import {
  APP_TOKEN,
  BOT_TOKEN,
  type FakeSlack,
  type FakeSlackOptions,
  SIGNING_SECRET,
  startFakeSlack,
} from "../../support/fake-slack.js";
import { eventually } from "../../support/playground-client.js";
import { type Bot, startBot } from "../../support/start-bot.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

/** The commands as the manifest sees them: what they do is never called. */
export const commands = createCommands({ languages: createLanguages() } as CommandDeps);

/** The scopes and events of the app that the manifest makes. */
export function appOf(followThreads = false): Pick<FakeSlackOptions, "scopes" | "events"> {
  const manifest = slackManifest({ commands, prefix: "", transport: "socket", followThreads }) as {
    oauth_config: { scopes: { bot: string[] } };
    settings: { event_subscriptions: { bot_events: string[] } };
  };
  return { scopes: manifest.oauth_config.scopes.bot, events: manifest.settings.event_subscriptions.bot_events };
}

export interface SlackWorld {
  readonly slack: FakeSlack;
  readonly bot: Bot;
  readonly clock: FakeClock;
  /** Turns time, in steps, until `read` gives something. */
  until<T>(
    what: string,
    read: () => T | undefined | false,
    terms?: { stepMs?: number; timeoutMs?: number },
  ): Promise<T>;
  turning<T>(work: Promise<T>): Promise<T>;
  restart(): Promise<void>;
  /** One more process on the same store, beside the first. */
  startReplica(): Promise<void>;
  close(): Promise<void>;
}

export const SOCKET_TOKENS = { SLACK_BOT_TOKEN: BOT_TOKEN, SLACK_APP_TOKEN: APP_TOKEN };

/** Lists come from another thread, which takes a busy machine a while to start: as long as a refresh may take. */
const FIRST_LISTS_MS = 10_000;

/** The whole bot beside a fake Slack, on one clock that is turned; resolves when Slack is up, unless told not to wait. */
export async function startSlackWorld(
  options: {
    readonly environment?: Record<string, string>;
    readonly slack?: Partial<FakeSlackOptions>;
    readonly waitsForReady?: boolean;
  } = {},
): Promise<SlackWorld> {
  const clock = fakeClock();
  const folder = temporaryFolder();
  const environment: Record<string, string> = options.environment ?? SOCKET_TOKENS;
  const slack = await startFakeSlack({
    now: clock.now,
    ...appOf(environment.FOLLOW_THREADS === "true"),
    ...options.slack,
  });
  const start = () =>
    startBot(
      folder.path,
      { PLAYGROUND: "off", DEMO_PROVIDER: "on", ...environment, SLACK_API_URL: slack.apiUrl },
      clock,
      FIRST_LISTS_MS,
    );
  /** Whatever waits for time to pass while it is awaited; not in a hurry, since real threads and sockets take part. */
  const turning = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await clock.advance(50);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return over;
  };
  let bot = await turning(start());
  const until = <T>(what: string, read: () => T | undefined | false, { stepMs = 100, timeoutMs = 30_000 } = {}) =>
    eventually(
      what,
      async () => {
        const found = read();
        if (found !== undefined && found !== false) return found as T;
        await clock.advance(stepMs);
        return undefined;
      },
      timeoutMs,
    );
  const ready = async () => {
    await until("a connection to Slack", () =>
      bot.log.some((line) => line.includes("slack: recovered") && line.includes('"part":"link"')),
    );
  };
  if (options.waitsForReady !== false) await ready();
  const replicas: Bot[] = [];
  const stop = () => turning(bot.stop(0));
  return {
    slack,
    get bot() {
      return bot;
    },
    clock,
    until,
    turning,
    async restart() {
      await stop();
      bot = await turning(start());
      await ready();
    },
    async startReplica() {
      replicas.push(await turning(start()));
    },
    async close() {
      for (const replica of replicas) await turning(replica.stop(0));
      await stop();
      await slack.close();
      folder.remove();
    },
  };
}

/** The same by either transport. */
export async function startSlackWorldBy(
  transport: "socket" | "http",
  environment: Record<string, string> = {},
): Promise<SlackWorld> {
  if (transport === "socket") return startSlackWorld({ environment: { ...SOCKET_TOKENS, ...environment } });
  const port = await freePort();
  const tokens = { SLACK_BOT_TOKEN: BOT_TOKEN, SLACK_SIGNING_SECRET: SIGNING_SECRET, SLACK_PORT: String(port) };
  const http = { url: `http://127.0.0.1:${port}/slack/events`, signingSecret: SIGNING_SECRET };
  return startSlackWorld({ environment: { ...tokens, ...environment }, slack: { http } });
}

/** A port that is free right now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
