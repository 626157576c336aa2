import type { Command } from "../commands/command.js";
import { findCommand } from "../commands/find-command.js";
import { code } from "../commands/wording.js";
import { UserError } from "../errors.js";

/** The command that a mention holds, as "!models status": what begins with an exclamation mark and a letter. */
export function commandInMention(text: string): string | undefined {
  const line = text.trim();
  return /^![a-z]/i.test(line) ? line : undefined;
}

/** What is answered to such a mention where nothing can be said to its author alone: the slash command to type instead. */
export function useSlashText(commands: readonly Command[], text: string): string {
  return `Please type ${code(`/${pathIn(commands, text)}`)} as a slash command: its answer is for you alone. Nothing was run.`;
}

function pathIn(commands: readonly Command[], text: string): string {
  try {
    return findCommand(commands, text).command.path;
  } catch (error) {
    if (error instanceof UserError) return "help";
    throw error;
  }
}
