import { z } from "zod";
import type { Reply } from "../../../commands/command.js";
import { panelControls } from "../../port/panel.js";
import { controlBlocks, pickerBlocks } from "../send/controls.js";
import { render } from "../send/render.js";
import { callOf, type DoorDeps } from "./doors.js";

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
