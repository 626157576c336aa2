import type { Command } from "../../commands/command.js";
import type { Option } from "../../commands/options.js";

/** https://discord.com/developers/docs/interactions/application-commands */
const SUBCOMMAND = 1;
const STRING = 3;
const BOOLEAN = 5;
const MAX_DESCRIPTION = 100;
const MAX_CHOICES = 25;
const MAX_STRING = 6_000;
/** Installed to servers; usable in servers and in direct messages with the bot. */
const GUILD_INSTALL = 0;
const IN_SERVER = 0;
const IN_BOT_DM = 1;

export interface CommandOption {
  readonly type: number;
  readonly name: string;
  readonly description: string;
  readonly required?: boolean;
  readonly autocomplete?: boolean;
  readonly max_length?: number;
  readonly choices?: readonly { readonly name: string; readonly value: string }[];
  readonly options?: readonly CommandOption[];
}

export interface ApplicationCommand {
  readonly name: string;
  readonly type: 1;
  readonly description: string;
  readonly options: readonly CommandOption[];
  readonly integration_types: readonly number[];
  readonly contexts: readonly number[];
}

/**
 * The registry as Discord's slash commands: "models status" becomes `models` with the subcommand `status`. No default
 * permissions: they would hide whole groups, and every call is checked when it comes.
 */
export function applicationCommands(commands: readonly Command[]): readonly ApplicationCommand[] {
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
      description: described(whole?.about ?? members.map(subcommandOf).join(", ")),
      options: whole === undefined ? members.map(asSubcommand) : optionsOf(whole),
      integration_types: [GUILD_INSTALL],
      contexts: [IN_SERVER, IN_BOT_DM],
    };
  });
}

const subcommandOf = ({ path }: Command) => path.split(" ").slice(1).join("-");
const described = (about: string) =>
  about.length <= MAX_DESCRIPTION ? about : `${about.slice(0, MAX_DESCRIPTION - 1)}…`;

const asSubcommand = (command: Command): CommandOption => ({
  type: SUBCOMMAND,
  name: subcommandOf(command),
  description: described(command.about),
  options: optionsOf(command),
});

/** Discord wants the required ones first. */
const optionsOf = ({ options }: Command): readonly CommandOption[] =>
  Object.entries(options)
    .map(([name, option]) => nativeOption(name, option))
    .sort((a, b) => Number(b.required ?? false) - Number(a.required ?? false));

function nativeOption(name: string, option: Option): CommandOption {
  const base = { name, description: described(option.about), ...(option.isRequired && { required: true }) };
  if (option.kind === "flag") return { type: BOOLEAN, ...base };
  if (option.kind === "choice") {
    const choices = option.values.slice(0, MAX_CHOICES).map(({ label, value }) => ({ name: label, value }));
    return { type: STRING, ...base, choices };
  }
  const length = option.kind === "text" ? { max_length: Math.min(option.maxChars, MAX_STRING) } : {};
  return { type: STRING, ...base, ...length, ...(option.isSuggested && { autocomplete: true }) };
}

/** What both sides say of a command, with what Discord fills in left out and in one order. */
export function normalised(commands: readonly Partial<ApplicationCommand>[]): string {
  const option = (given: Partial<CommandOption>): unknown => [
    given.type,
    given.name,
    given.description,
    given.required ?? false,
    given.autocomplete ?? false,
    given.max_length ?? null,
    (given.choices ?? []).map(({ name, value }) => [name, value]),
    (given.options ?? []).map(option),
  ];
  return JSON.stringify(
    commands
      .map((command) => [
        command.name,
        command.type ?? 1,
        command.description,
        (command.options ?? []).map(option),
        [...(command.integration_types ?? [])].sort(),
        [...(command.contexts ?? [])].sort(),
      ])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}
