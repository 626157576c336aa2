/** What the fake knows; ids are numbers in text, as Discord's snowflakes are. */
export interface FakeMessage {
  readonly id: string;
  readonly channelId: string;
  readonly authorId: string;
  content: string;
  /** Every content that it ever had. */
  readonly texts: string[];
  flags: number;
  components: readonly FakeRow[];
  attachments: readonly { readonly filename: string; readonly text: string }[];
  /** What a person put beside it. */
  readonly uploads: readonly FakeUpload[];
  readonly replyTo: string | undefined;
  /** Further fields as Discord has them: embeds, a poll, stickers, what is forwarded. */
  readonly extra: object;
  readonly writtenAt: number;
  /** Who put which emoji there, in order. */
  readonly reactions: Map<string, Set<string>>;
  /** Every change of the bot's own reactions: "+👀", "-👀". */
  readonly reactionLog: string[];
}

export interface FakeUpload {
  readonly id: string;
  readonly filename: string;
  readonly content_type?: string;
  readonly size: number;
  readonly url: string;
  readonly proxy_url: string;
}

export interface FakeRow {
  readonly components: readonly {
    readonly type: number;
    readonly label?: string;
    readonly custom_id: string;
    readonly placeholder?: string;
    readonly options?: readonly { readonly label: string; readonly value: string }[];
  }[];
}

export interface FakeChannel {
  readonly id: string;
  readonly type: number;
  readonly name: string;
  readonly guildId: string | undefined;
  readonly parentId: string | undefined;
  readonly messages: Map<string, FakeMessage>;
  /** Of a thread. */
  state: { archived: boolean; locked: boolean };
}

export interface FakePerson {
  readonly id: string;
  readonly name: string;
  readonly isManager: boolean;
  readonly isBot: boolean;
}

export const BOT_ID = "900000000000000001";
export const APPLICATION_ID = "900000000000000002";
export const GUILD_ID = "900000000000000003";
export const MANAGERS_ROLE = "900000000000000004";
export const BOT_ROLE = "900000000000000006";
const DISCORD_EPOCH = 1_420_070_400_000;
const OWNER_ID = "900000000000000005";
export const MANAGE_GUILD = 1n << 5n;
const EVERYONE_PERMISSIONS = (1n << 10n) | (1n << 11n) | (1n << 16n) | (1n << 6n);

/** What the invite gives, and no more. */
const INVITED = [6, 10, 11, 15, 16, 35, 38].reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);

export interface FakeOverwrite {
  readonly id: string;
  readonly type: 0 | 1;
  readonly allow: string;
  readonly deny: string;
}

export type Permission = "view" | "send" | "react" | "history" | "threads";

export type FakeWorld = ReturnType<typeof createWorld>;

/** One server with channels, threads, people and what they wrote; and direct messages. */
export function createWorld() {
  const channels = new Map<string, FakeChannel>();
  /** What the bot may not do where: see, say, react, read back, begin threads. */
  const denied = new Map<string, ReadonlySet<Permission>>();
  const overwrites = new Map<string, readonly FakeOverwrite[]>();
  const bot = { permissions: INVITED };
  const people = new Map<string, FakePerson>();
  /** Ids of people who are not in the server. */
  const strangers = new Set<string>();
  let lastId = 0n;
  /** A snowflake: its time is in its upper bits, and each is larger than the one before. */
  const newId = () => {
    const ofNow = BigInt(Date.now() - DISCORD_EPOCH) << 22n;
    lastId = ofNow > lastId ? ofNow : lastId + 1n;
    return String(lastId);
  };

  const addChannel = (
    name: string,
    place: { type: number; guildId?: string; parentId?: string },
    id = newId(),
  ): FakeChannel => {
    const state = { archived: false, locked: false };
    const channel = { id, name, guildId: undefined, parentId: undefined, ...place, messages: new Map(), state };
    channels.set(channel.id, channel);
    return channel;
  };
  return {
    newId,
    channels,
    denied,
    strangers,
    /** Rules of channels for roles and members. */
    overwrites,
    /** What the bot's own role may do. */
    bot,
    isDenied: (channel: string, what: Permission) => denied.get(channel)?.has(what) ?? false,
    addChannel,
    /** The one direct channel with a person. */
    directChannel(person: FakePerson): FakeChannel {
      const known = [...channels.values()].find(({ type, name }) => type === 1 && name === person.id);
      return known ?? addChannel(person.id, { type: 1 });
    },
    person(name: string, facts: { isManager?: boolean; isBot?: boolean } = {}): FakePerson {
      const known = [...people.values()].find((one) => one.name === name);
      if (known !== undefined) return known;
      const person = { id: newId(), name, isManager: false, isBot: false, ...facts };
      people.set(person.id, person);
      return person;
    },
    personOf: (id: string) => people.get(id),
    addMessage(channel: FakeChannel, given: Partial<FakeMessage> & { authorId: string; content: string }): FakeMessage {
      const message: FakeMessage = {
        id: newId(),
        channelId: channel.id,
        texts: [given.content],
        flags: 0,
        components: [],
        attachments: [],
        uploads: [],
        replyTo: undefined,
        extra: {},
        writtenAt: Date.now(),
        reactions: new Map(),
        reactionLog: [],
        ...given,
      };
      channel.messages.set(message.id, message);
      return message;
    },
  };
}

export const userObject = (person: FakePerson | undefined, id: string) => ({
  id,
  username: person?.name ?? (id === BOT_ID ? "evergreen" : "someone"),
  global_name: null,
  discriminator: "0",
  avatar: null,
  bot: id === BOT_ID || (person?.isBot ?? false),
});

export const memberObject = (person: FakePerson) => ({
  nick: null,
  avatar: null,
  roles: person.isManager ? [MANAGERS_ROLE] : [],
  joined_at: "2026-01-01T00:00:00.000Z",
  deaf: false,
  mute: false,
  flags: 0,
});

export const permissionsOf = (person: FakePerson) =>
  String(person.isManager ? EVERYONE_PERMISSIONS | MANAGE_GUILD : EVERYONE_PERMISSIONS);

export const channelObject = ({ id, type, name, guildId, parentId, state, messages }: FakeChannel) => ({
  id,
  type,
  last_message_id: [...messages.keys()].at(-1) ?? null,
  ...(guildId === undefined
    ? { recipients: [] }
    : { guild_id: guildId, name, position: 0, permission_overwrites: [], parent_id: parentId ?? null, nsfw: false }),
  ...(parentId !== undefined && {
    owner_id: OWNER_ID,
    message_count: 0,
    member_count: 1,
    thread_metadata: {
      auto_archive_duration: 60,
      archive_timestamp: "2026-01-01T00:00:00Z",
      ...state,
    },
  }),
});

export const guildObject = (channels: readonly FakeChannel[], id = GUILD_ID) => ({
  id,
  name: "Test server",
  owner_id: OWNER_ID,
  joined_at: "2026-01-01T00:00:00.000Z",
  unavailable: false,
  member_count: 3,
  roles: [
    role(id, "@everyone", EVERYONE_PERMISSIONS),
    role(MANAGERS_ROLE, "managers", MANAGE_GUILD),
    { ...role(BOT_ROLE, "Evergreen", 0n), managed: true, tags: { bot_id: BOT_ID } },
  ],
  channels: channels.filter(({ guildId, parentId }) => guildId === id && !parentId).map(channelObject),
  threads: channels.filter(({ guildId, parentId }) => guildId === id && parentId).map(channelObject),
  members: [],
  presences: [],
  voice_states: [],
  stage_instances: [],
  emojis: [],
  stickers: [],
  features: [],
});

/** The server as REST tells of it. */
export const guildRest = ({ bot }: Pick<FakeWorld, "bot">, id = GUILD_ID) => ({
  id,
  name: "Test server",
  owner_id: OWNER_ID,
  roles: [
    role(id, "@everyone", 0n),
    role(MANAGERS_ROLE, "managers", MANAGE_GUILD),
    { ...role(BOT_ROLE, "evergreen", bot.permissions), managed: true, tags: { bot_id: BOT_ID } },
  ],
});

const role = (id: string, name: string, permissions: bigint) => ({
  id,
  name,
  permissions: String(permissions),
  color: 0,
  hoist: false,
  position: 0,
  managed: false,
  mentionable: false,
});

/** A message as the API and the gateway show it. */
export function messageObject(world: FakeWorld, message: FakeMessage) {
  const channel = world.channels.get(message.channelId);
  const replied = message.replyTo === undefined ? undefined : channel?.messages.get(message.replyTo);
  const named = namedIn(message.content, "@!?");
  const mentioned = new Set([...named, ...(replied === undefined ? [] : [replied.authorId])]);
  return {
    id: message.id,
    type: message.replyTo === undefined ? 0 : 19,
    channel_id: message.channelId,
    author: userObject(world.personOf(message.authorId), message.authorId),
    content: message.content,
    timestamp: new Date(message.writtenAt).toISOString(),
    edited_timestamp: message.texts.length > 1 ? new Date(message.writtenAt + 1_000).toISOString() : null,
    tts: false,
    mention_everyone: false,
    mentions: [...mentioned].map((id) => userObject(world.personOf(id), id)),
    mention_roles: namedIn(message.content, "@&"),
    attachments: message.uploads,
    embeds: [],
    pinned: false,
    flags: message.flags,
    components: message.components,
    ...(message.reactions.size > 0 && {
      reactions: [...message.reactions].map(([name, by]) => ({
        count: by.size,
        me: by.has(BOT_ID),
        emoji: { id: null, name },
      })),
    }),
    ...(message.replyTo !== undefined && {
      message_reference: { message_id: message.replyTo, channel_id: message.channelId },
      referenced_message: replied === undefined ? null : shallow(world, replied),
    }),
    ...message.extra,
  };
}

/** Ids that Discord takes for mentions: neither in code nor escaped. */
function namedIn(content: string, kind: string): readonly string[] {
  const plain = content.replace(/```[\s\S]*?```|`[^`]*`/g, "");
  return [...plain.matchAll(new RegExp(`(?<!\\\\)<${kind}(\\d+)>`, "g"))].map((match) => match[1] ?? "");
}

/** A message that another one refers to: without those that it refers to itself. */
export function shallow(world: FakeWorld, message: FakeMessage): object {
  return messageObject(world, { ...message, replyTo: undefined });
}
