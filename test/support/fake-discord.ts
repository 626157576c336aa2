import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { prepareChecks } from "./fake-discord-checks.js";
import { createFakeFiles } from "./fake-discord-files.js";
import { createFakeGateway, visibleTo } from "./fake-discord-gateway.js";
import { createInteractions, type FakeInteraction, type Pressed } from "./fake-discord-interactions.js";
import { createLimits, type Limit } from "./fake-discord-limits.js";
import { createFakeRest } from "./fake-discord-rest.js";
import { fakeRoutes } from "./fake-discord-routes.js";
import {
  BOT_ID,
  channelObject,
  createWorld,
  type FakeChannel,
  type FakeMessage,
  type FakePerson,
  type FakeUpload,
  GUILD_ID,
  memberObject,
  messageObject,
  type Permission,
  shallow,
  userObject,
} from "./fake-discord-world.js";

export const FAKE_DISCORD_TOKEN = "OTAwMDAwMDAwMDAwMDAwMDAx.Fake_t.oken-for-tests";
export const MESSAGE_CONTENT_INTENT = 1 << 15;

export interface FakeDiscordOptions {
  readonly token?: string;
  readonly messages?: Limit;
  readonly reactions?: Limit;
  readonly global?: Limit;
  readonly allowedPrivileged?: number;
  readonly heartbeatMs?: number;
  readonly identifyGapMs?: number;
  /** Further servers that the bot is in, of 30 channels each. */
  readonly otherServers?: number;
  /** Further servers, with a channel each, spread over all shards. */
  readonly servers?: number;
  /** How many shards it recommends. */
  readonly shards?: number;
  readonly maxConcurrency?: number;
  /** Somebody mentions the bot with this as soon as its session stands, before it is told of its servers. */
  readonly backlog?: string;
}

export type FakeDiscord = Awaited<ReturnType<typeof startFakeDiscord>>;

/** What most tests want: limits that nobody runs into. */
const WIDE: Limit = { limit: 10_000, windowMs: 5_000 };

/** Discord on loopback: REST v10 and its gateway, as strict as the real one, with what people do there. */
export async function startFakeDiscord(options: FakeDiscordOptions = {}) {
  const { token = FAKE_DISCORD_TOKEN, messages = WIDE, reactions = WIDE, global = WIDE } = options;
  prepareChecks();
  const world = createWorld();
  const commands = { list: [] as readonly object[], puts: 0 };
  const typing: string[] = [];
  let isModerator = false;
  let filtered: RegExp | undefined;
  let startsLeft = 1_000;
  const serverIds = Array.from({ length: options.servers ?? 0 }, (_, index) => String(BigInt(index + 1_000) << 22n));

  const files = createFakeFiles(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}`, world.newId);
  const server = createServer((incoming, response) => {
    if (!files.onRequest(incoming, response)) rest.onRequest(incoming, response);
  });
  const gateway = createFakeGateway(server, world, {
    token,
    allowedPrivileged: options.allowedPrivileged ?? 0,
    heartbeatMs: options.heartbeatMs ?? 41_250,
    identifyGapMs: options.identifyGapMs ?? 5_000,
    otherServers: options.otherServers ?? 0,
    servers: serverIds,
    maxConcurrency: options.maxConcurrency ?? 1,
    onReady: () => early?.(),
  });
  const interactions = createInteractions(world, (t, d, times) => gateway.dispatch(t, d, false, times));
  const rest = createFakeRest({
    token,
    limits: createLimits({ messages, reactions, global }),
    routes: fakeRoutes({
      world,
      interactions,
      gatewayUrl: gateway.url,
      startsLeft: () => startsLeft,
      sharding: { shards: options.shards ?? 1, maxConcurrency: options.maxConcurrency ?? 1 },
      commands,
      typing,
      mayManageMessages: () => isModerator,
      applicationFlags: () => ((options.allowedPrivileged ?? 0) & MESSAGE_CONTENT_INTENT ? 1 << 19 : 0),
      isFiltered: (content) => filtered?.test(content) ?? false,
      readable: (message, channel) =>
        visibleTo(
          { intents: options.allowedPrivileged ?? 0 },
          "MESSAGE_CREATE",
          message,
          channel.guildId === undefined,
        ),
    }),
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const serverChannels = serverIds.map((guildId, index) => world.addChannel(`server-${index}`, { type: 0, guildId }));
  const general = world.addChannel("general", { type: 0, guildId: GUILD_ID });

  let early: (() => void) | undefined;
  const textAs = (text: string, isNaming: boolean) => (isNaming ? `<@${BOT_ID}> ${text}` : text);
  const deliver = (channel: FakeChannel, message: FakeMessage, author: FakePerson, times = 1) => {
    const isDirect = channel.guildId === undefined;
    const place = isDirect ? {} : { guild_id: channel.guildId, member: memberObject(author) };
    gateway.dispatch("MESSAGE_CREATE", { ...messageObject(world, message), ...place }, isDirect, times);
  };
  if (options.backlog !== undefined) {
    const text = options.backlog;
    early = () => {
      early = undefined;
      const author = world.person("early");
      const message = world.addMessage(general, { authorId: author.id, content: textAs(text, true) });
      deliver(general, message, author);
    };
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    token,
    world,
    rest,
    gateway,
    commands,
    typing,
    files,
    general,
    /** The channel of each further server. */
    serverChannels,
    person: world.person,
    addChannel: (name: string): FakeChannel => world.addChannel(name, { type: 0, guildId: GUILD_ID }),
    /** A thread of a channel; `isTold`: the bot learns of it by an event. */
    addThread: (parent: FakeChannel, name: string, id?: string): FakeChannel =>
      world.addChannel(name, { type: 11, guildId: GUILD_ID, parentId: parent.id }, id),
    /** Tells the bot of a thread that it is a member of. */
    joinThread(thread: FakeChannel): void {
      const member = { id: thread.id, user_id: BOT_ID, join_timestamp: "2026-01-01T00:00:00.000Z", flags: 0 };
      gateway.dispatch("THREAD_CREATE", { ...channelObject(thread), member });
    },
    directChannel: (name = "dm"): FakeChannel => world.addChannel(name, { type: 1 }),
    /** A person writes something; `naming` puts the bot's mention before it. */
    say(
      channel: FakeChannel,
      author: FakePerson,
      text: string,
      how: {
        naming?: boolean;
        replyTo?: FakeMessage;
        times?: number;
        uploads?: readonly FakeUpload[];
        /** Further fields of the message. */
        extra?: object;
      } = {},
    ): FakeMessage {
      const content = textAs(text, how.naming ?? false);
      const message = world.addMessage(channel, {
        authorId: author.id,
        content,
        replyTo: how.replyTo?.id,
        uploads: how.uploads ?? [],
        extra: how.extra ?? {},
      });
      deliver(channel, message, author, how.times);
      return message;
    },
    /** Its author changes a message, `minutes` after it was written. */
    change(channel: FakeChannel, message: FakeMessage, author: FakePerson, content: string, minutes = 0): void {
      const changed = { ...message, content, texts: [...message.texts, content] };
      channel.messages.set(message.id, { ...changed, writtenAt: message.writtenAt - minutes * 60_000 });
      const place = channel.guildId === undefined ? {} : { guild_id: channel.guildId, member: memberObject(author) };
      const shown = channel.messages.get(message.id) ?? changed;
      gateway.dispatch("MESSAGE_UPDATE", { ...messageObject(world, shown), ...place }, channel.guildId === undefined);
    },
    /** A thread that begins with somebody's message, for which a stand-in is its first. */
    startThread(channel: FakeChannel, message: FakeMessage, name: string): FakeChannel {
      const thread = world.addChannel(name, { type: 11, guildId: GUILD_ID, parentId: channel.id }, message.id);
      const extra = {
        type: 21,
        message_reference: { type: 0, message_id: message.id, channel_id: channel.id, guild_id: GUILD_ID },
        referenced_message: shallow(world, message),
      };
      world.addMessage(thread, { authorId: message.authorId, content: "", extra });
      return thread;
    },
    /** Texts that the server's own filter refuses from now on. */
    filter(pattern: RegExp | undefined): void {
      filtered = pattern;
    },
    /** Closes a thread; a locked one opens again for moderators alone. */
    archive(thread: FakeChannel, locked = false): void {
      thread.state = { archived: true, locked };
      gateway.dispatch("THREAD_UPDATE", channelObject(thread));
    },
    /** The same event again. */
    repeat: (channel: FakeChannel, message: FakeMessage, author: FakePerson) => deliver(channel, message, author),
    slash: (channel: FakeChannel, person: FakePerson, name: string, given: readonly object[] = [], times = 1) =>
      interactions.send(channel, person, 2, slashData(name, given), { times }),
    autocomplete: (channel: FakeChannel, person: FakePerson, name: string, given: readonly object[]) =>
      interactions.send(channel, person, 4, slashData(name, given)),
    /** Presses a button by its label, or picks an entry of a menu by its label. */
    press(channel: FakeChannel, person: FakePerson, shown: Pressed, label: string): FakeInteraction {
      for (const { type, custom_id, label: own, options } of shown.components.flatMap((row) => row.components)) {
        if (type === 2 && own === label)
          return interactions.send(channel, person, 3, { custom_id, component_type: 2 }, { pressed: shown });
        const option = options?.find((one) => one.label === label);
        if (option !== undefined)
          return interactions.send(
            channel,
            person,
            3,
            { custom_id, component_type: 3, values: [option.value] },
            { pressed: shown },
          );
      }
      throw new Error(`there is no control ${label}`);
    },
    pressId: (channel: FakeChannel, person: FakePerson, shown: Pressed, custom_id: string) =>
      interactions.send(channel, person, 3, { custom_id, component_type: 2 }, { pressed: shown }),
    react(channel: FakeChannel, person: FakePerson, message: FakeMessage, emoji: string, event: object = {}): void {
      const by = message.reactions.get(emoji) ?? new Set();
      message.reactions.set(emoji, by.add(person.id));
      const isDirect = channel.guildId === undefined;
      const member = { ...memberObject(person), user: userObject(person, person.id) };
      const where = isDirect ? {} : { guild_id: channel.guildId, member };
      gateway.dispatch(
        "MESSAGE_REACTION_ADD",
        {
          user_id: person.id,
          channel_id: channel.id,
          message_id: message.id,
          message_author_id: message.authorId,
          emoji: { id: null, name: emoji },
          burst: false,
          type: 0,
          ...where,
          ...event,
        },
        isDirect,
      );
    },
    /** What the bot has written there, oldest first. */
    answers: (channel: FakeChannel = general) =>
      [...channel.messages.values()].filter((one) => one.authorId === BOT_ID),
    /** The bot's own reactions there, as people see them. */
    marksOf: (message: FakeMessage) => [...message.reactions].flatMap(([emoji, by]) => (by.has(BOT_ID) ? [emoji] : [])),
    /** Somebody deletes it; `isTold`: the bot is told by an event. */
    deleteMessage(message: FakeMessage, isTold = false): void {
      world.channels.get(message.channelId)?.messages.delete(message.id);
      const { id, channelId: channel_id } = message;
      if (isTold) gateway.dispatch("MESSAGE_DELETE", { id, channel_id, guild_id: GUILD_ID });
    },
    deleteChannel(channel: FakeChannel): void {
      world.channels.delete(channel.id);
      const t = channel.parentId === undefined ? "CHANNEL_DELETE" : "THREAD_DELETE";
      gateway.dispatch(t, { id: channel.id, type: channel.type, guild_id: GUILD_ID, parent_id: channel.parentId });
    },
    /** Takes permissions away from the bot in a channel. */
    forbid(channel: FakeChannel, ...what: Permission[]): void {
      world.denied.set(channel.id, new Set(what));
      gateway.dispatch("CHANNEL_UPDATE", channelObject(channel));
    },
    setModerator(is: boolean) {
      isModerator = is;
    },
    setStartsLeft(left: number) {
      startsLeft = left;
    },
    async close() {
      await gateway.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** "models use" with options as Discord nests them. */
function slashData(path: string, given: readonly object[]): object {
  const [name = "", sub] = path.split(" ");
  const options = sub === undefined ? given : [{ type: 1, name: sub, options: given }];
  return { id: "1", type: 1, name, options };
}
