import type { Command } from "../../../commands/command.js";
import { format } from "../../../commands/grammar/parse.js";
import type { CommandData, GivenOption } from "../wire/events.js";

export interface NativeCall {
  readonly path: string;
  readonly options: readonly GivenOption[];
}

/** What a slash command names: its subcommand is its first option. */
export function nativeCall({ name, options = [] }: CommandData): NativeCall {
  const [first] = options;
  const isSubcommand = first !== undefined && first.value === undefined && first.focused === undefined;
  return isSubcommand ? { path: `${name} ${first.name}`, options: first.options ?? [] } : { path: name, options };
}

/** The line that a person would have typed; undefined for a command that the registry does not have (any more). */
export function typedLine(commands: readonly Command[], { path, options }: NativeCall): string | undefined {
  const command = commands.find((candidate) => candidate.path === path);
  if (command === undefined) return undefined;
  const values = options.flatMap(({ name, value }) =>
    value === undefined ? [] : [[name, typeof value === "boolean" ? value : String(value)] as const],
  );
  return format(command, Object.fromEntries(values));
}
