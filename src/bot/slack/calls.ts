import type { types, webApi } from "@slack/bolt";
import { z } from "zod";
import type { Budgets } from "../budget.js";
import type { MessageKey } from "../platform.js";
import { PlatformError } from "../platform-error.js";
import { bucketOf } from "./buckets.js";
import { isTokenRefused, slackErrorOf, toPlatformError } from "./errors.js";
import { botFault, type Health } from "./health.js";
import type { SlackMessage } from "./render.js";

/** The calls to Slack's Web API that the bot makes. All of them throw {PlatformError}. */
export interface Calls {
  /** Resolves with the message's timestamp, which is its id. */
  post(channel: string, thread: string | undefined, message: SlackMessage): Promise<string>;
  update(message: MessageKey, shown: SlackMessage): Promise<void>;
  postEphemeral(channel: string, thread: string | undefined, user: string, message: SlackMessage): Promise<void>;
  /** What the message shows now. */
  read(message: MessageKey): Promise<{ readonly text: string; readonly blocks: readonly types.KnownBlock[] }>;
  addReaction(message: MessageKey, name: string): Promise<void>;
  removeReaction(message: MessageKey, name: string): Promise<void>;
  userInfo(user: string): Promise<unknown>;
}

export interface CallsDeps {
  readonly client: webApi.WebClient;
  readonly budgets: Budgets;
  readonly health: Health;
}

const postedSchema = z.object({ ts: z.string() });
const readSchema = z.object({
  messages: z.array(
    z.looseObject({
      ts: z.string(),
      text: z.string().default(""),
      blocks: z.array(z.custom<types.KnownBlock>()).default([]),
    }),
  ),
});

/** No previews of links that a model wrote: they reveal data without a click. */
const QUIET = { unfurl_links: false, unfurl_media: false } as const;

export function createCalls({ client, budgets, health }: CallsDeps): Calls {
  const call = async <T>(method: string, channel: string, work: () => Promise<T>): Promise<T> => {
    const bucket = bucketOf(method, channel);
    try {
      const answer = await work();
      health.set("bot", undefined);
      return answer;
    } catch (error) {
      if (isTokenRefused(error)) health.set("bot", botFault(error));
      const translated = toPlatformError(method, error);
      if (translated.reason === "rate-limited") budgets.penalize(bucket, translated.retryAfterMs ?? 1_000);
      throw translated;
    } finally {
      budgets.learn(bucket);
    }
  };
  const inThread = (thread: string | undefined) => (thread === undefined ? {} : { thread_ts: thread });
  const blocksOf = ({ blocks }: SlackMessage) => ({ blocks: [...blocks] });

  return {
    post: (channel, thread, message) =>
      call("chat.postMessage", channel, async () => {
        const sent = { channel, ...inThread(thread), text: message.text, ...blocksOf(message), ...QUIET };
        return postedSchema.parse(await client.chat.postMessage(sent)).ts;
      }),
    update: ({ channel, message: ts }, { text, blocks }) =>
      call("chat.update", channel, async () => {
        await client.chat.update({ channel, ts, text, blocks: [...blocks] });
      }),
    postEphemeral: (channel, thread, user, message) =>
      call("chat.postEphemeral", channel, async () => {
        await client.chat.postEphemeral({
          channel,
          user,
          ...inThread(thread),
          text: message.text,
          ...blocksOf(message),
        });
      }),
    read: ({ channel, thread, message }) =>
      call("conversations.replies", channel, async () => {
        // A message without a thread is the first of its own.
        const found = await client.conversations.replies({
          channel,
          ts: thread ?? message,
          oldest: message,
          latest: message,
          inclusive: true,
          limit: 10,
        });
        const shown = readSchema.parse(found).messages.find(({ ts }) => ts === message);
        if (shown === undefined) throw new PlatformError("slack", "gone", "Slack has no such message any more");
        return shown;
      }),
    addReaction: ({ channel, message }, name) =>
      call("reactions.add", channel, async () => {
        await client.reactions.add({ channel, timestamp: message, name }).catch(unless("already_reacted"));
      }),
    removeReaction: ({ channel, message }, name) =>
      call("reactions.remove", channel, async () => {
        await client.reactions.remove({ channel, timestamp: message, name }).catch(unless("no_reaction"));
      }),
    userInfo: (user) => call("users.info", "", () => client.users.info({ user })),
  };
}

/** What was asked for is so already. */
const unless = (code: string) => (error: unknown) => {
  if (slackErrorOf(error) !== code) throw error;
};
