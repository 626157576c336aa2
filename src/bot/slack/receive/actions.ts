import type { App, types } from "@slack/bolt";
import { z } from "zod";
import type { Reply } from "../../../commands/command.js";
import { t } from "../../../languages/translate.js";
import { STALE_CONTROL_TEXT } from "../../port/control-ids.js";
import { panelOf, press as runPress } from "../../port/panel.js";
import { isControlBlock, labelText, lineOfChoice, MAX_OPTIONS, pickerOfId, readLine } from "../send/controls.js";
import { render } from "../send/render.js";
import { optionalText, unescaped } from "../wire/notation.js";
import { callOf, commandMessage, inBackground, type ReplyContext, threadOf } from "./reply-context.js";
import { MAX_RESPONSES, respond, responseUrlSchema, showTo } from "./show-to.js";
import { memoSchema, showHome } from "./surfaces.js";

const pressSchema = z.looseObject({
  user: z.looseObject({ id: z.string() }),
  channel: z.looseObject({ id: z.string() }).optional(),
  container: z
    .looseObject({
      type: optionalText,
      is_ephemeral: z.boolean().nullish(),
      thread_ts: optionalText,
      message_ts: optionalText,
    })
    .prefault({}),
  message: z
    .looseObject({
      ts: optionalText,
      thread_ts: optionalText,
      text: z.string().nullish(),
      blocks: z.array(z.custom<types.KnownBlock>()).nullish(),
    })
    .nullish(),
  view: z.looseObject({ private_metadata: z.string().nullish() }).nullish(),
  trigger_id: optionalText,
  response_url: responseUrlSchema,
  actions: z
    .array(
      z.looseObject({
        action_id: z.string(),
        action_ts: optionalText,
        value: z.string().nullish(),
        selected_option: z.looseObject({ value: z.string() }).nullish(),
      }),
    )
    .min(1),
});
type Press = z.infer<typeof pressSchema>;

/** Buttons and menus: a press runs the command of the control. */
export function listenForPresses(app: App, deps: ReplyContext): void {
  const { handlers, log } = deps;

  const run = async (body: unknown) => {
    const { data: press } = pressSchema.safeParse(body);
    const [action] = press?.actions ?? [];
    if (press === undefined || action === undefined) return log.warn("slack: press without required fields dropped");
    const once = press.trigger_id ?? `${press.user.id}:${action.action_id}:${action.action_ts}`;
    if (!(await handlers.isFirst(`trigger:${once}`))) return;
    const line = await lineOf(deps, action);
    const { text, thread } = line === undefined ? { text: undefined } : readLine(line);
    const at = placeOf(press);
    const place = thread === undefined || at === undefined ? at : { channel: at.channel, thread };
    if (place === undefined) return log.warn("slack: press without a place dropped");
    const door = action.selected_option == null ? "button" : "menu";
    const call = await callOf(deps, { ...place, user: press.user.id, text: text ?? "", door });
    await respond(text === undefined ? stale() : runPress(handlers, call), {
      ...displayOf(deps, press, panelOf(text ?? "") !== undefined),
      onError: (error) => log.warn({ error, command: text }, "slack: reply to a press could not be shown"),
    });
  };
  app.action(/.*/, async ({ ack, body }) => {
    await ack();
    inBackground(log, "a press", run(body));
  });
}

/** Returns where a press acts: in the conversation of its message, or in that of the Home tab's reader. */
function placeOf({ channel, container, message, view }: Press) {
  if (channel === undefined) {
    const memo = memoSchema.safeParse(view?.private_metadata);
    return memo.success ? { channel: memo.data, isHome: true } : undefined;
  }
  const ts = container.message_ts ?? message?.ts;
  const thread = threadOf(channel.id, ts, container.thread_ts ?? message?.thread_ts);
  return { channel: channel.id, thread, on: container.is_ephemeral === true ? undefined : ts };
}

/** Returns how the replies are shown: in place of a panel, beside a message that others see, or on the Home tab. */
function displayOf(deps: ReplyContext, press: Press, isOnPanel: boolean) {
  const { channel, container, response_url: url, user } = press;
  if (channel === undefined) {
    const memo = memoSchema.parse(press.view?.private_metadata);
    return {
      maxReplies: MAX_RESPONSES,
      show: (reply: Reply) => showHome(deps, { user: user.id, channel: memo }, reply),
    };
  }
  const isOwn = container.is_ephemeral === true || isOnPanel;
  return {
    ...(isOwn && { maxReplies: MAX_RESPONSES }),
    async show(reply: Reply) {
      if (reply.dropsControls && !isOwn) await dropControls(deps, press);
      if (reply.isQuiet) return;
      const message = await commandMessage(deps, reply, user.id);
      const place = { platform: "slack", workspace: deps.identity.teamId, channel: channel.id };
      await showTo(deps, { url, place, user: user.id, replacesOriginal: isOwn }, message);
    },
  };
}

async function lineOf({ controlIds }: ReplyContext, action: Press["actions"][number]): Promise<string | undefined> {
  const value = action.selected_option?.value ?? action.value ?? undefined;
  if (value === undefined) return undefined;
  const picker = pickerOfId(action.action_id);
  return picker === undefined ? controlIds.commandOf(value) : lineOfChoice(picker, value);
}

async function* stale(): AsyncGenerator<Reply> {
  yield { markdown: t(STALE_CONTROL_TEXT) };
}

/** Removes the controls from the message that was pressed; everything else on it stays. Never rejects. */
async function dropControls({ calls, identity, log }: ReplyContext, { channel, message }: Press): Promise<void> {
  if (channel === undefined || message?.ts === undefined) return;
  const key = { platform: "slack", workspace: identity.teamId, channel: channel.id, message: message.ts };
  const whole = render({ markdown: unescaped(message.text ?? "") });
  const rest = (message.blocks ?? []).filter((block) => !isControlBlock(block));
  await calls
    .update(key, () => ({ text: whole.text, blocks: rest.length > 0 ? rest : whole.blocks }))
    .catch((error) => log.warn({ error }, "slack: used controls could not be removed"));
}

const suggestionSchema = z.looseObject({
  action_id: z.string(),
  value: z
    .string()
    .nullish()
    .transform((typed) => typed ?? ""),
  user: z.looseObject({ id: z.string() }),
  channel: z.looseObject({ id: z.string() }).nullish(),
  view: z.looseObject({ private_metadata: z.string().nullish() }).nullish(),
});

/** Slack's longest value of an option; a model with a longer name has to be typed. */
const MAX_VALUE_CHARS = 150;

/** Selects that look up their options while a person types: from memory. */
export function listenForSuggestions(app: App, deps: ReplyContext): void {
  const { handlers, pickers } = deps;

  const optionsFor = async (body: unknown) => {
    const { data: request } = suggestionSchema.safeParse(body);
    const picker = pickerOfId(request?.action_id ?? "");
    const option = picker === undefined ? undefined : pickers.optionOf(picker);
    if (request === undefined || picker === undefined || option === undefined) return [];
    const channel = request.channel?.id ?? memoSchema.safeParse(request.view?.private_metadata).data ?? "D";
    const call = await callOf(deps, {
      channel,
      user: request.user.id,
      text: picker.prefix.replace(/\S+:$/, "").trim(),
    });
    return handlers
      .onSuggest(call, option, request.value)
      .filter(({ value }) => value.length <= MAX_VALUE_CHARS)
      .slice(0, MAX_OPTIONS)
      .map(({ label, value }) => ({ text: labelText(label), value }));
  };
  app.options(/.*/, async ({ ack, body }) => {
    await ack({ options: await optionsFor(body) });
  });
}
