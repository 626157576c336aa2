import { UserError } from "../../../base/errors.js";
import { cutText } from "../../../base/text.js";
import type { Invocation } from "../../../commands/command.js";
import { t } from "../../../languages/translate.js";
import type { Turn } from "../../../store/sessions/sessions.js";
import { channelKeyOf, conversationOf } from "../../port/conversation.js";
import type { ChannelKey } from "../../port/platform.js";
import type { OpenedThread, PlatformParts } from "../../port/platform-definition.js";
import { PlatformError } from "../../port/platform-error.js";
import { pinnedSession } from "../pinned-session.js";
import { surfaceOf, type TurnControlDeps } from "./last-question.js";

const MAX_TITLE_CHARS = 80;

/** Begins a thread that goes on from the last answer: it knows that question and its answer, and the model. */
export async function openThread(deps: TurnControlDeps, { platform: name, conversation, isDirect, on }: Invocation) {
  const begin = surfaceOf(deps, name)?.openThread;
  const place = channelKeyOf(conversation);
  if (place.thread !== undefined) throw new UserError(t`This is a thread already: just continue here.`);
  if (begin === undefined || isDirect) {
    throw new UserError(t`A thread can't be opened here. Where every question begins its own thread, just ask.`);
  }
  const last = await deps.sessions.lastTurn(conversation);
  const { place: thread, link } = await beginThread(begin, place, { turn: last?.turn, on });
  const pinned = await pinnedSession(deps, thread);
  await Promise.all([pinned.channelPinned, deps.sessions.change(conversationOf(thread), pinned.begin)]);
  if (last !== undefined) await deps.sessions.take(conversationOf(thread), last.turn);
  return link;
}

/**
 * Begins a thread below the pressed message `on`, or else below the answer of the turn; in the channel itself where
 * that message has one already, or may have none. @throws {PlatformError} where the bot may open none
 */
export async function beginThread(
  begin: NonNullable<PlatformParts["openThread"]>,
  place: ChannelKey,
  { turn, on }: { readonly turn: Turn | undefined; readonly on?: string | undefined },
): Promise<OpenedThread> {
  const title = cutText(turn?.question.text.replace(/\s+/g, " ").trim() || "Conversation", MAX_TITLE_CHARS);
  const below = on ?? turn?.shownIn;
  if (below === undefined) return begin(place, title);
  return begin({ ...place, message: below }, title).catch((error) => {
    const isElsewhere = error instanceof PlatformError && (error.reason === "refused" || error.reason === "gone");
    if (!isElsewhere) throw error;
    return begin(place, title);
  });
}
