import type { App } from "@slack/bolt";
import { z } from "zod";
import type { Reply } from "../../../commands/command.js";
import { PlatformError } from "../../port/platform-error.js";
import { SHORTCUTS } from "../wire/app-features.js";
import { optionalText, unescaped } from "../wire/notation.js";
import { callOf, commandMessage, inBackground, type ReplyContext, threadOf } from "./reply-context.js";
import { respond, respondTo, responseUrlSchema } from "./show-to.js";

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
export function listenForCommands(app: App, deps: ReplyContext): void {
  const { handlers, names, log } = deps;

  const run = async (body: unknown) => {
    const { data: command } = commandSchema.safeParse(body);
    if (command === undefined) return log.warn("slack: slash command without required fields dropped");
    const { channel_id: channel, user_id: user, response_url: url } = command;
    // A command without either can't be told from the next.
    const once = command.trigger_id ?? url;
    if (once !== undefined && !(await handlers.isFirst(`trigger:${once}`))) return;
    const text = names.lineOf(command.command, unescaped(command.text)) ?? command.command;
    await respondTo(deps, await callOf(deps, { channel, user, text }), url);
  };
  app.command(/.*/, async ({ ack, body }) => {
    await ack();
    inBackground(log, "a slash command", run(body));
  });
}

/** True for "!models status": the form of a command where slash commands don't work, as in threads. */
export const isTypedCommand = (text: string): boolean => /^![a-z]/i.test(text);

export interface TypedCommand {
  readonly channel: string;
  readonly thread: string | undefined;
  readonly ts: string;
  readonly user: string;
  readonly text: string;
  readonly isDirect: boolean;
}

/** Runs a typed command and answers its author only. Resolves once it is claimed; the replies come later. */
export async function runTypedCommand(deps: ReplyContext, typed: TypedCommand): Promise<void> {
  const { calls, handlers, identity, log } = deps;
  const { channel, thread, ts, user, text, isDirect } = typed;
  const place = { platform: "slack", workspace: identity.teamId, channel, ...(thread !== undefined && { thread }) };
  if (!(await handlers.isFirst({ ...place, message: ts }))) return;

  const show = async (reply: Reply) => {
    const message = await commandMessage(deps, reply, user, text);
    try {
      await calls.postEphemeral(place, user, message);
    } catch (error) {
      // In direct messages nobody else can read an ordinary message either.
      if (!isDirect || !(error instanceof PlatformError) || error.isRetryable) throw error;
      await calls.post(place, () => message);
    }
  };
  const run = async () =>
    respond(handlers.onCommand(await callOf(deps, { channel, thread, user, text })), {
      show,
      onError: (error) => log.warn({ error }, "slack: reply to a typed command could not be shown"),
    });
  inBackground(log, "a typed command", run());
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

/** Message shortcuts, answered only for the person who chose one. A quiet reply is shown too: nothing else would be. */
export function listenForShortcuts(app: App, deps: ReplyContext): void {
  const { handlers, identity, log } = deps;

  const run = async (body: unknown) => {
    const { data: chosen } = shortcutSchema.safeParse(body);
    const shortcut = SHORTCUTS.find(({ id }) => id === chosen?.callback_id);
    if (chosen === undefined || shortcut === undefined) return log.warn("slack: unknown shortcut dropped");
    const { channel, message, user } = chosen;
    const ts = chosen.message_ts ?? message?.ts;
    if (!(await handlers.isFirst(`trigger:${chosen.trigger_id ?? `${user.id}:${shortcut.id}:${ts}`}`))) return;
    const isOwn = message?.user === identity.botUserId;
    // A question in a channel begins a thread, which is its conversation.
    const begun = channel.id.startsWith("D") || isOwn ? undefined : ts;
    const thread = threadOf(channel.id, ts, message?.thread_ts ?? begun);
    const place = { channel: channel.id, thread, on: isOwn ? ts : undefined };
    await respondTo(
      deps,
      await callOf(deps, { ...place, user: user.id, text: shortcut.command, door: "menu" }),
      chosen.response_url,
    );
  };
  app.shortcut(/.*/, async ({ ack, body }) => {
    await ack();
    inBackground(log, "a shortcut", run(body));
  });
}
