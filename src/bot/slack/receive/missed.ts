import { z } from "zod";
import { type ChannelKey, MARK_EMOJI } from "../../port/platform.js";
import type { MissedMention, PlatformExtras } from "../../port/platform-definition.js";
import type { KeptMessage } from "../send/calls.js";
import { emojiOfName } from "../wire/notation.js";
import { isTypedCommand } from "./commands.js";
import { readWritten, slackMention } from "./receive.js";
import type { ReplyContext } from "./reply-context.js";

/** A channel's newest threads with new replies; each costs a call. */
const MAX_THREADS = 20;

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
export const createSlackMissed =
  (context: () => MissedDeps | undefined): NonNullable<PlatformExtras["readMissed"]> =>
  async (place, since, signal) => {
    const deps = context();
    if (deps === undefined) return [];
    const messages = await readAll(deps, place, since, signal);
    const missed = new Map<string, MissedMention>();
    for (const message of messages) {
      signal.throwIfAborted();
      const mention = await missedIn(deps, place, message);
      if (mention !== undefined && mention.writtenAt >= since) missed.set(mention.message.message, mention);
    }
    return [...missed.values()];
  };

async function readAll(
  deps: MissedDeps,
  place: ChannelKey,
  since: number,
  signal: AbortSignal,
): Promise<readonly KeptMessage[]> {
  const after = (since / 1_000).toFixed(6);
  const messages = await deps.calls.readSince(place, after, signal);
  const { thread: ts } = place;
  if (ts !== undefined) {
    const hasReply = messages.some(({ user }) => user === deps.identity.botUserId);
    return hasReply ? messages.filter((message) => message.ts !== ts) : messages;
  }
  const begun = messages.filter((message) => {
    const { latest_reply: latest } = listedSchema.parse(message);
    return latest !== undefined && Number(latest) * 1_000 >= since;
  });
  const replies: KeptMessage[] = [];
  for (const { ts } of begun.slice(-MAX_THREADS)) {
    const thread = await deps.calls.readSince({ ...place, thread: ts }, after, signal);
    replies.push(...thread.filter((reply) => reply.ts !== ts));
  }
  return [...messages, ...replies];
}

const MARKS = Object.values(MARK_EMOJI);

/** Reads a listed message as its event; undefined where it is not for the bot, or the bot has seen it. */
async function missedIn(deps: MissedDeps, place: ChannelKey, kept: KeptMessage): Promise<MissedMention | undefined> {
  const { botUserId } = deps.identity;
  const { edited: _edited, ...message } = listedSchema.parse(kept);
  const { ts, thread_ts: thread, reactions, reply_users: repliers } = message;
  const isMarked = reactions.some(
    ({ name, users }) => users.includes(botUserId) && MARKS.includes(emojiOfName(name) ?? ""),
  );
  const isFirst = thread === undefined || thread === ts;
  if (isMarked || (isFirst && repliers.includes(botUserId))) return undefined;
  // In a list, the first message of a thread names itself as that.
  const event = { ...message, type: "message", channel: place.channel, thread_ts: isFirst ? undefined : thread };
  const written = readWritten(event, deps.identity, deps.clock.now());
  if (written === undefined || !written.isAddressed || isTypedCommand(written.text)) return undefined;
  return { ...(await slackMention(deps, written, event)), writtenAt: Number(ts) * 1_000 };
}
