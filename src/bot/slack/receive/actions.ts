import type { App, types } from "@slack/bolt";
import { z } from "zod";
import type { Reply } from "../../../commands/command.js";
import { STALE_CONTROL_TEXT } from "../../port/control-ids.js";
import { panelOf, press as runPress } from "../../port/panel.js";
import { labelText, lineOfChoice, MAX_OPTIONS, pickerOfId } from "../send/controls.js";
import { render } from "../send/render.js";
import { optionalText, unescaped } from "../wire/notation.js";
import { callOf, commandMessage, type DoorDeps, isFirstTime, threadOf } from "./reply-context.js";
import { MOST_RESPONSES, respond, responseUrlSchema, showTo } from "./show-to.js";
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

/** Buttons and menus: a press is the command that the control stands for. */
export function listenForPresses(app: App, deps: DoorDeps): void {
  const { handlers, log } = deps;

  const run = async (body: unknown) => {
    const { data: press } = pressSchema.safeParse(body);
    const [action] = press?.actions ?? [];
    if (press === undefined || action === undefined) return log.warn("a press without its fields was dropped");
    const once = press.trigger_id ?? `${press.user.id}:${action.action_id}:${action.action_ts}`;
    if (!(await isFirstTime(deps, `trigger:${once}`))) return;
    const text = await lineOf(deps, action);
    const place = placeOf(press);
    if (place === undefined) return log.warn("a press from nowhere was dropped");
    const call = await callOf(deps, { ...place, user: press.user.id, text: text ?? "" });
    await respond(text === undefined ? stale() : runPress(handlers, call), {
      ...doorOf(deps, press, panelOf(text ?? "") !== undefined),
      onError: (error) => log.warn({ error, command: text }, "the reply to a press was not shown"),
    });
  };
  app.action(/.*/, async ({ ack, body }) => {
    await ack();
    void run(body).catch((error) => log.error({ error }, "a press failed"));
  });
}

/** Where a press acts: the conversation of the message it stands on, or what the Home tab remembers of its reader. */
function placeOf({ channel, container, message, view }: Press) {
  if (channel === undefined) {
    const memo = memoSchema.safeParse(view?.private_metadata);
    return memo.success ? { channel: memo.data, isHome: true } : undefined;
  }
  const ts = container.message_ts ?? message?.ts;
  const thread = threadOf(channel.id, ts, container.thread_ts ?? message?.thread_ts);
  return { channel: channel.id, thread, on: container.is_ephemeral === true ? undefined : ts };
}

/** How the replies are shown: in the place of a panel, beside a message that others see, or on the Home tab. */
function doorOf(deps: DoorDeps, press: Press, isOnPanel: boolean) {
  const { channel, container, response_url: url, user } = press;
  if (channel === undefined) {
    const memo = memoSchema.parse(press.view?.private_metadata);
    return {
      mostReplies: MOST_RESPONSES,
      show: (reply: Reply) => showHome(deps, { user: user.id, channel: memo }, reply),
    };
  }
  const isOwn = container.is_ephemeral === true || isOnPanel;
  return {
    mostReplies: isOwn ? MOST_RESPONSES : 2,
    async show(reply: Reply) {
      if (reply.dropsControls && !isOwn) await dropControls(deps, press);
      if (reply.isQuiet) return;
      const message = await commandMessage(deps, reply, user.id);
      const place = { platform: "slack", workspace: deps.identity.teamId, channel: channel.id };
      await showTo(deps, { url, place, user: user.id, replacesOriginal: isOwn }, message);
    },
  };
}

async function lineOf({ controlIds }: DoorDeps, action: Press["actions"][number]): Promise<string | undefined> {
  const value = action.selected_option?.value ?? action.value ?? undefined;
  if (value === undefined) return undefined;
  const picker = pickerOfId(action.action_id);
  return picker === undefined ? controlIds.commandOf(value) : lineOfChoice(picker, value);
}

async function* stale(): AsyncGenerator<Reply> {
  yield { markdown: STALE_CONTROL_TEXT };
}

/** The message that a control was pressed on, as the press brings it along. */
export interface PressedMessage {
  readonly channel?: { readonly id: string } | undefined;
  readonly message?:
    | {
        readonly ts?: string | undefined;
        readonly text?: string | null | undefined;
        readonly blocks?: readonly types.KnownBlock[] | null | undefined;
      }
    | null
    | undefined;
}

/** Takes the controls off a message whose controls have served; everything else on it stays. Never rejects. */
export async function dropControls(
  { calls, identity, log }: DoorDeps,
  { channel, message }: PressedMessage,
): Promise<void> {
  if (channel === undefined || message?.ts === undefined) return;
  const key = { platform: "slack", workspace: identity.teamId, channel: channel.id, message: message.ts };
  const text = unescaped(message.text ?? "");
  const rest = (message.blocks ?? []).filter(({ type }) => type !== "actions");
  const whole = render({ markdown: text });
  const blocks = rest.length > 0 ? rest : whole.blocks;
  await calls
    .update(key, { text: whole.text, blocks })
    .catch((error) => log.warn({ error }, "controls that have served were not taken away"));
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

/** Longest value of an option; a model whose name is longer has to be typed. */
const MAX_VALUE_CHARS = 150;

/** Selects that look their options up while a person types: from memory. */
export function listenForSuggestions(app: App, deps: DoorDeps): void {
  const { handlers, pickers } = deps;

  const optionsFor = async (body: unknown) => {
    const { data: asked } = suggestionSchema.safeParse(body);
    const picker = pickerOfId(asked?.action_id ?? "");
    const option = picker === undefined ? undefined : pickers.optionOf(picker);
    if (asked === undefined || picker === undefined || option === undefined) return [];
    const channel = asked.channel?.id ?? memoSchema.safeParse(asked.view?.private_metadata).data ?? "D";
    const call = await callOf(deps, { channel, user: asked.user.id, text: picker.prefix.replace(/\S+:$/, "").trim() });
    return handlers
      .onSuggest(call, option, asked.value)
      .filter(({ value }) => value.length <= MAX_VALUE_CHARS)
      .slice(0, MAX_OPTIONS)
      .map(({ label, value }) => ({ text: labelText(label), value }));
  };
  app.options(/.*/, async ({ ack, body }) => {
    await ack({ options: await optionsFor(body) });
  });
}
