import type { App } from "@slack/bolt";
import { z } from "zod";
import type { Reply } from "../../../commands/command.js";
import { PlatformError } from "../../port/platform-error.js";
import { SHORTCUTS } from "../wire/app-features.js";
import { optionalText, unescaped } from "../wire/notation.js";
import { callOf, commandMessage, type DoorDeps, isFirstTime, threadOf } from "./reply-context.js";
import { MOST_RESPONSES, respond, responseUrlSchema, showTo } from "./show-to.js";

const commandSchema = z.looseObject({
  command: z.string(),
  text: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  user_id: z.string(),
  channel_id: z.string(),
  trigger_id: optionalText,
  response_url: responseUrlSchema,
});

/** Slash commands: acknowledged at once, answered for their author only. */
export function listenForCommands(app: App, deps: DoorDeps): void {
  const { names, handlers, log } = deps;

  const run = async (body: unknown) => {
    const { data: command } = commandSchema.safeParse(body);
    if (command === undefined) return log.warn("a slash command without its fields was dropped");
    // Without either one command can't be told from the next.
    const once = command.trigger_id ?? command.response_url;
    if (once !== undefined && !(await isFirstTime(deps, `trigger:${once}`))) return;
    const text = names.lineOf(command.command, unescaped(command.text)) ?? command.command;
    const { channel_id: channel, user_id: user, response_url: url } = command;
    const call = await callOf(deps, { channel, user, text });
    await respond(handlers.onCommand(call), {
      async show(reply, isFirst) {
        const message = await commandMessage(deps, reply, user, text);
        await showTo(deps, { url, place: call.channel, user, replacesOriginal: !isFirst }, message);
      },
      mostReplies: url === undefined ? 2 : MOST_RESPONSES,
      onError: (error) => log.warn({ error, command: call.text }, "a command's reply was not shown"),
    });
  };
  app.command(/.*/, async ({ ack, body }) => {
    await ack();
    void run(body).catch((error) => log.error({ error }, "a slash command failed"));
  });
}

/** "!models status": a command where slash commands do not work, as in threads. */
export const isTypedCommand = (text: string): boolean => /^![a-z]/i.test(text);

export interface TypedCommand {
  readonly channel: string;
  readonly thread: string | undefined;
  readonly ts: string;
  readonly user: string;
  readonly text: string;
  readonly isDirect: boolean;
}

/** Runs a typed command and answers for its author only. Resolves once it is claimed; the replies come on their own time. */
export async function runTypedCommand(deps: DoorDeps, typed: TypedCommand): Promise<void> {
  const { calls, handlers, identity, log } = deps;
  const { channel, thread, ts, user, text, isDirect } = typed;
  if (!(await isFirstTime(deps, `command:${identity.teamId}:${channel}:${ts}`))) return;

  const show = async (reply: Reply) => {
    const message = await commandMessage(deps, reply, user, text);
    const place = { platform: "slack", workspace: identity.teamId, channel, ...(thread !== undefined && { thread }) };
    try {
      await calls.postEphemeral(place, user, message);
    } catch (error) {
      // In a direct message nobody else reads along: an ordinary one says it as well.
      if (!isDirect || !(error instanceof PlatformError) || error.isRetryable) throw error;
      await calls.post(place, message);
    }
  };
  const run = async () => {
    await respond(handlers.onCommand(await callOf(deps, { channel, thread, user, text })), {
      show,
      // Ephemeral messages cannot be changed: the first one and the last say enough.
      mostReplies: 2,
      onError: (error) => log.warn({ error }, "the reply to a typed command was not shown"),
    });
  };
  void run().catch((error) => log.error({ error }, "a typed command failed"));
}

const shortcutSchema = z.looseObject({
  callback_id: z.string(),
  user: z.looseObject({ id: z.string() }),
  channel: z.looseObject({ id: z.string() }),
  message_ts: optionalText,
  message: z.looseObject({ ts: optionalText, thread_ts: optionalText, user: optionalText }).nullish(),
  trigger_id: optionalText,
  response_url: responseUrlSchema,
});

/** Message shortcuts, answered for whoever chose one alone. */
export function listenForShortcuts(app: App, deps: DoorDeps): void {
  const { handlers, identity, log } = deps;

  const run = async (body: unknown) => {
    const { data: chosen } = shortcutSchema.safeParse(body);
    const shortcut = SHORTCUTS.find(({ id }) => id === chosen?.callback_id);
    if (chosen === undefined || shortcut === undefined) return log.warn("a shortcut that is none of ours was dropped");
    const { channel, message, user, response_url: url } = chosen;
    const ts = chosen.message_ts ?? message?.ts;
    if (!(await isFirstTime(deps, `trigger:${chosen.trigger_id ?? `${user.id}:${shortcut.id}:${ts}`}`))) return;
    const isOwn = message?.user === identity.botUserId;
    // A question that somebody asks in a channel begins a thread, which is its conversation.
    const begun = channel.id.startsWith("D") || isOwn ? undefined : ts;
    const thread = threadOf(channel.id, ts, message?.thread_ts ?? begun);
    const text = shortcut.command;
    const call = await callOf(deps, { channel: channel.id, thread, user: user.id, text, on: isOwn ? ts : undefined });
    await respond(handlers.onCommand(call), {
      mostReplies: url === undefined ? 2 : MOST_RESPONSES,
      async show(reply, isFirst) {
        // Quiet or not: whoever chose it from a menu sees nothing else happen there.
        const shown = await commandMessage(deps, reply, user.id);
        await showTo(deps, { url, place: call.channel, user: user.id, replacesOriginal: !isFirst }, shown);
      },
      onError: (error) => log.warn({ error, command: text }, "the reply to a shortcut was not shown"),
    });
  };
  app.shortcut(/.*/, async ({ ack, body }) => {
    await ack();
    void run(body).catch((error) => log.error({ error }, "a shortcut failed"));
  });
}
