import { closestTo } from "../../base/edit-distance.js";
import { UserError } from "../../base/errors.js";
import { either, visible } from "../../base/text.js";
import { t } from "../../languages/translate.js";
import type { Command } from "../command.js";
import { code } from "../wording/markdown.js";
import { tokensFrom } from "./tokens.js";

export interface Found {
  readonly command: Command;
  /** What stands after the path, as typed. */
  readonly rest: string;
}

/**
 * The command whose path begins a typed line, by longest match; its slash or exclamation mark may be there or not.
 * @throws {UserError} saying which commands there are
 */
export function findCommand(commands: readonly Command[], text: string): Found {
  const line = text.trimStart().replace(/^[/!]\s*/, "");
  const longest = Math.max(1, ...commands.map((command) => command.path.split(" ").length));
  const words = tokensFrom(line, 0, longest).map(({ value, endsAt }) => ({
    word: visible(value).toLowerCase(),
    endsAt,
  }));
  for (let count = Math.min(longest, words.length); count > 0; count--) {
    const path = pathOf(words, count);
    const command = commandAt(commands, path);
    if (command !== undefined) return { command, rest: line.slice(words[count - 1]?.endsAt ?? line.length) };
  }
  throw new UserError(unknownText(commands, pathOf(words, 1), pathOf(words, longest)));
}

/** What a command is also called that has subcommands beside it: Discord can't run one bare. */
export const BARE_NAME = "show";

/** Whether there are subcommands beside the command of one word. */
export const hasSubcommands = (commands: readonly Command[], path: string): boolean =>
  commands.some((other) => other.path.startsWith(`${path} `));

/** The command at a path: "usage quota", "usage", or "usage show", which is the same. */
export function commandAt(commands: readonly Command[], path: string): Command | undefined {
  const exact = commands.find((command) => command.path === path);
  const [root = "", word] = path.split(" ");
  if (exact !== undefined || path !== `${root} ${BARE_NAME}` || word === undefined) return exact;
  return hasSubcommands(commands, root) ? commands.find((command) => command.path === root) : undefined;
}

const pathOf = (words: readonly { word: string }[], count: number) =>
  words
    .slice(0, count)
    .map(({ word }) => word)
    .join(" ");

/** Nobody reads more commands in one sentence. */
const MAX_LISTED = 12;

function unknownText(commands: readonly Command[], first: string, typed: string): string {
  const paths = commands.map((command) => command.path);
  const group = paths.filter((path) => path.startsWith(`${first} `));
  const slips = closestTo(typed, paths);
  const near = slips.length > 0 ? slips : closestTo(first, paths);
  const hint = near.length > 0 ? t` Did you mean ${listed(near)}?` : "";
  if (first !== "" && group.length > 0) {
    return typed === first
      ? t`${code(`/${first}`)} needs one more word: ${listed(group)}.`
      : t`There is no command ${code(`/${typed}`)}.${hint} Available: ${listed(group, t`and`)}.`;
  }
  const wanted = typed === "" ? t`Name a command.` : t`There is no command ${code(`/${first}`)}.`;
  if (paths.length <= MAX_LISTED) return t`${wanted}${hint} Available: ${listed(paths, t`and`)}.`;
  const groups = [...new Set(paths.map((path) => path.split(" ")[0] ?? ""))];
  return t`${wanted}${hint} Available: ${listed(groups, t`and`)}; ${code("/help")} says more.`;
}

const listed = (paths: readonly string[], word = t`or`) =>
  either(
    paths.map((path) => code(`/${path}`)),
    word,
  );
