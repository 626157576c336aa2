import { z } from "zod";
import { cutText } from "../../../base/text.js";
import type { Reply } from "../../../commands/command.js";
import type { ChannelKey, CommandCall } from "../../port/platform.js";
import { PlatformError, type PlatformErrorReason } from "../../port/platform-error.js";
import { isFormRefused } from "../send/plainer-forms.js";
import type { SlackMessage } from "../send/render.js";
import { SlackRefusal } from "../wire/errors.js";
import { commandMessage, type ReplyContext } from "./reply-context.js";

/** The address for replies to a command, a press or a shortcut; undefined where a stand-in for Slack gives none. */
export const responseUrlSchema = z
  .string()
  .nullish()
  .transform((url) => (url != null && /^https?:\/\//.test(url) && URL.canParse(url) ? url : undefined));

const RESPONSE_TIMEOUT_MS = 10_000;
/** A response_url takes five uses in 30 minutes; one is kept for a retry. */
export const MAX_RESPONSES = 4;
/** Ephemeral messages can't be changed: the first reply and the last say enough. */
const MAX_EPHEMERALS = 2;

export interface RespondTerms {
  /** Shows one reply; `isFirst` where nothing is shown yet. */
  show(reply: Reply, isFirst: boolean): Promise<void>;
  /** Most replies to show; the last one is always shown. Default: as many ephemeral messages as make sense. */
  readonly maxReplies?: number;
  onError(error: unknown): void;
}

/** Shows a command's replies, each in place of the one before: the first ones as they come, and always the last. */
export async function respond(replies: AsyncIterable<Reply>, terms: RespondTerms): Promise<void> {
  const { show, maxReplies = MAX_EPHEMERALS, onError } = terms;
  let shown = 0;
  let waiting: Reply | undefined;
  const showNow = async (reply: Reply) => {
    await show(reply, shown === 0);
    shown += 1;
    waiting = undefined;
  };
  for await (const reply of replies) {
    waiting = reply;
    if (shown < maxReplies - 1) await showNow(reply).catch(onError);
  }
  if (waiting === undefined) return;
  const last = waiting;
  await showNow(last).catch(() => showNow(last).catch(onError));
}

/** Runs a command and shows its replies to the person who called it alone. Never rejects. */
export async function respondTo(deps: ReplyContext, call: CommandCall, url: string | undefined): Promise<void> {
  const { handlers, log } = deps;
  const user = call.author.id;
  await respond(handlers.onCommand(call), {
    async show(reply, isFirst) {
      const message = await commandMessage(deps, reply, user, call.text);
      await showTo(deps, { url, place: call.channel, user, replacesOriginal: !isFirst }, message);
    },
    ...(url !== undefined && { maxReplies: MAX_RESPONSES }),
    onError: (error) => log.warn({ error, command: call.text }, "slack: command reply could not be shown"),
  });
}

export interface ShowTerms {
  readonly url: string | undefined;
  readonly place: ChannelKey;
  /** Id of the only reader. */
  readonly user: string;
  readonly replacesOriginal: boolean;
}

/** Shows a reply to one person alone. @throws {PlatformError} `gone` when the address is used up */
export async function showTo({ calls }: ReplyContext, terms: ShowTerms, message: SlackMessage): Promise<void> {
  const { url, place, user, replacesOriginal } = terms;
  const show = async (shown: SlackMessage) => {
    if (url === undefined) await calls.postEphemeral(place, user, shown);
    else await sendResponse(url, shown, replacesOriginal);
  };
  await show(message).catch(async (error) => {
    if (!isFormRefused(error)) throw error;
    await show({ text: message.text, blocks: [] });
  });
}

async function sendResponse(url: string, { text, blocks }: SlackMessage, replacesOriginal: boolean): Promise<void> {
  const body = { response_type: "ephemeral", replace_original: replacesOriginal, text, blocks };
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(body),
    redirect: "error",
    signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
  }).catch((error) => {
    throw new PlatformError("slack", "unavailable", "Slack did not accept the reply to a command", {
      cause: error,
    });
  });
  const { status } = response;
  const why = cutText(await response.text(), 80);
  if (/^[a-z_]*blocks[a-z_]*$/.test(why))
    throw new SlackRefusal("refused", `Slack refused a command's reply: ${why}`, why);
  if (!response.ok) {
    throw new PlatformError("slack", reasonOf(status), `Slack refused a command's reply (${status}: ${why})`);
  }
}

const reasonOf = (status: number): PlatformErrorReason => {
  if (status === 404 || status === 410) return "gone";
  return status >= 500 ? "unavailable" : "refused";
};
