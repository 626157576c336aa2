import { DiscordSnowflake } from "@sapphire/snowflake";
import { z } from "zod";
import { DIRECT_WORKSPACE } from "../../port/conversation.js";
import { type ChannelKey, MARK_EMOJI } from "../../port/platform.js";
import type { MissedMention, PlatformExtras } from "../../port/platform-definition.js";
import { PlatformError } from "../../port/platform-error.js";
import type { Gateway } from "../gateway/gateway.js";
import { parsed } from "../wire/answer.js";
import { type MessageEvent, member, messageEvent } from "../wire/events.js";
import { channelIdOf } from "../wire/places.js";
import { discordMention, isForBot, isTyped, type MentionDeps } from "./messages.js";
import { writtenAt } from "./read-message.js";

export interface MissedDeps extends MentionDeps {
  readonly gateway: Pick<Gateway, "self" | "isToldOf">;
}

/** Discord gives no more at once. */
const PAGE = 100;
/** In a channel where more was written, the newest are left out: they are least late, and are seen by people. */
const MAX_PAGES = 10;

const listed = messageEvent.extend({
  reactions: z
    .array(z.object({ me: z.boolean().catch(false), emoji: z.object({ name: z.string().nullish() }) }))
    .catch([]),
});
type Listed = z.infer<typeof listed>;

/** Reads what was written in a channel or thread since a time, as it would have come through the gateway. */
export const createDiscordMissed = (deps: MissedDeps): NonNullable<PlatformExtras["readMissed"]> =>
  async function* (place, since, signal) {
    const selfId = deps.gateway.self()?.userId;
    const guildId = place.workspace === DIRECT_WORKSPACE ? undefined : place.workspace;
    // Another replica looks for what was missed in the servers whose events it gets.
    if (selfId === undefined || !deps.gateway.isToldOf(guildId)) return;
    await deps.places.load(guildId);
    const roleId = deps.places.server(guildId)?.roleOfBot(selfId);
    const messages = await readSince(deps, place, since, signal);
    const answered = new Set(
      messages.flatMap(({ author, message_reference: to }) => (author.id === selfId ? (to?.message_id ?? []) : [])),
    );
    const missed: MissedMention[] = [];
    for (const message of messages) {
      if (answered.has(message.id) || isMarked(message) || (writtenAt(message) ?? timeOf(message.id)) < since) continue;
      const event: MessageEvent = { ...message, guild_id: guildId };
      if (!isForBot(event, { selfId, roleId, isFollowed: false })) continue;
      const mention = await missedMention(deps, event, { selfId, signal });
      if (mention !== undefined) missed.push(mention);
    }
    yield missed;
  };

/** Reads one question again, as the gateway told it, before any search for missed ones. */
export const createDiscordReread =
  (deps: MissedDeps, signal: AbortSignal): NonNullable<PlatformExtras["reread"]> =>
  async (question) => {
    const guildId = question.workspace === DIRECT_WORKSPACE ? undefined : question.workspace;
    const selfId = deps.gateway.self()?.userId;
    if (selfId === undefined || !deps.gateway.isToldOf(guildId))
      throw new PlatformError("discord", "unavailable", "this replica gets no events of that server");
    await deps.places.load(guildId);
    const path = `/channels/${channelIdOf(question)}/messages/${question.message}` as const;
    const what = "reading a question again";
    await deps.calls.take("GET", path, "first-text", signal);
    const message = parsed(listed, await deps.rest.call("GET", path, { what, signal }), what);
    return missedMention(deps, { ...message, guild_id: guildId }, { selfId, signal });
  };

/** Undefined for a command. */
async function missedMention(
  deps: MissedDeps,
  event: MessageEvent,
  { selfId, signal }: { readonly selfId: string; readonly signal: AbortSignal },
): Promise<MissedMention | undefined> {
  const mention = await discordMention(deps, { ...event, member: await memberOf(deps, event, signal) }, selfId);
  return isTyped(mention) ? undefined : { ...mention, writtenAt: writtenAt(event) ?? timeOf(event.id) };
}

const timeOf = (id: string) => DiscordSnowflake.timestampFrom(id);

async function readSince(
  { rest, calls }: MissedDeps,
  place: ChannelKey,
  since: number,
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  const what = "reading missed messages";
  const path = `/channels/${channelIdOf(place)}/messages` as const;
  const all: Listed[] = [];
  let after = String(DiscordSnowflake.generate({ timestamp: since, increment: 0n, processId: 0n, workerId: 0n }) - 1n);
  for (let page = 0; page < MAX_PAGES; page++) {
    await calls.take("GET", path, "catch-up", signal);
    const answer = await rest.call("GET", `${path}?after=${after}&limit=${PAGE}`, { what, signal });
    const found = parsed(z.array(z.unknown()), answer, what);
    const read = found.flatMap((one) => listed.safeParse(one).data ?? []).sort(byId);
    all.push(...read);
    const last = read.at(-1);
    if (found.length < PAGE || last === undefined) break;
    after = last.id;
  }
  return all;
}

const byId = (a: Listed, b: Listed) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1);

const MARKS = Object.values(MARK_EMOJI).map(bare);

const isMarked = ({ reactions }: Listed) =>
  reactions.some(({ me, emoji }) => me && MARKS.includes(bare(emoji.name ?? "")));

/** Returns an emoji without the variation selector, which only asks for a picture. */
function bare(emoji: string): string {
  return emoji.replaceAll("\ufe0f", "");
}

/** Who wrote a listed message there: lists have no roles, which access rules go by. Undefined where nobody says. */
async function memberOf({ rest, calls }: MissedDeps, { guild_id, author }: MessageEvent, signal: AbortSignal) {
  if (guild_id === undefined) return undefined;
  const path = `/guilds/${guild_id}/members/${author.id}` as const;
  try {
    await calls.take("GET", path, "catch-up", signal);
    return member.safeParse(await rest.call("GET", path, { what: "reading a member", signal })).data;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PlatformError) return undefined; // somebody who has left, say: then they have no role
    throw error;
  }
}
