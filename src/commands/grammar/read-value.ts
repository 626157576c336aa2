import { either, visible } from "../../base/text.js";
import { localeInForce, t } from "../../languages/translate.js";
import type { Command, Option } from "../command.js";
import { cleanText, code } from "../wording/markdown.js";
import type { Token } from "./tokens.js";

/** Most words of a bare value: the longest label of a choice has four. */
export const MAX_CHOICE_WORDS = 4;

/** Longest word that is accepted; no model's or provider's name is longer. */
const MAX_WORD_CHARS = 200;

const FLAGS: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  yes: true,
  off: false,
  false: false,
  no: false,
};

/** A value that an option took, or what to say instead; `unset` where there was nothing to see. */
export type Reading = { readonly value: string | boolean } | { readonly isUnset: true } | { readonly fault: string };

/** Reads one value, as typed or as a platform's typed option gives it. */
export function readValue(name: string, option: Option, typed: string): Reading {
  const word = visible(typed).trim();
  if (word === "") return { isUnset: true };
  if (option.kind === "text") {
    const text = cleanText(typed);
    return text.length > option.maxChars ? tooLong(name, text, option.maxChars) : { value: text };
  }
  const most = (option.kind === "word" ? option.maxChars : undefined) ?? MAX_WORD_CHARS;
  if (word.length > most) return tooLong(name, word, most);
  const value = option.kind === "word" ? readWord(option, word) : readKnown(option, word.toLowerCase());
  return value === undefined
    ? { fault: t`${code(name)} takes ${acceptedText(option)}, not ${code(word)}.` }
    : { value };
}

/** A bare value that may span several words, as `10 minutes`; undefined where the option does not accept it. */
export function readBare(
  option: Option,
  tokens: readonly Token[],
): { readonly value: string | boolean; readonly used: number } | undefined {
  const bare = tokens.findIndex((token, index) => index > 0 && (token.isQuoted || token.name !== undefined));
  const most = option.kind === "choice" && !tokens[0]?.isQuoted ? MAX_CHOICE_WORDS : 1;
  for (let used = Math.min(most, bare === -1 ? tokens.length : bare); used > 0; used--) {
    const phrase = tokens.slice(0, used).map((token) => token.value);
    const reading = readValue("", option, phrase.join(" "));
    if ("value" in reading) return { value: reading.value, used };
  }
  return undefined;
}

function readWord(option: Option & { kind: "word" }, word: string): string | undefined {
  if (option.accepts === undefined || option.accepts(word)) return word;
  return option.accepts(word.toLowerCase()) ? word.toLowerCase() : undefined;
}

function readKnown(option: Option & { kind: "flag" | "choice" }, word: string): string | boolean | undefined {
  if (option.kind === "flag") return Object.hasOwn(FLAGS, word) ? FLAGS[word] : undefined;
  return option.values.find(({ value, label, aliases = [] }) =>
    [value, label, ...aliases].some((form) => form.toLowerCase() === word),
  )?.value;
}

const tooLong = (name: string, text: string, most: number): Reading => ({
  fault: t`${code(name)} is too long: ${text.length.toLocaleString(localeInForce())} characters, and at most
    ${most.toLocaleString(localeInForce())} are allowed.`,
});

/** Longer lists of values are named by their option instead. */
const MAX_VALUES_CHARS = 60;

/** Returns how a command is typed: "/models list [provider] [search]", "/settings footer on|off". */
export function commandUsage(command: Command): string {
  const parts = Object.entries(command.options).map(([name, option]) => {
    const values = valuesOf(option).join("|");
    if (values !== "" && values.length <= MAX_VALUES_CHARS) return values;
    return option.isRequired ? name.toUpperCase() : `[${name}]`;
  });
  return [`/${command.path}`, ...parts].join(" ");
}

function valuesOf(option: Option): readonly string[] {
  if (option.kind === "flag") return ["on", "off"];
  if (option.kind !== "choice") return [];
  return option.values.flatMap(({ value, isAside }) => (isAside ? [] : [value]));
}

/** What an option takes: "`on` or `off`", "1, 3, 5, 10, 15 or `smart`". */
export function acceptedText(option: Option): string {
  if (option.kind === "flag") return t`\`on\` or \`off\``;
  if (option.kind === "word") return option.takes?.() ?? t(option.about);
  if (option.kind === "text") return t(option.about);
  const named = (isAside: boolean) =>
    option.values
      .filter((choice) => (choice.isAside ?? false) === isAside)
      .map(({ value }) => (/^\d+$/.test(value) ? value : code(value)));
  const asides = named(true);
  return t`${either(named(false))}${asides.length > 0 ? t` (or ${either(asides)})` : ""}`;
}

/** What a command takes after its name, as a sentence. */
export function acceptedSentence(command: Command): string {
  const takes = Object.values(command.options).map(acceptedText);
  return takes.length === 0
    ? t`${code(`/${command.path}`)} takes nothing after its name.`
    : t`${code(`/${command.path}`)} takes ${takes.join("; ")}.`;
}
