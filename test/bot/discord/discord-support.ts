import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../../../src/base/clock.js";
import { parseConfig } from "../../../src/base/config/config.js";
import { createLog } from "../../../src/base/log.js";
import { createAccess } from "../../../src/bot/access/access.js";
import { createDiscord } from "../../../src/bot/discord/discord.js";
import { createReceipt } from "../../../src/bot/platform-handlers.js";
import type { ChannelKey, ChatPlatform, CommandCall, Mention, Reaction } from "../../../src/bot/port/platform.js";
import type { PlatformExtras, PlatformParts } from "../../../src/bot/port/platform-definition.js";
import type { Command, Reply } from "../../../src/commands/command.js";
import { ENGLISH_ONLY } from "../../../src/languages/languages.js";
import { providerDefinitions } from "../../../src/providers/registry.js";
import type { Store } from "../../../src/store/store.js";
import { demoOn, hasEnded } from "../../support/demo-on-discord.js";
import type { FakeClock } from "../../support/fake-clock.js";
import { type FakeDiscord, type FakeDiscordOptions, startFakeDiscord } from "../../support/fake-discord.js";
import type { FakeInteraction } from "../../support/fake-discord-interactions.js";
import type { FakeChannel, FakeMessage } from "../../support/fake-discord-world.js";
import { memoryStore } from "../../support/memory-store.js";
import { eventually } from "../../support/playground-client.js";
import { type Bot, startBot } from "../../support/start-bot.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

/** The machine's clock, where a test waits for real sockets anyway. */
export const realClock: FakeClock = {
  ...systemClock,
  advance: (ms) => systemClock.sleep(ms),
  leap: (ms) => systemClock.sleep(ms),
  sleepers: () => 0,
};

/** The same, with the short pauses of streaming and pacing made shorter still; deadlines stay. */
export const briskClock: FakeClock = {
  ...realClock,
  sleep: (ms, signal) => systemClock.sleep(ms <= 1_000 ? ms / 5 : ms, signal),
};

/** The brisk clock, which jumps ahead when it is told to, so that nobody waits for the pause between two session starts. */
export function jumpingClock(): { readonly clock: FakeClock; jump(ms: number): void } {
  let ahead = 0;
  return {
    clock: { ...briskClock, now: () => briskClock.now() + ahead },
    jump(ms) {
      ahead += ms;
    },
  };
}

export interface DiscordStage {
  readonly discord: FakeDiscord;
  readonly environment: Record<string, string>;
  /** Set by `start`, and by tests that restart it. */
  bot: Bot;
  close(): Promise<void>;
}

/** Lists come from another thread, which takes a busy machine a while to start: as long as a refresh may take. */
const FIRST_LISTS_MS = 10_000;

/** The whole bot with the real gateway client, against a Discord on loopback. */
export async function stageDiscord(
  options: FakeDiscordOptions = {},
  environment: Record<string, string> = {},
  clock = briskClock,
): Promise<DiscordStage> {
  const folder = temporaryFolder();
  const discord = await startFakeDiscord(options);
  const all = { ...demoOn(discord), ...environment };
  const stage: DiscordStage = {
    discord,
    environment: all,
    bot: await startBot(folder.path, all, clock, FIRST_LISTS_MS),
    async close() {
      await stage.bot.stop(0);
      await discord.close();
      folder.remove();
    },
  };
  return stage;
}

/** Waits until the bot is connected and has registered its commands. */
export const connected = (discord: FakeDiscord) =>
  eventually("a connection with commands", () => discord.gateway.connected() && discord.commands.list.length > 0);

/** Waits for a question's end mark and gives all that the bot wrote below it. */
export async function answered(discord: FakeDiscord, channel: FakeChannel, question: FakeMessage, timeoutMs = 30_000) {
  await eventually(`an end to ${question.content}`, () => hasEnded(discord, question), timeoutMs);
  return discord.answers(channel).filter(({ replyTo }) => replyTo === question.id);
}

/** Waits for a reply that satisfies, and gives it. */
export const replied = (interaction: FakeInteraction, isLast: (text: string) => boolean = (text) => text !== "") =>
  eventually("a reply", () => interaction.replies.find(({ content }) => isLast(content)));

export const readiness = async (bot: Bot) =>
  (await fetch(`${bot.url}/readyz`)).json() as Promise<{ problems: string[] }>;

export interface PlatformStage {
  readonly discord: FakeDiscord;
  readonly platform: ChatPlatform;
  handOver(): Promise<void>;
  readonly openThread: NonNullable<PlatformExtras["openThread"]>;
  /** Times that events may have been missed, each with the places that Discord told of. */
  readonly gaps: (readonly ChannelKey[])[];
  readonly mentions: Mention[];
  readonly calls: CommandCall[];
  readonly reactions: Reaction[];
  readonly findReplies: NonNullable<PlatformParts["findReplies"]>;
  readonly log: string[];
  close(): Promise<void>;
}

export interface PlatformStageOptions {
  readonly fake?: FakeDiscordOptions;
  /** Of another stage, to stand beside it as a second process does. */
  readonly beside?: { readonly discord: FakeDiscord; readonly store: Store };
  readonly followThreads?: boolean;
  readonly shards?: number;
  readonly commands?: readonly Command[];
  readonly clock?: Clock;
  readonly store?: Store;
  onCommand?(call: CommandCall): AsyncIterable<Reply>;
}

/** The adapter alone with the real gateway client, and what it hands on. */
export async function stagePlatform(options: PlatformStageOptions = {}): Promise<PlatformStage> {
  const discord = options.beside?.discord ?? (await startFakeDiscord(options.fake));
  const clock = options.clock ?? briskClock;
  const store = options.beside?.store ?? options.store ?? memoryStore(clock.now);
  const parsed = parseConfig(
    { ...(options.followThreads && { FOLLOW_THREADS: "true" }) },
    { providers: providerDefinitions, platforms: [], storeSchemes: ["sqlite"] },
  );
  if ("faults" in parsed) throw new Error(JSON.stringify(parsed.faults));
  const lines: string[] = [];
  const log = createLog({ level: "debug", secrets: [], destination: { write: (line) => void lines.push(line) } });
  const stage = {
    gaps: [] as (readonly ChannelKey[])[],
    mentions: [] as Mention[],
    calls: [] as CommandCall[],
    reactions: [] as Reaction[],
  };
  const { platform, openThread, findReplies, handOver } = createDiscord({
    config: parsed.config,
    discord: { token: discord.token, apiUrl: discord.url, shards: options.shards },
    store,
    owner: randomUUID(),
    clock,
    log,
    commands: options.commands ?? [],
    languages: ENGLISH_ONLY,
    status: () => {
      throw new Error("not asked for");
    },
    replicas: () => 1,
    onStatusChange: () => () => {},
    modelOf: async () => ({ model: null, pin: null }),
    lastAnswer: async () => undefined,
    forget: async () => {},
  });
  await platform.start({
    ...createReceipt(platform, {
      access: createAccess(parsed.config.access, { surfaces: [], clock, log }),
      store,
      log,
    }),
    inLanguageOf: (_place, work) => work(),
    onMention: async (mention) => void stage.mentions.push(mention),
    onCommand(call) {
      stage.calls.push(call);
      return options.onCommand?.(call) ?? nothing();
    },
    onReaction: async (reaction) => void stage.reactions.push(reaction),
    onSuggest: () => [],
    onFocus() {},
    onGap: async (told) => void stage.gaps.push((await told) ?? []),
  });
  await eventually("a connection", () => platform.fault() === undefined || undefined);
  return {
    ...stage,
    discord,
    platform,
    handOver: async () => handOver?.(),
    findReplies: async (question) => (await findReplies?.(question)) ?? [],
    openThread: (...terms) => openThread?.(...terms) ?? Promise.reject(new Error("Discord has threads")),
    log: lines,
    async close() {
      await platform.stop();
      if (options.beside === undefined) await discord.close();
    },
  };
}

async function* nothing(): AsyncGenerator<Reply> {}
