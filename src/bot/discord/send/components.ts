import type { Control } from "../../../commands/command.js";

/** https://discord.com/developers/docs/components/reference */
const ACTION_ROW = 1;
const BUTTON = 2;
const SELECT = 3;
const SECONDARY = 2;
export const MAX_ROWS = 5;
const BUTTONS_PER_ROW = 5;
const MAX_OPTIONS = 25;
const MAX_BUTTON_LABEL = 80;
const MAX_OPTION_LABEL = 100;
const MAX_PLACEHOLDER = 150;

/** A menu's own id says nothing: its chosen value is the control's id. */
export const SELECT_PREFIX = "menu:";

export interface Row {
  readonly type: typeof ACTION_ROW;
  readonly components: readonly unknown[];
}

/** Turns a control's command into the short id that Discord carries. */
export type IdFor = (command: string) => Promise<string>;

/** Controls as action rows: buttons side by side, each menu in a row of its own; what exceeds five rows is left out. */
export async function rowsOf(controls: readonly Control[], idFor: IdFor): Promise<readonly Row[]> {
  const rows: unknown[][] = [];
  let buttons: unknown[] | undefined;
  const seen = new Set<string>();
  for (const [index, control] of controls.entries()) {
    if ("options" in control) {
      if (control.options.length > 0) rows.push([await selectOf(control, index, idFor)]);
      buttons = undefined;
      continue;
    }
    // Discord refuses a message that holds an id twice.
    if (seen.has(control.command)) continue;
    seen.add(control.command);
    if (buttons === undefined || buttons.length === BUTTONS_PER_ROW) {
      buttons = [];
      rows.push(buttons);
    }
    buttons.push(await buttonOf(control, idFor));
  }
  return rows.slice(0, MAX_ROWS).map((components) => ({ type: ACTION_ROW, components }));
}

async function buttonOf(control: { label: string; command: string }, idFor: IdFor) {
  return {
    type: BUTTON,
    style: SECONDARY,
    label: cut(control.label, MAX_BUTTON_LABEL),
    custom_id: await idFor(control.command),
  };
}

async function selectOf(control: Extract<Control, { options: unknown }>, index: number, idFor: IdFor) {
  const labels = new Map(control.options.map(({ label, command }) => [command, label]));
  const options = [];
  for (const [command, label] of [...labels].slice(0, MAX_OPTIONS)) {
    options.push({ label: cut(label, MAX_OPTION_LABEL), value: await idFor(command) });
  }
  return {
    type: SELECT,
    custom_id: `${SELECT_PREFIX}${index}`,
    placeholder: cut(control.label, MAX_PLACEHOLDER),
    options,
  };
}

const cut = (text: string, chars: number) => (text.length <= chars ? text : `${text.slice(0, chars - 1)}…`);
