import { UserError } from "../../base/errors.js";
import { visible } from "../../base/text.js";
import { t } from "../../languages/translate.js";
import type { ArgumentsOf, Command, Option, Options } from "../command.js";
import { code } from "../wording/markdown.js";
import { findCommand } from "./find-command.js";
import { acceptedSentence, commandUsage, MAX_CHOICE_WORDS, type Reading, readBare, readValue } from "./read-value.js";
import { quoted, type Token, tokensFrom } from "./tokens.js";

type Arguments = ArgumentsOf<Options>;
type Values = Map<string, string | boolean>;

/** Reads a typed line, as "/settings auto-refresh on 10". @throws {UserError} saying what would be understood */
export function parse(commands: readonly Command[], text: string): { command: Command; args: Arguments } {
  const { command, rest } = findCommand(commands, text);
  return { command, args: parseArguments(command, rest) };
}

/**
 * Reads what stands after a command's path: a bare value goes to the first unset option that accepts it, `name:value`
 * to that option, and a last option of free text takes the rest of the line as typed.
 * @throws {UserError} saying what the command takes
 */
export function parseArguments(command: Command, rest: string): Arguments {
  const names = Object.keys(command.options);
  const values: Values = new Map();
  for (let at = 0; at < rest.length; ) {
    const tokens = tokensFrom(rest, at, LOOKAHEAD, names);
    const [token] = tokens;
    if (token === undefined) break;
    const position = { command, rest, tokens, values };
    at = token.name === undefined ? takeBare(position, token) : takeNamed(position, token, token.name);
  }
  return completed(command, values);
}

/** The words of a choice's longest form, and the one that names its option. */
const LOOKAHEAD = MAX_CHOICE_WORDS + 1;

interface Position {
  readonly command: Command;
  readonly rest: string;
  /** The next ones, at least one. */
  readonly tokens: readonly Token[];
  readonly values: Values;
}

/** Gives a value to the option that it names; where it ends. */
function takeNamed({ command, rest, tokens, values }: Position, token: Token, name: string): number {
  const option = command.options[name];
  if (option === undefined || values.has(name)) throw new UserError(t`${code(name)} is given twice. Give it once.`);
  if (isGreedy(command, name) && !token.isQuoted) {
    keep(values, name, readValue(name, option, rest.slice(token.valueAt)));
    return rest.length;
  }
  // "interval: 10" leaves the value to the next word.
  const isApart = token.value === "" && !token.isQuoted && tokens[1] !== undefined && tokens[1].name === undefined;
  const own = isApart ? tokens.slice(1) : tokens;
  const found = readBare(option, own);
  if (found === undefined) keep(values, name, readValue(name, option, own[0]?.value ?? ""));
  else values.set(name, found.value);
  return own[(found?.used ?? 1) - 1]?.endsAt ?? rest.length;
}

/** Gives a value to the first unset option that accepts it; where it ends. */
function takeBare({ command, rest, tokens, values }: Position, token: Token): number {
  if (visible(token.value).trim() === "") return token.endsAt;
  for (const [name, option] of Object.entries(command.options)) {
    if (values.has(name)) continue;
    if (isGreedy(command, name)) {
      // Quotes around all of it group it, as anywhere; those inside belong to the text.
      const isOneGroup = token.isQuoted && rest.slice(token.endsAt).trim() === "";
      keep(values, name, readValue(name, option, isOneGroup ? token.value : rest.slice(token.startsAt)));
      return rest.length;
    }
    const found = readBare(option, tokens);
    if (found === undefined) continue;
    values.set(name, found.value);
    return tokens[found.used - 1]?.endsAt ?? rest.length;
  }
  throw new UserError(t`I don't understand ${code(token.value)} here. ${acceptedSentence(command)}`);
}

/** Only the last option takes the rest of the line, and only free text. */
const isGreedy = (command: Command, name: string) =>
  command.options[name]?.kind === "text" && Object.keys(command.options).at(-1) === name;

function keep(values: Values, name: string, reading: Reading): void {
  if ("fault" in reading) throw new UserError(reading.fault);
  if ("value" in reading) values.set(name, reading.value);
}

function completed(command: Command, values: Values): Arguments {
  for (const [name, option] of Object.entries(command.options)) {
    if (option.isRequired && !values.has(name)) throw new UserError(missingText(command, name, option));
  }
  return Object.fromEntries(values);
}

const missingText = (command: Command, name: string, option: Option) =>
  t`${code(`/${command.path}`)} needs ${code(name)}: ${t(option.about)}. Type it as ${code(commandUsage(command))}.`;

/**
 * Reads what a platform's typed options gave: booleans, numbers or text by name; absent, null and empty are unset.
 * @throws {UserError} saying what the command takes
 */
export function parseNative(command: Command, given: Readonly<Record<string, unknown>>): Arguments {
  const values: Values = new Map();
  for (const [name, raw] of Object.entries(given)) {
    if (!Object.hasOwn(command.options, name)) {
      throw new UserError(t`There is no option ${code(name)}. ${acceptedSentence(command)}`);
    }
    const option = command.options[name];
    if (option === undefined || raw === undefined || raw === null) continue;
    const typed = typeof raw === "boolean" ? (raw ? "on" : "off") : String(raw);
    keep(values, name, readValue(name, option, typed));
  }
  return completed(command, values);
}

/** Writes a call as text that `parse` reads back: for doors that have typed options but hand on a line. */
export function format(command: Command, args: Readonly<Record<string, string | boolean | undefined>>): string {
  const parts = Object.keys(command.options).flatMap((name) => {
    const value = args[name];
    if (value === undefined) return [];
    if (typeof value === "boolean") return [`${name}:${value ? "on" : "off"}`];
    return [`${name}:${quoted(value)}`];
  });
  return [`/${command.path}`, ...parts].join(" ");
}
