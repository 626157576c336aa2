import type { App } from "@slack/bolt";
import { z } from "zod";
import { optionalText } from "../wire/optional-text.js";
import { SHORTCUTS } from "../wire/shortcut-list.js";
import { callOf, commandMessage, type DoorDeps, isFirstTime, threadOf } from "./doors.js";
import { MOST_RESPONSES, respond } from "./responder.js";
import { responseUrlSchema, showTo } from "./show-to.js";

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
