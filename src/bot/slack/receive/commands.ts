import type { App } from "@slack/bolt";
import { z } from "zod";
import { unescaped } from "../wire/escape.js";
import { optionalText } from "../wire/optional-text.js";
import { callOf, commandMessage, type DoorDeps, isFirstTime } from "./doors.js";
import { MOST_RESPONSES, respond } from "./responder.js";
import { responseUrlSchema, showTo } from "./show-to.js";

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
