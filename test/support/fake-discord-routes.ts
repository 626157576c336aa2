import type { createInteractions } from "./fake-discord-interactions.js";
import { type FakeRequest, Refusal, type Route } from "./fake-discord-rest.js";
import {
  BOT_ID,
  channelObject,
  type FakeChannel,
  type FakeMessage,
  type FakeWorld,
  messageObject,
  userObject,
} from "./fake-discord-world.js";

export interface RouteDeps {
  readonly world: FakeWorld;
  readonly interactions: ReturnType<typeof createInteractions>;
  readonly gatewayUrl: () => string;
  /** Session starts that are left of the day's. */
  readonly startsLeft: () => number;
  readonly commands: { list: readonly object[]; puts: number };
  readonly typing: string[];
  readonly mayManageMessages: () => boolean;
}

/** Every route that the bot may use; anything else is 404. */
export function fakeRoutes(deps: RouteDeps): readonly Route[] {
  const { world, interactions } = deps;

  const channelOf = (id: string): FakeChannel => {
    const channel = world.channels.get(id);
    if (channel === undefined) throw new Refusal(404, 10003, "Unknown Channel");
    return channel;
  };
  const messageOf = (channel: string, id: string): FakeMessage => {
    const message = channelOf(channel).messages.get(id);
    if (message === undefined) throw new Refusal(404, 10008, "Unknown Message");
    return message;
  };
  const shown = (message: FakeMessage) => messageObject(world, message);

  const post = ({ body, files }: FakeRequest, id = "") => {
    const channel = channelOf(id);
    const content = String(body.content ?? "").trim();
    if (content === "" && files.length === 0) throw new Refusal(400, 50006, "Cannot send an empty message");
    const reference = body.message_reference as { message_id: string; fail_if_not_exists?: boolean } | undefined;
    if (reference && reference.fail_if_not_exists !== false) messageOf(id, reference.message_id);
    return shown(
      world.addMessage(channel, {
        authorId: BOT_ID,
        content,
        flags: Number(body.flags ?? 0),
        components: (body.components ?? []) as FakeMessage["components"],
        attachments: files,
        replyTo: reference?.message_id,
      }),
    );
  };
  const edit = ({ body }: FakeRequest, channel = "", id = "") => {
    const message = messageOf(channel, id);
    if (message.authorId !== BOT_ID) throw new Refusal(403, 50005, "Cannot edit a message authored by another user");
    if (body.content !== undefined) {
      const content = String(body.content).trim();
      if (content === "") throw new Refusal(400, 50006, "Cannot send an empty message");
      message.content = content;
      message.texts.push(content);
    }
    if (body.flags !== undefined) message.flags = Number(body.flags);
    if (body.components !== undefined) message.components = body.components as FakeMessage["components"];
    return shown(message);
  };
  const react = (method: string, channel: string, id: string, emoji: string, who: string) => {
    const message = messageOf(channel, id);
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
        shards: 1,
        session_start_limit: { total: 1000, remaining: deps.startsLeft(), reset_after: 14_400_000, max_concurrency: 1 },
      }),
    },
    { method: "GET", path: /^\/users\/@me$/, run: () => userObject(undefined, BOT_ID) },
    { method: "GET", path: /^\/channels\/(\d+)$/, run: (_request, id = "") => channelObject(channelOf(id)) },
    { method: "POST", path: messages, checks: "POST /channels/{channel_id}/messages", run: post },
    { method: "GET", path: message, run: (_request, channel = "", id = "") => shown(messageOf(channel, id)) },
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
    { method: "GET", path: commands, run: () => deps.commands.list },
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
