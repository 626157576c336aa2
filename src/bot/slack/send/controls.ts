import type { types } from "@slack/bolt";
import { cutText } from "../../../base/text.js";
import type { Command, Control } from "../../../commands/command.js";
import { t } from "../../../languages/translate.js";

type Block = types.KnownBlock;
type Element = types.ActionsBlockElement;

export interface ControlDeps {
  /** Resolves with the short id of a command, by which a press finds it. */
  idFor(command: string): Promise<string>;
  readonly pickers: Pick<Pickers, "of">;
}

/** Slack's limits: button text 75, option text 75, 100 options a menu, 25 elements a block, ids 255. */
const MAX_LABEL_CHARS = 75;
export const MAX_OPTIONS = 100;
const MAX_ELEMENTS = 25;
const MAX_ID_CHARS = 255;

/** Buttons and menus as blocks; those that rate an answer in Slack's own form below it. @throws what `idFor` throws */
export async function controlBlocks(controls: readonly Control[], deps: ControlDeps): Promise<readonly Block[]> {
  const [good, bad] = (["good", "bad"] as const).map((which) => controls.find((each) => ratingOf(each) === which));
  const isRated = good !== undefined && bad !== undefined && "command" in good && "command" in bad;
  const others = isRated ? controls.filter((control) => ratingOf(control) === undefined) : controls;
  const elements = await Promise.all(others.map((control, index) => elementOf(control, index, deps)));
  const rows = Array.from({ length: Math.ceil(elements.length / MAX_ELEMENTS) }, (_, index) => ({
    type: "actions" as const,
    elements: elements.slice(index * MAX_ELEMENTS, (index + 1) * MAX_ELEMENTS),
  }));
  if (!isRated) return rows;
  const rate = async ({ label, command }: Extract<Control, { command: string }>, words: string) => {
    return { text: labelText(label), value: await deps.idFor(command), accessibility_label: words };
  };
  const feedback = {
    type: "feedback_buttons" as const,
    action_id: "control-rate",
    positive_button: await rate(good, t`Good answer`),
    negative_button: await rate(bad, t`Bad answer`),
  };
  return [{ type: "context_actions", elements: [feedback] }, ...rows];
}

const ratingOf = (control: Control) => ("command" in control ? control.rates : undefined);

/** Whether a block holds controls. */
export const isControlBlock = ({ type }: { readonly type: string }): boolean =>
  type === "actions" || type === "context_actions";

/** Writes Slack's own form of rating an answer as ordinary buttons, where Slack does not take it. */
export const withPlainRating = (blocks: readonly Block[]): readonly Block[] =>
  blocks.map((block) =>
    block.type === "context_actions"
      ? { type: "actions", elements: block.elements.flatMap((element) => plainRating(element)) }
      : block,
  );

function plainRating(element: types.ContextActionsBlockElement): Element[] {
  if (element.type !== "feedback_buttons") return [];
  const { positive_button: good, negative_button: bad } = element;
  return [good, bad].map(({ text, value, accessibility_label: words = "" }, index) => ({
    ...{ type: "button", action_id: `control-rate-${index}`, text, value, accessibility_label: words },
  }));
}

/** A select in a block of its own, whose options are looked up while a person types; none where its id is too long. */
export function pickerBlocks(labelled: LabelledPicker | undefined): readonly Block[] {
  const element = labelled === undefined ? undefined : pickerElement(labelled.label, labelled.picker);
  return element === undefined ? [] : [{ type: "actions", elements: [element] }];
}

async function elementOf(control: Control, index: number, { idFor, pickers }: ControlDeps): Promise<Element> {
  const action_id = `control-${index}`;
  if ("command" in control) {
    return { type: "button", action_id, text: labelText(control.label), value: await idFor(lineIn(control)) };
  }
  const picker = pickers.of(control);
  const select = picker === undefined ? undefined : pickerElement(control.label, picker);
  if (select !== undefined) return select;
  const options = await Promise.all(
    control.options
      .slice(0, MAX_OPTIONS)
      .map(async ({ label, command }) => ({ text: labelText(label), value: await idFor(command) })),
  );
  return { type: "static_select", action_id, placeholder: labelText(control.label), options };
}

/** The line of a control, which names the thread that it acts on where it stands elsewhere. */
const lineIn = ({ command, thread }: { readonly command: string; readonly thread?: string }): string =>
  thread === undefined ? command : `@${thread} ${command}`;

/** Reads what `lineIn` wrote. */
export function readLine(line: string): { readonly text: string; readonly thread: string | undefined } {
  const [, thread, text] = /^@(\d+\.\d+) ([\s\S]*)$/.exec(line) ?? [];
  return { text: text ?? line, thread };
}

function pickerElement(label: string, picker: Picker): Element | undefined {
  const action_id = idOfPicker(picker);
  if (action_id.length > MAX_ID_CHARS) return undefined;
  // Options at once, before anything is typed.
  return { type: "external_select", action_id, placeholder: labelText(label), min_query_length: 0 };
}

/** The text object of a label, cut to what Slack takes. */
export const labelText = (label: string) => ({
  type: "plain_text" as const,
  text: cutText(label, MAX_LABEL_CHARS),
  emoji: true,
});

/** A menu whose options are looked up while a person types. */
export interface Picker {
  /** What comes before the chosen value: "/models use ", or "/chat retry model:". */
  readonly prefix: string;
  /** The panel that it stands on. */
  readonly panel: string | undefined;
}

export interface LabelledPicker {
  readonly label: string;
  readonly picker: Picker;
}

/** Model choices: a select that asks for its options, where a menu would have to hold them all. */
export interface Pickers {
  /** Undefined for a menu whose entries are not all values of one such option. */
  of(control: Control): Picker | undefined;
  /** For a command that was typed without the model that it needs: the select that asks for it. */
  askedBy(line: string): LabelledPicker | undefined;
  /** The model of the conversation, on a panel of the lists. */
  onPanel(panel: string | undefined): LabelledPicker | undefined;
  /** The option that a picker's value is for. */
  optionOf(picker: Picker): string | undefined;
}

/** The panel of the model lists, and the command that chooses from them. */
const LISTS_PANEL = "/models status";
const CHOICE = "models use";
/** The option that takes a model, as every command calls it. */
const OPTION = "model";
const BREAK = "\n";

export function createPickers(commands: readonly Pick<Command, "path" | "options" | "suggest">[]): Pickers {
  const asking = commands.filter(({ options, suggest }) => Object.hasOwn(options, OPTION) && suggest !== undefined);
  const prefixes = asking
    .flatMap(({ path }) => [`/${path} ${OPTION}:`, `/${path} `])
    .sort((a, b) => b.length - a.length);

  return {
    of(control) {
      if (!("options" in control) || control.options.length === 0) return undefined;
      const lines = control.options.map(({ command }) => command.split(BREAK));
      const [first = []] = lines;
      const prefix = prefixes.find((known) => first[0]?.startsWith(known));
      if (prefix === undefined) return undefined;
      const areAlike = lines.every(
        ([line = "", panel]) =>
          line.startsWith(prefix) && /^\S+\/\S+$/.test(line.slice(prefix.length)) && panel === first[1],
      );
      return areAlike ? { prefix, panel: first[1] } : undefined;
    },
    askedBy(line) {
      const typed = line.trim().replace(/^!/, "/").replaceAll(/\s+/g, " ").toLowerCase();
      const command = asking.find(({ path, options }) => `/${path}` === typed && options[OPTION]?.isRequired === true);
      if (command === undefined) return undefined;
      return { label: t`Choose a model`, picker: { prefix: `/${command.path} `, panel: undefined } };
    },
    onPanel(panel) {
      if (panel !== LISTS_PANEL || !asking.some(({ path }) => path === CHOICE)) return undefined;
      return { label: t`Model of this conversation`, picker: { prefix: `/${CHOICE} `, panel } };
    },
    optionOf: ({ prefix }) => (prefixes.includes(prefix) ? OPTION : undefined),
  };
}

const MARK = "pick:";

/** A picker as the id of its select. */
export const idOfPicker = ({ prefix, panel }: Picker): string =>
  [MARK + prefix, ...(panel === undefined ? [] : [panel])].join(BREAK);

/** The picker that a select's id stands for. */
export function pickerOfId(id: string): Picker | undefined {
  if (!id.startsWith(MARK)) return undefined;
  const [prefix = "", panel] = id.slice(MARK.length).split(BREAK);
  return { prefix, panel };
}

/** The line that choosing a value types; undefined for a value that is none. */
export function lineOfChoice({ prefix, panel }: Picker, value: string): string | undefined {
  if (value === "" || value.includes(BREAK)) return undefined;
  return panel === undefined ? prefix + value : `${prefix}${value}${BREAK}${panel}`;
}
