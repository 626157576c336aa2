import type { createInteractions } from "./fake-discord-interactions.js";
import { COMPONENTS_V2, kindFault, seenIn } from "./fake-discord-layout.js";
import { type FakeRequest, Refusal, type Route } from "./fake-discord-rest.js";
import {
  APPLICATION_ID,
  BOT_ID,
  BOT_ROLE,
  channelObject,
  type FakeChannel,
  type FakeMessage,
  type FakeWorld,
  GUILD_ID,
  guildRest,
  memberObject,
  messageObject,
  userObject,
} from "./fake-discord-world.js";

export interface RouteDeps {
  readonly world: FakeWorld;
  readonly interactions: ReturnType<typeof createInteractions>;
  readonly gatewayUrl: () => string;
  /** Session starts that are left of the day's. */
  readonly startsLeft: () => number;
  readonly sharding: { readonly shards: number; readonly maxConcurrency: number };
  readonly commands: { list: readonly object[]; puts: number };
  readonly typing: string[];
  readonly mayManageMessages: () => boolean;
  /** What the application was allowed, as its flags tell. */
  readonly applicationFlags: () => number;
  /** Whether the server's own filter refuses a text. */
  readonly isFiltered: (content: string) => boolean;
  /** A message as the bot may read it. */
  readonly readable: (message: object, channel: FakeChannel) => object;
}

/** Every route that the bot may use; anything else is 404. */
export function fakeRoutes(deps: RouteDeps): readonly Route[] {
  const { world, interactions } = deps;

  const channelOf = (id: string): FakeChannel => {
    const channel = world.channels.get(id);
    if (channel === undefined) throw new Refusal(404, 10003, "Unknown Channel");
    if (world.isDenied(id, "view")) throw new Refusal(403, 50001, "Missing Access");
    return channel;
  };
  const messageOf = (channel: string, id: string): FakeMessage => {
    const message = channelOf(channel).messages.get(id);
    if (message === undefined) throw new Refusal(404, 10008, "Unknown Message");
    return message;
  };
  const shown = (message: FakeMessage) => messageObject(world, message);
  /** Posts of the last minutes by their enforced nonce. */
  const nonces = new Map<string, FakeMessage>();

  const post = ({ body, files }: FakeRequest, id = "") => {
    const channel = channelOf(id);
    if (world.isDenied(id, "send")) throw new Refusal(403, 50013, "Missing Permissions");
    if (channel.state.locked) throw new Refusal(403, 160005, "Thread is locked");
    if (Object(body).message_reference !== undefined && world.isDenied(id, "history"))
      throw new Refusal(403, 160002, "Cannot reply without permission to read message history");
    const { content: seen, rows } = seenIn(body);
    const content = seen.trim();
    if (deps.isFiltered(content)) throw new Refusal(400, 200000, "Message was blocked by automatic moderation");
    if (isInvisible(content) && files.length === 0) throw new Refusal(400, 50006, "Cannot send an empty message");
    const key = body.enforce_nonce === true ? `${id} ${body.nonce}` : undefined;
    const same = key === undefined ? undefined : nonces.get(key);
    if (same !== undefined) return shown(same);
    const reference = body.message_reference as { message_id: string; fail_if_not_exists?: boolean } | undefined;
    if (reference && reference.fail_if_not_exists !== false) messageOf(id, reference.message_id);
    const message = world.addMessage(channel, {
      authorId: BOT_ID,
      content,
      flags: Number(body.flags ?? 0),
      components: rows,
      attachments: files,
      replyTo: reference?.message_id,
    });
    if (key !== undefined) nonces.set(key, message);
    channel.state.archived = false;
    return shown(message);
  };
  const edit = ({ body }: FakeRequest, channel = "", id = "") => {
    const message = messageOf(channel, id);
    if (channelOf(channel).state.archived) throw new Refusal(400, 50083, "Thread is archived");
    if (message.authorId !== BOT_ID) throw new Refusal(403, 50005, "Cannot edit a message authored by another user");
    const fault = kindFault(body, message.flags);
    if (fault !== undefined) throw new Refusal(400, 50035, `Invalid Form Body ${fault}`);
    const { content: seen, rows } = seenIn(body);
    if (body.content !== undefined || (Number(body.flags ?? 0) & COMPONENTS_V2) !== 0) {
      const content = seen.trim();
      if (isInvisible(content)) throw new Refusal(400, 50006, "Cannot send an empty message");
      if (deps.isFiltered(content)) throw new Refusal(400, 200000, "Message was blocked by automatic moderation");
      message.content = content;
      message.texts.push(content);
    }
    if (body.flags !== undefined) message.flags = Number(body.flags);
    if (body.components !== undefined) message.components = rows;
    return shown(message);
  };
  const react = (method: string, channel: string, id: string, emoji: string, who: string) => {
    const message = messageOf(channel, id);
    if (channelOf(channel).state.archived) throw new Refusal(400, 50083, "Thread is archived");
    if (world.isDenied(channel, "react")) throw new Refusal(403, 50013, "Missing Permissions");
    const user = who === "@me" ? BOT_ID : who;
    if (user !== BOT_ID && !deps.mayManageMessages()) throw new Refusal(403, 50013, "Missing Permissions");
    if (!/\p{Extended_Pictographic}/u.test(emoji)) throw new Refusal(400, 10014, "Unknown Emoji");
    const by = message.reactions.get(emoji) ?? new Set<string>();
    if (method === "PUT") {
      if (!message.reactions.has(emoji) && message.reactions.size >= 20)
        throw new Refusal(400, 30010, "Maximum number of reactions reached (20)");
      by.add(user);
      message.reactions.set(emoji, by);
    } else {
      if (!by.delete(user)) throw new Refusal(404, 10014, "Unknown Emoji");
      if (by.size === 0) message.reactions.delete(emoji);
    }
    if (user === BOT_ID) message.reactionLog.push(`${method === "PUT" ? "+" : "-"}${emoji}`);
    return undefined;
  };
  const list = ({ query }: FakeRequest, id = "") => {
    const channel = channelOf(id);
    const limit = Number(query.get("limit") ?? 50);
    if (!(limit >= 1 && limit <= 100)) throw new Refusal(400, 50035, "Invalid Form Body limit");
    const [before, after] = [query.get("before"), query.get("after")];
    if (before !== null && after !== null) throw new Refusal(400, 50035, "Invalid Form Body before, after");
    // Without the permission, Discord gives an empty list.
    const found = world.isDenied(id, "history") ? [] : [...channel.messages.values()];
    if (after !== null) {
      const later = found.filter(({ id }) => BigInt(id) > BigInt(after)).slice(0, limit);
      return later.reverse().map((one) => deps.readable(shown(one), channel));
    }
    return found
      .filter((one) => before === null || BigInt(one.id) < BigInt(before))
      .reverse()
      .slice(0, limit)
      .map((one) => deps.readable(shown(one), channel));
  };
  const changeThread = ({ body }: FakeRequest, id = "") => {
    const thread = channelOf(id);
    if (Object.keys(body).some((key) => key !== "archived")) throw new Refusal(403, 50013, "Missing Permissions");
    // Anybody who may write there may open it again, but not where it is locked.
    if (thread.state.locked || world.isDenied(id, "send")) throw new Refusal(403, 50013, "Missing Permissions");
    thread.state.archived = body.archived === true;
    return channelObject(thread);
  };
  const openThread = ({ body }: FakeRequest, parentId = "", messageId?: string) => {
    const parent = channelOf(parentId);
    if (parent.guildId === undefined || parent.parentId !== undefined)
      throw new Refusal(400, 50024, "Cannot execute action on this channel type");
    if (world.isDenied(parentId, "threads")) throw new Refusal(403, 50013, "Missing Permissions");
    if (messageId !== undefined) {
      messageOf(parentId, messageId);
      if (world.channels.has(messageId))
        throw new Refusal(400, 160004, "A thread has already been created for this message");
    }
    const place = { type: 11, guildId: parent.guildId, parentId };
    return channelObject(world.addChannel(String(body.name), place, messageId));
  };
  const direct = ({ body }: FakeRequest) => {
    const person = world.personOf(String(body.recipient_id));
    if (person === undefined) throw new Refusal(400, 50033, "Invalid Recipient(s)");
    return channelObject(world.directChannel(person));
  };
  const reaction = /^\/channels\/(\d+)\/messages\/(\d+)\/reactions\/([^/]+)\/(@me|\d+)$/;
  const messages = /^\/channels\/(\d+)\/messages$/;
  const message = /^\/channels\/(\d+)\/messages\/(\d+)$/;
  const commands = /^\/applications\/\d+\/commands$/;

  return [
    {
      method: "GET",
      path: /^\/gateway\/bot$/,
      run: () => ({
        url: deps.gatewayUrl(),
        shards: deps.sharding.shards,
        session_start_limit: {
          total: 1000,
          remaining: deps.startsLeft(),
          reset_after: 14_400_000,
          max_concurrency: deps.sharding.maxConcurrency,
        },
      }),
    },
    {
      method: "GET",
      path: /^\/applications\/@me$/,
      run: () => ({ id: APPLICATION_ID, name: "evergreen", flags: deps.applicationFlags() }),
    },
    { method: "GET", path: /^\/users\/@me\/guilds$/, run: () => [{ id: GUILD_ID, name: "Test server" }] },
    { method: "GET", path: /^\/guilds\/(\d+)$/, run: (_request, id) => guildRest(world, id) },
    {
      method: "GET",
      path: /^\/guilds\/(\d+)\/members\/(\d+)$/,
      run(_request, _guild, id = "") {
        const person = world.personOf(id);
        const isUnknown = person === undefined && id !== BOT_ID;
        if (world.strangers.has(id) || isUnknown) throw new Refusal(404, 10007, "Unknown Member");
        return person === undefined ? { roles: [BOT_ROLE] } : { ...memberObject(person), user: userObject(person, id) };
      },
    },
    {
      method: "GET",
      path: /^\/guilds\/(\d+)\/channels$/,
      run: () =>
        [...world.channels.values()]
          .filter(({ guildId, parentId }) => guildId !== undefined && parentId === undefined)
          .map((channel) => ({
            ...channelObject(channel),
            permission_overwrites: world.overwrites.get(channel.id) ?? [],
          })),
    },
    { method: "GET", path: /^\/users\/@me$/, run: () => userObject(undefined, BOT_ID) },
    { method: "GET", path: /^\/channels\/(\d+)$/, run: (_request, id = "") => channelObject(channelOf(id)) },
    { method: "PATCH", path: /^\/channels\/(\d+)$/, run: changeThread },
    { method: "GET", path: messages, run: list },
    {
      method: "POST",
      path: /^\/channels\/(\d+)\/messages\/(\d+)\/threads$/,
      checks: "POST /channels/{channel_id}/messages/{message_id}/threads",
      run: openThread,
    },
    {
      method: "POST",
      path: /^\/channels\/(\d+)\/threads$/,
      checks: "POST /channels/{channel_id}/threads",
      run: (request, id) => openThread(request, id),
    },
    { method: "POST", path: /^\/users\/@me\/channels$/, checks: "POST /users/@me/channels", run: direct },
    {
      method: "DELETE",
      path: message,
      run(_request, channel = "", id = "") {
        const gone = messageOf(channel, id);
        if (gone.authorId !== BOT_ID && !deps.mayManageMessages()) throw new Refusal(403, 50013, "Missing Permissions");
        world.channels.get(channel)?.messages.delete(id);
        return undefined;
      },
    },
    { method: "POST", path: messages, checks: "POST /channels/{channel_id}/messages", run: post },
    {
      method: "GET",
      path: message,
      run(_request, channel = "", id = "") {
        if (world.isDenied(channel, "history")) throw new Refusal(403, 50001, "Missing Access");
        return deps.readable(shown(messageOf(channel, id)), channelOf(channel));
      },
    },
    { method: "PATCH", path: message, checks: "PATCH /channels/{channel_id}/messages/{message_id}", run: edit },
    {
      method: "POST",
      path: /^\/channels\/(\d+)\/typing$/,
      run: (_request, id = "") => void deps.typing.push(channelOf(id).id),
    },
    ...(["PUT", "DELETE"] as const).map((method) => ({
      method,
      path: reaction,
      run: (_request: FakeRequest, channel = "", id = "", emoji = "", who = "") =>
        react(method, channel, id, emoji, who),
    })),
    {
      method: "GET",
      path: commands,
      // Translations are told only when they are asked for.
      run: ({ query }) =>
        JSON.parse(JSON.stringify(deps.commands.list), (key, value) =>
          key.endsWith("_localizations") && query.get("with_localizations") !== "true" ? undefined : value,
        ),
    },
    {
      method: "PUT",
      path: commands,
      checks: "PUT /applications/{application_id}/commands",
      run({ body }) {
        deps.commands.puts += 1;
        // Discord gives them back with what it fills in.
        deps.commands.list = (body as unknown as readonly object[]).map((command) => ({
          id: world.newId(),
          version: world.newId(),
          default_member_permissions: null,
          nsfw: false,
          ...command,
        }));
        return deps.commands.list;
      },
    },
    ...interactions.routes,
  ];
}

/** Discord refuses what shows nothing. */
const isInvisible = (content: string) => /^[\s\p{Cf}\u2800\u3164]*$/u.test(content);
