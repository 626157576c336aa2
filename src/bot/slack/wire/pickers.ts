import type { Command, Control } from "../../../commands/command.js";

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

/** The panel that tells of the lists, and the command that chooses from them. */
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
      return { label: "Choose a model", picker: { prefix: `/${command.path} `, panel: undefined } };
    },
    onPanel(panel) {
      if (panel !== LISTS_PANEL || !asking.some(({ path }) => path === CHOICE)) return undefined;
      return { label: "Model of this conversation", picker: { prefix: `/${CHOICE} `, panel } };
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
