import type { App } from "@slack/bolt";
import { z } from "zod";
import type { Reply } from "../../../commands/command.js";
import { panelControls } from "../../port/panel.js";
import { controlBlocks, pickerBlocks } from "../send/controls.js";
import { render } from "../send/render.js";
import { PROMPTS } from "../wire/app-features.js";
import { optionalText } from "../wire/notation.js";
import { callOf, commandMessage, type DoorDeps, isFirstTime } from "./reply-context.js";

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

/** The app's own surfaces: its Home tab, the container of an agent, and Slack's stop button. */
export function listenForSurfaces(app: App, deps: DoorDeps): void {
  const { handlers, agent, log } = deps;
  const isNew = (body: unknown) =>
    isFirstTime(
      deps,
      `event:${(body as { readonly event_id?: string }).event_id ?? JSON.stringify(body).slice(0, 500)}`,
    );
  const soon = (work: Promise<unknown>, what: string) =>
    void work.catch((error) => log.error({ error }, `${what} failed`));

  app.event("app_home_opened", async ({ event, body }) => {
    const { data: opened } = openedSchema.safeParse(event);
    if (opened === undefined || !(await isNew(body))) return;
    handlers.onFocus();
    const { user, channel, tab } = opened;
    if (tab === "messages") soon(agent.suggest(channel ?? "", undefined, PROMPTS), "suggesting prompts");
    else soon(openHome(deps, { user, channel: channel ?? `D${user.slice(1)}` }), "the Home tab");
  });
  app.event("assistant_thread_started", async ({ event, body }) => {
    const { data: started } = startedSchema.safeParse(event);
    if (started === undefined || !(await isNew(body))) return;
    handlers.onFocus();
    const { channel_id: channel, thread_ts: thread } = started.assistant_thread;
    soon(agent.suggest(channel, thread, PROMPTS), "suggesting prompts");
  });
  // Bolt's types know the event only as a word.
  app.event("agent_session_stopped", async ({ event, body }) => {
    const { data: stopped } = stoppedSchema.safeParse(event);
    if (stopped === undefined || !(await isNew(body))) return;
    soon(stop(deps, stopped), "a stop");
  });
}

/** Slack's stop button is the command of the person who pressed it. */
async function stop(deps: DoorDeps, stopped: z.infer<typeof stoppedSchema>): Promise<void> {
  const { handlers, calls, agent } = deps;
  const { channel, user, streaming_message_ts: streaming } = stopped;
  const thread = stopped.thread_ts ?? streaming?.[0];
  const call = await callOf(deps, { channel, thread, user, text: "/chat stop" });
  let newest: Reply | undefined;
  for await (const reply of handlers.onCommand(call)) newest = reply;
  // Slack leaves the session at work, with its button, until it is told otherwise; the end of an answer tells it as well.
  if (thread !== undefined && newest?.isFailure !== true) await agent.end({ ...call.channel, thread }, "session");
  if (newest === undefined || newest.isQuiet) return;
  await calls.postEphemeral(call.channel, user, await commandMessage(deps, newest, user));
}

/** The Home tab remembers the channel of the direct messages with its reader: a press there says no place. */
export const memoSchema = z.string().min(1).max(100);

export interface HomePlace {
  readonly user: string;
  readonly channel: string;
}

/** What stands on it: the same panel that the command shows. */
const PANEL = "/models status";

/** Shows the panel on somebody's Home tab: when they open it, and after they press something there. Never rejects. */
export async function openHome(deps: DoorDeps, place: HomePlace): Promise<void> {
  const call = await callOf(deps, { ...place, text: PANEL, isHome: true });
  let newest: Reply | undefined;
  for await (const reply of deps.handlers.onCommand(call)) newest = reply;
  if (newest !== undefined) await showHome(deps, place, newest);
}

/** Puts a reply onto the Home tab. Never rejects. */
export async function showHome(deps: DoorDeps, { user, channel }: HomePlace, reply: Reply): Promise<void> {
  const { names, controlIds, pickers, agent, log } = deps;
  try {
    const controls = await controlBlocks(panelControls(reply), { idFor: controlIds.idFor, pickers });
    const shown = { markdown: names.inReply(reply.markdown), panel: reply.panel ?? PANEL };
    const { blocks } = render(shown, [...controls, ...pickerBlocks(pickers.onPanel(reply.panel))]);
    await agent.publish(user, blocks, channel);
  } catch (error) {
    log.warn({ error }, "the Home tab was not shown; opening it again tries again");
  }
}
