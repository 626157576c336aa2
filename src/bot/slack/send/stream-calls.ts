import type { types, webApi } from "@slack/bolt";
import { z } from "zod";
import type { MessageKey } from "../../port/platform.js";
import { slackErrorOf } from "../wire/errors.js";
import type { ThreadKey } from "./agent-calls.js";
import type { Caller } from "./caller.js";

/** Calls of Slack's streaming; the caller has waited for the rate limit. All of them throw {PlatformError}. */
export interface StreamCalls {
  /** Begins a message with its first text, escaped; resolves with its timestamp. `user`: for whom it grows. */
  start(place: ThreadKey, text: string, user: string): Promise<string>;
  append(message: MessageKey, text: string): Promise<void>;
  /** Ends it with the rest of its text, if any, and the blocks below it. */
  stop(
    message: MessageKey,
    rest?: { readonly text?: string; readonly blocks?: readonly types.KnownBlock[] },
  ): Promise<void>;
}

export const START = "chat.startStream";
export const APPEND = "chat.appendStream";
export const STOP = "chat.stopStream";
/** How an answer that is not streamed grows. */
export const UPDATE = "chat.update";

const startedSchema = z.object({ ts: z.string().min(1) });

/** No previews of links that a model wrote. An older Slack refuses or ignores these arguments. */
const QUIET = { unfurl_links: false, unfurl_media: false } as const;
const UNKNOWN_ARGUMENT = new Set(["invalid_arguments", "invalid_arg_name", "unknown_argument"]);

export function createStreamCalls(client: webApi.WebClient, caller: Caller): StreamCalls {
  let takesQuiet = true;
  const start = async (given: Parameters<webApi.WebClient["chat"]["startStream"]>[0]) =>
    startedSchema.parse(await client.chat.startStream(given)).ts;

  return {
    start: ({ channel, thread, workspace }, text, user) =>
      caller.now(START, channel, async () => {
        // Outside direct messages Slack requires the recipient.
        const recipient = channel.startsWith("D") ? {} : { recipient_team_id: workspace, recipient_user_id: user };
        const given = { channel, thread_ts: thread, markdown_text: text, ...recipient };
        if (!takesQuiet) return start(given);
        return start({ ...given, ...QUIET }).catch(async (error) => {
          if (!UNKNOWN_ARGUMENT.has(slackErrorOf(error) ?? "")) throw error;
          const ts = await start(given);
          takesQuiet = false;
          return ts;
        });
      }),
    append: ({ channel, message: ts }, text) =>
      caller.now(APPEND, channel, async () => {
        await client.chat.appendStream({ channel, ts, markdown_text: text });
      }),
    stop: ({ channel, message: ts }, { text = "", blocks = [] } = {}) =>
      caller.now(STOP, channel, async () => {
        const rest = { ...(text !== "" && { markdown_text: text }), ...(blocks.length > 0 && { blocks: [...blocks] }) };
        await client.chat.stopStream({ channel, ts, ...rest });
      }),
  };
}
