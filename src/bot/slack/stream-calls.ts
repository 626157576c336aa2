import type { types, webApi } from "@slack/bolt";
import { z } from "zod";
import type { MessageKey } from "../platform.js";
import type { ThreadKey } from "./agent-calls.js";
import type { Caller } from "./caller.js";

/** Slack's own streaming. Whoever calls has paid. All of them throw {PlatformError}. */
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

const startedSchema = z.object({ ts: z.string().min(1) });

export function createStreamCalls(client: webApi.WebClient, caller: Caller): StreamCalls {
  return {
    start: ({ channel, thread, workspace }, text, user) =>
      caller.now(START, channel, async () => {
        // Outside of direct messages Slack wants to know for whom.
        const recipient = channel.startsWith("D") ? {} : { recipient_team_id: workspace, recipient_user_id: user };
        const given = { channel, thread_ts: thread, markdown_text: text, ...recipient };
        return startedSchema.parse(await client.chat.startStream(given)).ts;
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
