import type { types, webApi } from "@slack/bolt";
import { z } from "zod";
import type { Budgets } from "../budget.js";
import type { ChannelKey, MessageKey, Rank } from "../platform.js";
import { PlatformError } from "../platform-error.js";
import { bucketOf } from "./buckets.js";
import { isTokenRefused, slackErrorOf, toPlatformError } from "./errors.js";
import { botFault, type Health } from "./health.js";
import type { Pace } from "./pace.js";
import type { SlackMessage } from "./render.js";

/** The calls to Slack's Web API that the bot makes. All of them throw {PlatformError}. */
export interface Calls {
  /** Resolves with the message's timestamp, which is its id. */
  post(place: ChannelKey, message: SlackMessage): Promise<string>;
  update(message: MessageKey, shown: SlackMessage): Promise<void>;
  postEphemeral(place: ChannelKey, user: string, message: SlackMessage): Promise<void>;
  /** What the message shows now. */
  read(message: MessageKey): Promise<{ readonly text: string; readonly blocks: readonly types.KnownBlock[] }>;
  addReaction(message: MessageKey, name: string): Promise<void>;
  removeReaction(message: MessageKey, name: string): Promise<void>;
  userInfo(user: string): Promise<unknown>;
}

export interface CallsDeps {
  readonly client: webApi.WebClient;
  readonly budgets: Budgets;
  readonly pace: Pace;
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

/** Between them the refused bucket is closed for as long as Slack said. */
const MOST_TRIES = 5;

export function createCalls({ client, budgets, pace, health }: CallsDeps): Calls {
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
  const paidCall = async <T>(method: string, place: ChannelKey, rank: Rank, work: () => Promise<T>): Promise<T> => {
    await pace.pay(method, place, rank);
    return call(method, place.channel, work);
  };
  /** For what is the same later: an earlier process may have used up the minute without this one knowing. */
  const patientCall = async <T>(method: string, place: ChannelKey, rank: Rank, work: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await paidCall(method, place, rank, work);
      } catch (error) {
        const isLimited = error instanceof PlatformError && error.reason === "rate-limited";
        if (!isLimited || attempt === MOST_TRIES) throw error;
      }
    }
  };
  const inThread = ({ thread }: ChannelKey) => (thread === undefined ? {} : { thread_ts: thread });
  const contentOf = ({ text, blocks }: SlackMessage) => ({ text, blocks: [...blocks] });

  return {
    post: (place, message) =>
      paidCall("chat.postMessage", place, "last-text", async () => {
        const sent = { channel: place.channel, ...inThread(place), ...contentOf(message), ...QUIET };
        return postedSchema.parse(await client.chat.postMessage(sent)).ts;
      }),
    update: (key, message) =>
      paidCall("chat.update", key, "last-text", async () => {
        await client.chat.update({ channel: key.channel, ts: key.message, ...contentOf(message) });
      }),
    postEphemeral: (place, user, message) =>
      patientCall("chat.postEphemeral", place, "last-text", async () => {
        await client.chat.postEphemeral({ channel: place.channel, user, ...inThread(place), ...contentOf(message) });
      }),
    read: (key) =>
      patientCall("conversations.replies", key, "last-text", async () => {
        const { channel, thread, message } = key;
        // A message without a thread is the first of its own.
        const terms = { channel, ts: thread ?? message, oldest: message, latest: message, inclusive: true, limit: 10 };
        const found = readSchema.parse(await client.conversations.replies(terms));
        const shown = found.messages.find(({ ts }) => ts === message);
        if (shown === undefined) throw new PlatformError("slack", "gone", "Slack has no such message any more");
        return shown;
      }),
    addReaction: (key, name) =>
      patientCall("reactions.add", key, "mark", async () => {
        const { channel, message: timestamp } = key;
        await client.reactions.add({ channel, timestamp, name }).catch(unless("already_reacted"));
      }),
    removeReaction: (key, name) =>
      patientCall("reactions.remove", key, "mark", async () => {
        const { channel, message: timestamp } = key;
        await client.reactions.remove({ channel, timestamp, name }).catch(unless("no_reaction"));
      }),
    userInfo: (user) => call("users.info", "", () => client.users.info({ user })),
  };
}

/** What was asked for is so already. */
const unless = (code: string) => (error: unknown) => {
  if (slackErrorOf(error) !== code) throw error;
};
