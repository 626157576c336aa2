import type { Command, Option } from "../../../commands/command.js";
import { localized, TRANSLATIONS, type Translations } from "./translations.js";

/** https://discord.com/developers/docs/interactions/application-commands */
const SUBCOMMAND = 1;
const STRING = 3;
const BOOLEAN = 5;
/** Of descriptions and of choices' names and values. */
const MAX_TEXT = 100;
const MAX_CHOICES = 25;
const MAX_STRING = 6_000;
/** Installed to servers; usable in servers and in direct messages with the bot. */
const GUILD_INSTALL = 0;
const IN_SERVER = 0;
const IN_BOT_DM = 1;

type Localizations = Readonly<Record<string, string>>;

interface Described {
  readonly description: string;
  readonly description_localizations?: Localizations;
}

interface OptionChoice {
  readonly name: string;
  readonly value: string;
  readonly name_localizations?: Localizations;
}

export interface CommandOption extends Described {
  readonly type: number;
  readonly name: string;
  readonly required?: boolean;
  readonly autocomplete?: boolean;
  readonly max_length?: number;
  readonly choices?: readonly OptionChoice[];
  readonly options?: readonly CommandOption[];
}

export interface ApplicationCommand extends Described {
  readonly name: string;
  readonly type: 1;
  readonly options: readonly CommandOption[];
  readonly integration_types: readonly number[];
  readonly contexts: readonly number[];
}

/**
 * The registry as Discord's slash commands: "models status" becomes `models` with the subcommand `status`. No default
 * permissions: they would hide whole groups, and every call is checked when it comes.
 */
export function applicationCommands(
  commands: readonly Command[],
  translations: Translations = TRANSLATIONS,
): readonly ApplicationCommand[] {
  const groups = new Map<string, Command[]>();
  for (const command of commands) {
    const [name = ""] = command.path.split(" ");
    groups.set(name, [...(groups.get(name) ?? []), command]);
  }
  return [...groups].map(([name, members]) => {
    const whole = members.find(({ path }) => path === name);
    return {
      name,
      type: 1,
      ...described(whole?.about ?? members.map(subcommandOf).join(", "), translations),
      options:
        whole === undefined
          ? members.map((member) => asSubcommand(member, translations))
          : optionsOf(whole, translations),
      integration_types: [GUILD_INSTALL],
      contexts: [IN_SERVER, IN_BOT_DM],
    };
  });
}

const subcommandOf = ({ path }: Command) => path.split(" ").slice(1).join("-");
const cut = (text: string) => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`);

function described(about: string, translations: Translations): Described {
  const description_localizations = localized(about, translations, cut);
  return { description: cut(about), ...(description_localizations && { description_localizations }) };
}

const asSubcommand = (command: Command, translations: Translations): CommandOption => ({
  type: SUBCOMMAND,
  name: subcommandOf(command),
  ...described(command.about, translations),
  options: optionsOf(command, translations),
});

/** Discord wants the required ones first. */
const optionsOf = ({ options }: Command, translations: Translations): readonly CommandOption[] =>
  Object.entries(options)
    .map(([name, option]) => nativeOption(name, option, translations))
    .sort((a, b) => Number(b.required ?? false) - Number(a.required ?? false));

function nativeOption(name: string, option: Option, translations: Translations): CommandOption {
  const base = { name, ...described(option.about, translations), ...(option.isRequired && { required: true }) };
  if (option.kind === "flag") return { type: BOOLEAN, ...base };
  if (option.kind === "choice") {
    const choices = option.values.slice(0, MAX_CHOICES).map(({ label, value }): OptionChoice => {
      const name_localizations = localized(label, translations, cut);
      return { name: cut(label), value, ...(name_localizations && { name_localizations }) };
    });
    return { type: STRING, ...base, choices };
  }
  const length = option.kind === "text" ? { max_length: Math.min(option.maxChars, MAX_STRING) } : {};
  return { type: STRING, ...base, ...length, ...(option.isSuggested && { autocomplete: true }) };
}

const sorted = (texts: Localizations | null | undefined) => Object.entries(texts ?? {}).sort();

/** What both sides say of a command, with what Discord fills in left out and in one order. */
export function normalised(commands: readonly Partial<ApplicationCommand>[]): string {
  const option = (given: Partial<CommandOption>): unknown => [
    given.type,
    given.name,
    given.description,
    sorted(given.description_localizations),
    given.required ?? false,
    given.autocomplete ?? false,
    given.max_length ?? null,
    (given.choices ?? []).map(({ name, value, name_localizations }) => [name, value, sorted(name_localizations)]),
    (given.options ?? []).map(option),
  ];
  return JSON.stringify(
    commands
      .map((command) => [
        command.name,
        command.type ?? 1,
        command.description,
        sorted(command.description_localizations),
        (command.options ?? []).map(option),
        [...(command.integration_types ?? [])].sort(),
        [...(command.contexts ?? [])].sort(),
      ])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}
