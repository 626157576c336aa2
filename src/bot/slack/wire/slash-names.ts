import type { Command } from "../../../commands/command.js";

/** Slack's own, which no app may use: one of them makes Slack reject a whole manifest. */
const BUILT_IN = new Set(
  "me status away dnd shrug remind msg feed who collapse expand leave join open search topic mute pro shortcuts".split(
    " ",
  ),
);
/** Slack's longest name of a command, with its slash. */
const MAX_NAME_CHARS = 32;

/** The slash commands of the registry: Slack knows only their first word, with the host's prefix before it. */
export interface SlashNames {
  /** First words without slash and prefix: "models". */
  readonly roots: readonly string[];
  /** Returns a command's name as a person types it: "/ai-models". */
  slashOf(root: string): string;
  /** The typed line that a slash command stands for: "/models status"; undefined for one that is not ours. */
  lineOf(slash: string, text: string): string | undefined;
  /** Adds the prefix to each command in a reply. */
  inReply(markdown: string): string;
  /** Adds the prefix in an answer, only to commands of more than one word: others may be somebody else's. */
  inAnswer(markdown: string): string;
  /** Says which name can't be used, and the fix. */
  fault(): string | undefined;
}

export function createSlashNames(commands: readonly Pick<Command, "path">[], prefix: string): SlashNames {
  const roots = [...new Set(commands.map(({ path }) => path.split(" ")[0] ?? ""))];
  const paths = commands.map(({ path }) => path).filter((path) => /[ -]/.test(path));
  const rewriter = (names: readonly string[]) => {
    const longestFirst = [...names].sort((a, b) => b.length - a.length);
    const pattern = new RegExp(`(?<![\\w/.:])/(?=(?:${longestFirst.join("|")})(?![\\w/-]))`, "g");
    return (markdown: string) => (prefix === "" ? markdown : markdown.replaceAll(pattern, `/${prefix}`));
  };
  return {
    roots,
    slashOf: (root) => `/${prefix}${root}`,
    lineOf(slash, text) {
      const root = roots.find((known) => slash === `/${prefix}${known}`);
      return root === undefined ? undefined : `/${root} ${text}`.trim();
    },
    inReply: rewriter(roots),
    inAnswer: rewriter(paths),
    fault() {
      const taken = roots.find((root) => BUILT_IN.has(`${prefix}${root}`));
      if (taken !== undefined)
        return `slack: /${prefix}${taken} is one of Slack's own commands; set another SLACK_COMMAND_PREFIX`;
      const long = roots.find((root) => prefix.length + root.length + 1 > MAX_NAME_CHARS);
      if (long !== undefined)
        return `slack: /${prefix}${long} is over Slack's ${MAX_NAME_CHARS} characters; shorten SLACK_COMMAND_PREFIX`;
      return undefined;
    },
  };
}
