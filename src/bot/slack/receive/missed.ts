import { z } from "zod";
import { BoundedMap } from "../../../base/bounded-map.js";
import { type ChannelKey, MARK_EMOJI } from "../../port/platform.js";
import type { MissedMention, PlatformExtras } from "../../port/platform-definition.js";
import { PlatformError } from "../../port/platform-error.js";
import type { ConversationKind, KeptMessage, OwnConversation } from "../send/calls.js";
import type { Identity } from "../wire/identity.js";
import { emojiOfName } from "../wire/notation.js";
import { isTypedCommand } from "./commands.js";
import { readWritten, slackMention } from "./receive.js";
import type { ReplyContext } from "./reply-context.js";

/** A channel's newest threads with new replies; each costs a call. */
const MAX_THREADS = 20;
const MAX_REMEMBERED = 2_000;

const strings = z.array(z.string()).catch([]);
const listedSchema = z.looseObject({
  ts: z.string(),
  thread_ts: z.string().optional().catch(undefined),
  latest_reply: z.string().optional().catch(undefined),
  reply_users: strings,
  reactions: z.array(z.object({ name: z.string(), users: strings })).catch([]),
});

type MissedDeps = Omit<ReplyContext, "handlers">;

/**
 * Reads what was written in a channel, a direct message or a thread since a time, as its event would have told it.
 * `context` is undefined until Slack has said who the bot is.
 */
export const createSlackMissed = (context: () => MissedDeps | undefined): NonNullable<PlatformExtras["readMissed"]> => {
  const lastRead: LastRead = new BoundedMap(MAX_REMEMBERED);
  return async function* (place, since, signal) {
    const deps = context();
    if (deps === undefined) return;
    for await (const messages of readAll({ ...deps, lastRead }, place, since, signal)) {
      const missed = new Map<string, MissedMention>();
      for (const message of messages) {
        signal.throwIfAborted();
        const mention = await missedIn(deps, place, message);
        if (mention !== undefined && mention.writtenAt >= since) missed.set(mention.message.message, mention);
      }
      yield [...missed.values()];
    }
  };
};

/** Reads one question again, as its event told it, before any search. `signal` ends its wait for Slack's limits. */
export const createSlackReread =
  (context: () => MissedDeps | undefined, signal: AbortSignal): NonNullable<PlatformExtras["reread"]> =>
  async ({ message: ts, ...place }) => {
    const deps = context();
    if (deps === undefined) throw new PlatformError("slack", "unavailable", "Slack has not said who the bot is");
    const before = Number(ts) - 0.000_001;
    const found = await deps.calls.readSince(place, before.toFixed(6), signal, "first-text");
    const kept = found.find((message) => message.ts === ts);
    return kept && missedIn(deps, place, kept, { isKnown: true });
  };

/** The last message that was read of each thread, by channel and thread. */
type LastRead = BoundedMap<string, Promise<string | undefined>>;

/**
 * Yields a channel's own messages before its threads are read, each of which costs a call; those where nobody wrote
 * since they were read, as places of their own or after an earlier gap, are not read again.
 */
async function* readAll(
  deps: MissedDeps & { readonly lastRead: LastRead },
  place: ChannelKey,
  since: number,
  signal: AbortSignal,
): AsyncIterable<readonly KeptMessage[]> {
  const { calls, lastRead, identity } = deps;
  const after = (since / 1_000).toFixed(6);
  const { thread: ts, ...channel } = place;
  const readThread = async function* (thread: string) {
    const reading = calls.readSince({ ...channel, thread }, after, signal);
    const key = `${channel.channel}:${thread}`;
    const last = reading.then((messages) => messages.at(-1)?.ts);
    lastRead.set(
      key,
      last.catch(() => undefined),
    );
    let isTaken = false;
    try {
      yield withoutAnswered(await reading, thread, identity);
      isTaken = true;
    } finally {
      if (!isTaken) lastRead.delete(key);
    }
  };
  if (ts !== undefined) return yield* readThread(ts);
  const messages = await calls.readSince(channel, after, signal);
  yield messages;
  const begun = messages.flatMap((message) => {
    const { ts, latest_reply: latest } = listedSchema.parse(message);
    return latest !== undefined && Number(latest) * 1_000 >= since ? [{ ts, latest }] : [];
  });
  for (const { ts, latest } of begun.slice(-MAX_THREADS).reverse()) {
    const known = await lastRead.get(`${channel.channel}:${ts}`);
    if (known === undefined || Number(known) < Number(latest)) yield* readThread(ts);
  }
}

/** Leaves out a thread's first message where the bot's reply is to it, and not to what was asked after it. */
function withoutAnswered(thread: readonly KeptMessage[], ts: string, { botUserId }: Identity): readonly KeptMessage[] {
  const replies = thread.filter((message) => message.ts !== ts);
  const next = replies.find(({ user, text }) => user === botUserId || text.includes(`<@${botUserId}`));
  return next?.user === botUserId ? replies : thread;
}

const KINDS: readonly ConversationKind[] = ["public_channel", "private_channel", "mpim", "im"];

/** Returns the conversations that the bot is in, the newest first, of those kinds that its scopes let it list. */
export async function ownPlaces(
  { calls, optional, identity }: Pick<MissedDeps, "calls" | "optional" | "identity">,
  signal: AbortSignal,
): Promise<readonly ChannelKey[]> {
  const found: OwnConversation[] = [];
  for (const kind of KINDS) {
    if (signal.aborted) return [];
    const list = () => calls.conversationsOfBot(kind);
    found.push(...((await optional.run(`users.conversations ${kind}`, list)) ?? []));
  }
  return found
    .sort((a, b) => b.created - a.created)
    .map(({ id }) => ({ platform: "slack", workspace: identity.teamId, channel: id }));
}

const MARKS = Object.values(MARK_EMOJI);

/**
 * Reads a listed message as its event; undefined where it is not for the bot, or the bot has seen it, unless it
 * `isKnown`.
 */
async function missedIn(
  deps: MissedDeps,
  place: ChannelKey,
  kept: KeptMessage,
  { isKnown = false } = {},
): Promise<MissedMention | undefined> {
  const { botUserId } = deps.identity;
  const { edited: _edited, ...message } = listedSchema.parse(kept);
  const { ts, thread_ts: thread, reactions, reply_users: repliers } = message;
  const isMarked = reactions.some(
    ({ name, users }) => users.includes(botUserId) && MARKS.includes(emojiOfName(name) ?? ""),
  );
  const isFirst = thread === undefined || thread === ts;
  // In a channel's list; which message the reply is to is seen in the thread.
  if (!isKnown && (isMarked || (isFirst && repliers.includes(botUserId)))) return undefined;
  // In a list, the first message of a thread names itself as that.
  const event = { ...message, type: "message", channel: place.channel, thread_ts: isFirst ? undefined : thread };
  const written = readWritten(event, deps.identity, deps.clock.now());
  if (written === undefined || !written.isAddressed || isTypedCommand(written.text)) return undefined;
  return { ...(await slackMention(deps, written, event)), writtenAt: Number(ts) * 1_000 };
}
