import type { types } from "@slack/bolt";
import type { Control } from "../../commands/command.js";

type Block = types.KnownBlock;
type Element = types.ActionsBlockElement;

/** Gives a command the short id under which a press finds it again. */
export type IdFor = (command: string) => Promise<string>;

/** Slack's limits: button text 75, option text 75, 100 options a menu, 25 elements a block. */
const MAX_LABEL_CHARS = 75;
const MAX_OPTIONS = 100;
const MAX_ELEMENTS = 25;

/** Buttons and menus as blocks. @throws what `idFor` throws */
export async function controlBlocks(controls: readonly Control[], idFor: IdFor): Promise<readonly Block[]> {
  const elements = await Promise.all(controls.map((control, index) => elementOf(control, index, idFor)));
  return Array.from({ length: Math.ceil(elements.length / MAX_ELEMENTS) }, (_, index) => ({
    type: "actions",
    elements: elements.slice(index * MAX_ELEMENTS, (index + 1) * MAX_ELEMENTS),
  }));
}

async function elementOf(control: Control, index: number, idFor: IdFor): Promise<Element> {
  const action_id = `control-${index}`;
  if ("command" in control) {
    return { type: "button", action_id, text: plain(control.label), value: await idFor(control.command) };
  }
  const options = await Promise.all(
    control.options
      .slice(0, MAX_OPTIONS)
      .map(async ({ label, command }) => ({ text: plain(label), value: await idFor(command) })),
  );
  return { type: "static_select", action_id, placeholder: plain(control.label), options };
}

const plain = (label: string) => ({
  type: "plain_text" as const,
  text: label.length <= MAX_LABEL_CHARS ? label : `${label.slice(0, MAX_LABEL_CHARS - 1)}…`,
  emoji: true,
});
