import { z } from "zod";
import type { ChannelKey } from "../../port/platform.js";
import type { SlackMessage } from "../send/render.js";
import type { DoorDeps } from "./doors.js";
import { sendResponse } from "./response-url.js";

/** Where the replies to a command, a press or a shortcut go: some stand-ins for Slack give no address. */
export const responseUrlSchema = z
  .string()
  .nullish()
  .transform((url) => (url != null && /^https?:\/\//.test(url) && URL.canParse(url) ? url : undefined));

export interface ShowTerms {
  readonly url: string | undefined;
  readonly place: ChannelKey;
  readonly user: string;
  readonly replacesOriginal: boolean;
}

/** Shows a reply to one person alone. @throws {PlatformError} */
export async function showTo(
  { calls }: Pick<DoorDeps, "calls">,
  { url, place, user, replacesOriginal }: ShowTerms,
  message: SlackMessage,
): Promise<void> {
  if (url === undefined) await calls.postEphemeral(place, user, message);
  else await sendResponse(url, message, replacesOriginal);
}
