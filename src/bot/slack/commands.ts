import type { App } from "@slack/bolt";
import { z } from "zod";
import { callOf, commandMessage, type DoorDeps, isFirstTime } from "./doors.js";
import { unescaped } from "./escape.js";
import { optionalText } from "./optional-text.js";
import { MOST_RESPONSES, respond } from "./responder.js";
import { sendResponse } from "./response-url.js";

const commandSchema = z.looseObject({
  command: z.string(),
  text: z.string().default(""),
  user_id: z.string(),
  channel_id: z.string(),
  trigger_id: optionalText,
  response_url: z.url(),
});

/** Slash commands: acknowledged at once, answered for their author only. */
export function listenForCommands(app: App, deps: DoorDeps): void {
  const { names, handlers, log } = deps;

  const run = async (body: unknown) => {
    const { data: command } = commandSchema.safeParse(body);
    if (command === undefined) return log.warn("a slash command without its fields was dropped");
    if (!(await isFirstTime(deps, `trigger:${command.trigger_id ?? command.response_url}`))) return;
    const text = names.lineOf(command.command, unescaped(command.text)) ?? command.command;
    const call = await callOf(deps, { channel: command.channel_id, user: command.user_id, text });
    await respond(handlers.onCommand(call), {
      show: async (reply, isFirst) =>
        sendResponse(command.response_url, await commandMessage(deps, reply, command.user_id, text), !isFirst),
      mostReplies: MOST_RESPONSES,
      onError: (error) => log.warn({ error, command: call.text }, "a command's reply was not shown"),
    });
  };
  app.command(/.*/, async ({ ack, body }) => {
    await ack();
    void run(body).catch((error) => log.error({ error }, "a slash command failed"));
  });
}
