import { UserError } from "../../base/errors.js";
import type { TurnControl } from "../../commands/command-deps.js";
import { channelKeyOf, conversationOf } from "../port/conversation.js";
import type { ChannelKey } from "../port/platform.js";
import type { PlatformExtras } from "../port/platform-definition.js";
import { PlatformError } from "../port/platform-error.js";
import type { ChatDeps } from "./chat-deps.js";
import { pinnedSession } from "./pinned-session.js";

const MAX_TITLE_CHARS = 80;

/** Begins a thread that goes on from the last answer: it knows that question and its answer, and the model. */
export function createOpenThread(deps: ChatDeps): TurnControl["openThread"] {
  const { sessions } = deps;
  return async ({ platform: name, conversation, isDirect, on }) => {
    const { openThread } = deps.extrasOf(name);
    const place = channelKeyOf(conversation);
    if (place.thread !== undefined) throw new UserError("This is a thread already: just go on here.");
    if (openThread === undefined || isDirect) {
      throw new UserError("There are no threads to open here. Where every question begins its own, just ask.");
    }
    const last = await sessions.lastTurn(conversation);
    const below = on ?? last?.turn.shownIn;
    const title = titleOf(last?.turn.question.text ?? "");
    const { place: thread, link } = await begin(openThread, place, below, title);
    await pinnedSession(deps, thread);
    if (last !== undefined) await sessions.take(conversationOf(thread), last.turn);
    return link;
  };
}

/** A message that has a thread, or may have none, leaves the channel. */
async function begin(
  openThread: NonNullable<PlatformExtras["openThread"]>,
  place: ChannelKey,
  below: string | undefined,
  title: string,
) {
  if (below === undefined) return openThread(place, title);
  return openThread({ ...place, message: below }, title).catch((error) => {
    const isElsewhere = error instanceof PlatformError && (error.reason === "refused" || error.reason === "gone");
    if (!isElsewhere) throw error;
    return openThread(place, title);
  });
}

function titleOf(question: string): string {
  const line = question.replace(/\s+/g, " ").trim() || "Conversation";
  return line.length <= MAX_TITLE_CHARS ? line : `${line.slice(0, MAX_TITLE_CHARS - 1).trimEnd()}…`;
}
