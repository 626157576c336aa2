import { z } from "zod";
import type { Reply } from "../../../commands/command.js";
import type { ChannelKey } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import type { SlackMessage } from "../send/render.js";
import type { DoorDeps } from "./reply-context.js";

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

const TIMEOUT_MS = 10_000;

/** Answers a command or a press for its author only. @throws {PlatformError} `gone` when the address is used up */
export async function sendResponse(url: string, message: SlackMessage, replacesOriginal: boolean): Promise<void> {
  const body = {
    response_type: "ephemeral",
    replace_original: replacesOriginal,
    text: message.text,
    blocks: message.blocks,
  };
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new PlatformError("slack", "unavailable", "Slack took no reply to a command", { cause: error });
  }
  const text = await response.text();
  if (response.ok) return;
  const reason =
    response.status === 404 || response.status === 410 ? "gone" : response.status >= 500 ? "unavailable" : "refused";
  throw new PlatformError(
    "slack",
    reason,
    `Slack refused a reply to a command (${response.status}: ${text.slice(0, 80)})`,
  );
}

/** Shows one reply; `isFirst` where nothing of this call is shown yet. */
export type Show = (reply: Reply, isFirst: boolean) => Promise<void>;

export interface RespondTerms {
  readonly show: Show;
  /** How many replies may be shown at most; the last one always is. */
  readonly mostReplies: number;
  onError(error: unknown): void;
}

/** A response_url takes five uses in 30 minutes; one is kept for another try. */
export const MOST_RESPONSES = 4;

/** Shows a command's replies, of which each replaces the last: the first ones as they come, and the last in any case. */
export async function respond(
  replies: AsyncIterable<Reply>,
  { show, mostReplies, onError }: RespondTerms,
): Promise<void> {
  let shown = 0;
  let waiting: Reply | undefined;
  const showNow = async (reply: Reply) => {
    await show(reply, shown === 0);
    shown += 1;
    waiting = undefined;
  };
  for await (const reply of replies) {
    waiting = reply;
    if (shown < mostReplies - 1) await showNow(reply).catch(onError);
  }
  if (waiting === undefined) return;
  const last = waiting;
  await showNow(last).catch(() => showNow(last).catch(onError));
}
