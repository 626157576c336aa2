import type { Settings } from "../refresh/settings.js";
import { timeMark } from "../time-mark.js";
import type { MessageLimits } from "../usage/message-limits.js";
import { channelOf, workspaceOf } from "./conversation.js";
import { chatRefusal } from "./may-chat.js";
import type { ChannelKey, Speaker } from "./platform.js";

export interface IntakeDeps {
  readonly settings: Pick<Settings, "of">;
  readonly limits: MessageLimits;
}

/** What the asker of one question too many, or of one that they may not ask, reads; undefined where it is taken. Counts it. */
export async function intakeFault(
  { settings, limits }: IntakeDeps,
  place: ChannelKey,
  speaker: Speaker,
): Promise<string | undefined> {
  const own = settings.of(workspaceOf(place));
  const refusal = await chatRefusal(own, place, speaker);
  if (refusal !== undefined) return refusal;
  const verdict = limits.take(`${place.platform}:${speaker.author.id}`, channelOf(place), own.access);
  if (verdict.isAllowed) return undefined;
  const who =
    verdict.by === "user"
      ? "You have asked as many questions as one person may"
      : "This channel has had as many questions as it may";
  return `${who} in 10 minutes. The next one is taken ${timeMark(verdict.until)}.`;
}

export const FULL_LINE = "There are already 5 questions waiting here. Please ask again when some are answered.";
