import { acceptedText, commandUsage } from "#bot/commands/grammar/read-value.js";

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

/** What a definition says; some leave it to the workspace or to the place. */
function whoRuns({ access, accessFor }) {
  if (accessFor !== undefined) return "anyone or operators, as the workspace's settings and the place decide";
  return access === "operator" ? "operators" : "anyone";
}

function section(command) {
  const options = Object.entries(command.options);
  return [
    `### \`/${command.path}\`\n`,
    sentence(command.about),
    "",
    `- Form: \`${commandUsage(command)}\``,
    `- For: ${whoRuns(command)}`,
    ...options.map(([name, option]) => {
      const takes = acceptedText(option);
      const more = takes === option.about ? "" : ` It takes ${takes}.`;
      return `- \`${name}\`${option.isRequired ? " (required)" : ""}: ${sentence(option.about)}${more}`;
    }),
    "",
  ].join("\n");
}

/**
 * Returns docs/reference/commands.md.
 * @param {readonly import("../../src/commands/command.ts").Command[]} commands
 */
export function commandsPage(commands) {
  const groups = [...new Set(commands.map(({ path }) => path.split(" ")[0]))];
  const parts = groups.flatMap((group) => [
    `## ${group}\n`,
    ...commands.filter(({ path }) => path.split(" ")[0] === group).map(section),
  ]);
  return [
    "# Commands\n",
    "Written from the definitions by `npm run generate`. The words are the same on Discord, Slack and the playground.\n",
    "- A word in capitals is a value of your own. Words in brackets may be left out. Quotes keep words together.",
    "- Replies are ephemeral: only the person who asked sees them.",
    "- Typed after a mention, a command begins with `!`: `@Evergreen !models status`.",
    "- On Discord, a command with subcommands has the bare form as `show`: `/usage show`, `/privacy show`.",
    "- *Operators* are the people in `OPERATORS`, Discord members with Manage Server, Slack workspace admins, and on the",
    "  playground everyone.\n",
    ...parts,
  ].join("\n");
}
