import type { types, webApi } from "@slack/bolt";
import { z } from "zod";
import type { ChannelKey, MessageKey, Rank, SendTerms } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { isThreadRefused, slackErrorOf } from "../wire/errors.js";
import { optionalText } from "../wire/notation.js";
import type { Caller } from "./caller.js";
import type { SlackMessage } from "./render.js";

/** A message as Slack gives it back, with whatever else it shows. */
export interface KeptMessage {
  readonly ts: string;
  readonly user: string | undefined;
  /** The app's name, where an app wrote it. */
  readonly username?: string | undefined;
  readonly bot_profile?: { readonly name?: string | undefined } | null | undefined;
  readonly subtype?: string | undefined;
  readonly text: string;
  readonly blocks: readonly types.KnownBlock[];
}

export type ConversationKind = "public_channel" | "private_channel" | "mpim" | "im";

export interface OwnConversation {
  readonly id: string;
  /** When it was begun, in seconds. */
  readonly created: number;
}

/** What a call shows, as it is when the call goes out. */
type NextMessage<T> = () => T | Promise<T>;

/** The calls to Slack's Web API that the bot makes for messages and people. All of them throw {PlatformError}. */
export interface SlackCalls {
  /** Resolves with the message's timestamp, which is its id. `message` is asked for when the call may go out. */
  post(place: ChannelKey, message: NextMessage<SlackMessage>, terms?: SendTerms): Promise<string>;
  /** Undefined calls it off. */
  update(key: MessageKey, message: NextMessage<SlackMessage | undefined>, terms?: SendTerms): Promise<void>;
  /** Resolves with the message's timestamp; it can't be changed by that. */
  postEphemeral(place: ChannelKey, user: string, message: SlackMessage): Promise<string>;
  /** What the message shows now. */
  read(message: MessageKey): Promise<KeptMessage>;
  /** What was said in a thread, its first message included; `before` a timestamp, oldest first, the newest of them. */
  readThread(
    place: ChannelKey,
    thread: string,
    terms: { readonly before?: string; readonly after?: string },
  ): Promise<readonly KeptMessage[]>;
  /** What was said in direct messages after a message. */
  readDirect(place: ChannelKey, after: string): Promise<readonly KeptMessage[]>;
  /**
   * The messages of a channel or of one of its threads since a timestamp, oldest first. The first message of a thread
   * is always among them. `rank`: default the lowest.
   */
  readSince(
    place: ChannelKey,
    after: string,
    signal: AbortSignal,
    rank?: Extract<Rank, "first-text" | "catch-up">,
  ): Promise<readonly KeptMessage[]>;
  /** Conversations of a kind that the bot is in, of which each kind needs a scope of its own. */
  conversationsOfBot(kind: ConversationKind): Promise<readonly OwnConversation[]>;
  /** @throws signal.reason where it still waited when that aborted */
  addReaction(message: MessageKey, name: string, signal?: AbortSignal): Promise<void>;
  removeReaction(message: MessageKey, name: string, signal?: AbortSignal): Promise<void>;
  userInfo(user: string): Promise<unknown>;
  groupMembers(group: string): Promise<unknown>;
  groups(): Promise<unknown>;
  channelInfo(channel: string): Promise<unknown>;
}

const postedSchema = z.object({ ts: z.string() });
const repliesSchema = z.object({
  messages: z
    .array(
      z.looseObject({
        ts: z.string(),
        user: optionalText,
        username: optionalText,
        bot_profile: z.looseObject({ name: optionalText }).nullish(),
        subtype: optionalText,
        text: z
          .string()
          .nullish()
          .transform((text) => text ?? ""),
        blocks: z
          .array(z.custom<types.KnownBlock>())
          .nullish()
          .transform((blocks) => blocks ?? []),
      }),
    )
    .default([]),
  has_more: z.boolean().nullish(),
  response_metadata: z.looseObject({ next_cursor: optionalText }).nullish(),
});

const conversationsSchema = z.object({
  channels: z.array(z.looseObject({ id: z.string(), created: z.number().catch(0) })).default([]),
});

/** No previews of links that a model wrote: they reveal data without a click. */
const QUIET = { unfurl_links: false, unfurl_media: false } as const;

/** Slack gives the oldest first: as many pages of a long thread are read to come to its end. */
const MOST_PAGES = 5;
const PAGE = 200;

const NOWHERE: ChannelKey = { platform: "slack", workspace: "", channel: "" };

const inThread = ({ thread }: ChannelKey) => (thread === undefined ? {} : { thread_ts: thread });
const contentOf = ({ text, blocks }: SlackMessage) => ({ text, blocks: [...blocks] });

export function createSlackCalls(client: webApi.WebClient, caller: Caller): SlackCalls {
  const replies = async (terms: webApi.ConversationsRepliesArguments) =>
    repliesSchema.parse(await client.conversations.replies(terms));

  return {
    post: createPost(client, caller),
    async update(key, message, terms = {}) {
      await caller.wait("chat.update", key, terms);
      const next = await message();
      if (next === undefined) return;
      await caller.now("chat.update", key.channel, async () => {
        await client.chat.update({ channel: key.channel, ts: key.message, ...contentOf(next) });
      });
    },
    postEphemeral: (place, user, message) =>
      caller.patient("chat.postEphemeral", place, "last-text", async () => {
        const sent = { channel: place.channel, user, ...inThread(place), ...contentOf(message) };
        return (await client.chat.postEphemeral(sent)).message_ts ?? "";
      }),
    read: (key) =>
      caller.patient("conversations.replies", key, "last-text", async () => {
        const { channel, thread, message } = key;
        // A message without a thread is the first of its own.
        const terms = { channel, ts: thread ?? message, oldest: message, latest: message, inclusive: true, limit: 10 };
        const found = await replies(terms);
        const shown = found.messages.find(({ ts }) => ts === message);
        if (shown === undefined) throw new PlatformError("slack", "gone", "Slack has no such message any more");
        return shown;
      }),
    async readThread(place, thread, { before, after }) {
      const all: KeptMessage[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const found = await caller.patient("conversations.replies", place, "first-text", () =>
          replies({
            channel: place.channel,
            ts: thread,
            limit: PAGE,
            ...(before !== undefined && { latest: before }),
            ...(after !== undefined && { oldest: after }),
            ...(cursor !== undefined && { cursor }),
          }),
        );
        all.push(...found.messages);
        cursor = found.response_metadata?.next_cursor;
        if (cursor === undefined || found.has_more !== true) break;
      }
      return all;
    },
    readDirect: (place, after) =>
      caller.patient("conversations.history", place, "first-text", async () => {
        const terms = { channel: place.channel, oldest: after, limit: 20 };
        return repliesSchema.parse(await client.conversations.history(terms)).messages;
      }),
    readSince: createReadSince(client, caller),
    conversationsOfBot: createConversationsOfBot(client, caller),
    ...createReactions(client, caller),
    userInfo: (user) => caller.now("users.info", "", () => client.users.info({ user })),
    groupMembers: (usergroup) =>
      caller.now("usergroups.users.list", "", () => client.usergroups.users.list({ usergroup })),
    groups: () => caller.now("usergroups.list", "", () => client.usergroups.list()),
    channelInfo: (channel) => caller.now("conversations.info", "", () => client.conversations.info({ channel })),
  };
}

const createPost =
  (client: webApi.WebClient, caller: Caller): SlackCalls["post"] =>
  async (place, message, terms = {}) => {
    const { channel } = place;
    await caller.wait("chat.postMessage", place, terms);
    const content = contentOf(await message());
    const send = (thread: { readonly thread_ts?: string }) =>
      caller.now("chat.postMessage", channel, async () => {
        return postedSchema.parse(await client.chat.postMessage({ channel, ...thread, ...content, ...QUIET })).ts;
      });
    return send(inThread(place)).catch(async (error) => {
      if (!isThreadRefused(error)) throw error;
      await caller.wait("chat.postMessage", place, terms);
      return send({});
    });
  };

const createConversationsOfBot =
  (client: webApi.WebClient, caller: Caller): SlackCalls["conversationsOfBot"] =>
  (types) =>
    caller.patient("users.conversations", NOWHERE, "catch-up", async () => {
      const terms = { types, exclude_archived: true, limit: PAGE };
      return conversationsSchema.parse(await client.users.conversations(terms)).channels;
    });

const createReactions = (
  { reactions }: webApi.WebClient,
  caller: Caller,
): Pick<SlackCalls, "addReaction" | "removeReaction"> => ({
  addReaction(key, name, signal) {
    const terms = { channel: key.channel, timestamp: key.message, name };
    const work = async () => void (await reactions.add(terms).catch(unless("already_reacted")));
    return caller.patient("reactions.add", key, "mark", work, signal);
  },
  removeReaction(key, name, signal) {
    const terms = { channel: key.channel, timestamp: key.message, name };
    const work = async () => void (await reactions.remove(terms).catch(unless("no_reaction")));
    return caller.patient("reactions.remove", key, "mark", work, signal);
  },
});

/** Reads page by page. */
const createReadSince =
  (client: webApi.WebClient, caller: Caller): SlackCalls["readSince"] =>
  async ({ channel, thread, ...place }, after, signal, rank = "catch-up") => {
    const all: KeptMessage[] = [];
    let cursor: string | undefined;
    do {
      const method = thread === undefined ? "conversations.history" : "conversations.replies";
      const found = await caller.patient(method, { channel, ...place }, rank, async () => {
        signal.throwIfAborted();
        const terms = { channel, oldest: after, limit: PAGE, ...(cursor !== undefined && { cursor }) };
        const { conversations } = client;
        return repliesSchema.parse(
          await (thread === undefined ? conversations.history(terms) : conversations.replies({ ...terms, ts: thread })),
        );
      });
      all.push(...found.messages);
      cursor = found.has_more === true ? found.response_metadata?.next_cursor : undefined;
    } while (cursor !== undefined && all.length < MOST_PAGES * PAGE);
    return all.sort((a, b) => Number(a.ts) - Number(b.ts));
  };

/** What was asked for is so already. */
const unless = (code: string) => (error: unknown) => {
  if (slackErrorOf(error) !== code) throw error;
};
