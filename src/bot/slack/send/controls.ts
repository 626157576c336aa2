import type { types } from "@slack/bolt";
import type { Control } from "../../../commands/command.js";
import { idOfPicker, type LabelledPicker, type Picker, type Pickers } from "../wire/pickers.js";

type Block = types.KnownBlock;
type Element = types.ActionsBlockElement;

export interface ControlDeps {
  /** Gives a command the short id under which a press finds it again. */
  idFor(command: string): Promise<string>;
  readonly pickers: Pick<Pickers, "of">;
}

/** Slack's limits: button text 75, option text 75, 100 options a menu, 25 elements a block, ids 255. */
const MAX_LABEL_CHARS = 75;
export const MAX_OPTIONS = 100;
const MAX_ELEMENTS = 25;
const MAX_ID_CHARS = 255;

/** Buttons and menus as blocks. @throws what `idFor` throws */
export async function controlBlocks(controls: readonly Control[], deps: ControlDeps): Promise<readonly Block[]> {
  const elements = await Promise.all(controls.map((control, index) => elementOf(control, index, deps)));
  return Array.from({ length: Math.ceil(elements.length / MAX_ELEMENTS) }, (_, index) => ({
    type: "actions",
    elements: elements.slice(index * MAX_ELEMENTS, (index + 1) * MAX_ELEMENTS),
  }));
}

/** A select of its own that looks its options up while a person types; none where there is none, or its id would be too long. */
export function pickerBlocks(asked: LabelledPicker | undefined): readonly Block[] {
  const element = asked === undefined ? undefined : pickerElement(asked.label, asked.picker);
  return element === undefined ? [] : [{ type: "actions", elements: [element] }];
}

async function elementOf(control: Control, index: number, { idFor, pickers }: ControlDeps): Promise<Element> {
  const action_id = `control-${index}`;
  if ("command" in control) {
    return { type: "button", action_id, text: plain(control.label), value: await idFor(control.command) };
  }
  const picker = pickers.of(control);
  const select = picker === undefined ? undefined : pickerElement(control.label, picker);
  if (select !== undefined) return select;
  const options = await Promise.all(
    control.options
      .slice(0, MAX_OPTIONS)
      .map(async ({ label, command }) => ({ text: plain(label), value: await idFor(command) })),
  );
  return { type: "static_select", action_id, placeholder: plain(control.label), options };
}

function pickerElement(label: string, picker: Picker): Element | undefined {
  const action_id = idOfPicker(picker);
  if (action_id.length > MAX_ID_CHARS) return undefined;
  // Options at once, before anything is typed.
  return { type: "external_select", action_id, placeholder: plain(label), min_query_length: 0 };
}

/** A label as Slack takes it. */
export const plain = (label: string) => ({
  type: "plain_text" as const,
  text: label.length <= MAX_LABEL_CHARS ? label : `${label.slice(0, MAX_LABEL_CHARS - 1)}…`,
  emoji: true,
});
