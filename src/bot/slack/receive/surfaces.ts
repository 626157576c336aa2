import type { App } from "@slack/bolt";
import { z } from "zod";
import type { Reply } from "../../../commands/command.js";
import { panelControls } from "../../port/panel.js";
import { controlBlocks, pickerBlocks } from "../send/controls.js";
import { render } from "../send/render.js";
import { suggestedPrompts } from "../wire/app-features.js";
import { optionalText } from "../wire/notation.js";
import { callOf, commandMessage, inBackground, type ReplyContext } from "./reply-context.js";

const openedSchema = z.looseObject({ user: z.string().min(1), channel: optionalText, tab: optionalText });
const startedSchema = z.looseObject({
  assistant_thread: z.looseObject({ channel_id: z.string(), thread_ts: optionalText }),
});
const stoppedSchema = z.looseObject({
  channel: z.string(),
  user: z.string(),
  thread_ts: optionalText,
  streaming_message_ts: z.array(z.string()).nullish(),
});

/** Listens on the app's own surfaces: its Home tab, the agent container, and Slack's stop button. */
export function listenForSurfaces(app: App, deps: ReplyContext): void {
  const { handlers, agent, log } = deps;
  const isNew = (body: unknown) =>
    handlers.isFirst(
      `event:${(body as { readonly event_id?: string }).event_id ?? JSON.stringify(body).slice(0, 500)}`,
    );
  app.event("app_home_opened", async ({ event, body }) => {
    const { data: opened } = openedSchema.safeParse(event);
    if (opened === undefined || !(await isNew(body))) return;
    handlers.onFocus();
    const { user, channel, tab } = opened;
    if (tab === "messages")
      inBackground(log, "suggesting prompts", agent.suggest(channel ?? "", undefined, suggestedPrompts()));
    else inBackground(log, "the Home tab", openHome(deps, { user, channel: channel ?? `D${user.slice(1)}` }));
  });
  app.event("assistant_thread_started", async ({ event, body }) => {
    const { data: started } = startedSchema.safeParse(event);
    if (started === undefined || !(await isNew(body))) return;
    handlers.onFocus();
    const { channel_id: channel, thread_ts: thread } = started.assistant_thread;
    inBackground(log, "suggesting prompts", agent.suggest(channel, thread, suggestedPrompts()));
  });
  // Bolt's types know only the name of this event.
  app.event("agent_session_stopped", async ({ event, body }) => {
    const { data: stopped } = stoppedSchema.safeParse(event);
    if (stopped === undefined || !(await isNew(body))) return;
    inBackground(log, "a stop", stop(deps, stopped));
  });
}

/** Runs the stop command for the person who pressed Slack's stop button. */
async function stop(deps: ReplyContext, stopped: z.infer<typeof stoppedSchema>): Promise<void> {
  const { handlers, calls, agent } = deps;
  const { channel, user, streaming_message_ts: streaming } = stopped;
  const thread = stopped.thread_ts ?? streaming?.[0];
  const call = await callOf(deps, { channel, thread, user, text: "/chat stop" });
  let newest: Reply | undefined;
  for await (const reply of handlers.onCommand(call)) newest = reply;
  // Slack shows the session as working, with its button, until the bot ends it; the end of an answer does so too.
  if (thread !== undefined && newest?.isFailure !== true) await agent.end({ ...call.channel, thread }, "session");
  if (newest === undefined || newest.isQuiet) return;
  await calls.postEphemeral(call.channel, user, await commandMessage(deps, newest, user));
}

/** The Home tab keeps the channel of the direct messages with its reader: a press there has no channel. */
export const memoSchema = z.string().min(1).max(100);

export interface HomePlace {
  readonly user: string;
  readonly channel: string;
}

/** The command whose panel the Home tab shows. */
const PANEL = "/models status";

/** Shows the panel on somebody's Home tab when they open it. */
async function openHome(deps: ReplyContext, place: HomePlace): Promise<void> {
  const call = await callOf(deps, { ...place, text: PANEL, isHome: true });
  let newest: Reply | undefined;
  for await (const reply of deps.handlers.onCommand(call)) newest = reply;
  if (newest !== undefined) await showHome(deps, place, newest);
}

/** Shows a reply on the Home tab. Never rejects. */
export async function showHome(deps: ReplyContext, { user, channel }: HomePlace, reply: Reply): Promise<void> {
  const { names, controlIds, pickers, agent, log } = deps;
  try {
    const controls = await controlBlocks(panelControls(reply), { idFor: controlIds.idFor, pickers });
    const shown = { markdown: names.inReply(reply.markdown), panel: reply.panel ?? PANEL };
    const { blocks } = render(shown, [...controls, ...pickerBlocks(pickers.onPanel(reply.panel))]);
    await agent.publish(user, blocks, channel);
  } catch (error) {
    log.warn({ error }, "slack: Home tab could not be shown; opening it again retries");
  }
}
