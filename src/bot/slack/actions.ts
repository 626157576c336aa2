import type { App } from "@slack/bolt";
import { z } from "zod";
import type { Reply } from "../../commands/command.js";
import { STALE_CONTROL_TEXT } from "../control-ids.js";
import { callOf, commandMessage, type DoorDeps, isFirstTime } from "./doors.js";
import { optionalText } from "./optional-text.js";
import { MOST_RESPONSES, respond } from "./responder.js";
import { sendResponse } from "./response-url.js";

const pressSchema = z.looseObject({
  user: z.looseObject({ id: z.string() }),
  channel: z.looseObject({ id: z.string() }),
  container: z.looseObject({ is_ephemeral: z.boolean().default(false), thread_ts: optionalText }),
  message: z.looseObject({ thread_ts: optionalText }).optional(),
  trigger_id: z.string(),
  response_url: z.url(),
  actions: z
    .array(
      z.looseObject({
        value: z.string().optional(),
        selected_option: z.looseObject({ value: z.string() }).nullish(),
      }),
    )
    .min(1),
});

/** Buttons and menus: a press is the command that the control stands for. */
export function listenForPresses(app: App, deps: DoorDeps): void {
  const { controlIds, handlers, log } = deps;

  const run = async (body: unknown) => {
    const { data: press } = pressSchema.safeParse(body);
    const [action] = press?.actions ?? [];
    const id = action?.selected_option?.value ?? action?.value;
    if (press === undefined || id === undefined) return log.warn("a press without its fields was dropped");
    if (!(await isFirstTime(deps, `trigger:${press.trigger_id}`))) return;
    const text = await controlIds.commandOf(id);
    // A panel that only its reader sees gives way to the reply; a message that others see stays as it is.
    const isPanel = press.container.is_ephemeral;
    const thread = press.container.thread_ts ?? press.message?.thread_ts;
    const call = await callOf(deps, { channel: press.channel.id, thread, user: press.user.id, text: text ?? "" });
    await respond(text === undefined ? stale() : handlers.onCommand(call), {
      show: async (reply) => sendResponse(press.response_url, await commandMessage(deps, reply), isPanel),
      mostReplies: isPanel ? MOST_RESPONSES : 2,
      onError: (error) => log.warn({ error, command: text }, "the reply to a press was not shown"),
    });
  };
  app.action(/.*/, async ({ ack, body }) => {
    await ack();
    void run(body).catch((error) => log.error({ error }, "a press failed"));
  });
}

async function* stale(): AsyncGenerator<Reply> {
  yield { markdown: STALE_CONTROL_TEXT };
}
