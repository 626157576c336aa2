import { type Command, defineCommand, type Invocation } from "./command.js";
import { commandUsage } from "./grammar/read-value.js";
import { code } from "./wording/markdown.js";

/** `commands` is asked when somebody calls for help, so that help can be one of them. */
export const help = (commands: () => readonly Command[]) =>
  defineCommand({
    path: "help",
    about: "This list",
    access: "anyone",
    isForEveryone: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, invocation) {
      yield { markdown: helpText(commands(), invocation) };
    },
  });

/** Where commands can't be given in threads. */
const THREADS = [
  "A slash command acts on this channel and the threads that begin in it; `/chat stop` and `/chat retry` act on",
  "your own last answer in its threads. Inside a thread, mention me and type the command with `!`:",
  "`@Evergreen !chat new`.",
].join(" ");

function helpText(commands: readonly Command[], invocation: Invocation): string {
  const groupOf = (command: Command | undefined) => command?.path.split(" ")[0];
  const lines = commands.map((command, index) => {
    const isFirst = index > 0 && groupOf(command) !== groupOf(commands[index - 1]);
    return `${isFirst ? "\n" : ""}${lineOf(command, invocation)}`;
  });
  return [
    "Mention me to chat, or use a command:",
    lines.join("\n"),
    ...(invocation.isAboveThreads ? [THREADS] : []),
    "🔒 operators only. A value can be named, as `interval:10`; quotes keep words together.",
  ].join("\n\n");
}

function lineOf(command: Command, invocation: Invocation): string {
  const isLocked = (command.accessFor?.(invocation) ?? command.access) === "operator";
  return `- ${code(commandUsage(command))}${isLocked ? " 🔒" : ""} ${command.about}`;
}
