import { timeMark } from "../../base/time.js";
import type { Settings } from "../../refresh/settings.js";
import type { MessageLimits } from "../../usage/message-limits.js";
import { channelOf, workspaceOf } from "../port/conversation.js";
import type { ChannelKey, Person, Speaker } from "../port/platform.js";
import { chatRefusal } from "./may-chat.js";

export interface IntakeDeps {
  readonly settings: Pick<Settings, "of">;
  readonly limits: MessageLimits;
}

/** What somebody reads who may not ask there; undefined for whoever may. Never rejects. */
export const accessFault = (
  { settings }: Pick<IntakeDeps, "settings">,
  place: ChannelKey,
  speaker: Speaker,
): Promise<string | undefined> => chatRefusal(settings.of(workspaceOf(place)), place, speaker);

/** What the asker of one question too many reads; undefined where it is taken. Counts it. */
export function limitFault({ settings, limits }: IntakeDeps, place: ChannelKey, asker: Person): string | undefined {
  const { access } = settings.of(workspaceOf(place));
  const verdict = limits.take(`${place.platform}:${asker.id}`, channelOf(place), access);
  if (verdict.isAllowed) return undefined;
  const who =
    verdict.by === "user"
      ? "You have asked as many questions as one person may"
      : "This channel has had as many questions as it may";
  return `${who} in 10 minutes. The next one is taken ${timeMark(verdict.until)}.`;
}

export const FULL_LINE = "There are already 5 questions waiting here. Please ask again when some are answered.";
