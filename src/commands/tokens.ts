/** A word or quoted group of a typed line. Positions are indexes into that line. */
export interface Token {
  /** The option that it names, as `interval:10` does. */
  readonly name?: string;
  /** Without its name and quotes. */
  readonly value: string;
  readonly isQuoted: boolean;
  readonly startsAt: number;
  /** Where its value begins, quotes included. */
  readonly valueAt: number;
  readonly endsAt: number;
}

/** What closes each quote; phones write the curved ones by themselves. */
const CLOSING: Readonly<Record<string, string>> = { '"': '"', "'": "'", "“": "”", "‘": "’" };

/** Splits a line at white space; quotes group words, and `name:` counts only for the given names. */
export function tokenize(line: string, names: readonly string[] = []): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = skipSpace(line, 0); at < line.length; ) {
    const token = tokenAt(line, at, names);
    tokens.push(token);
    at = skipSpace(line, token.endsAt);
  }
  return tokens;
}

function tokenAt(line: string, startsAt: number, names: readonly string[]): Token {
  const name = nameAt(line, startsAt, names);
  const valueAt = name === undefined ? startsAt : startsAt + name.length + 1;
  const named = name === undefined ? {} : { name };
  const group = groupAt(line, valueAt);
  if (group !== undefined) return { ...named, ...group, isQuoted: true, startsAt, valueAt };
  const endsAt = wordEnd(line, valueAt);
  return { ...named, value: line.slice(valueAt, endsAt), isQuoted: false, startsAt, valueAt, endsAt };
}

function nameAt(line: string, at: number, names: readonly string[]): string | undefined {
  return names.find((name) => line.slice(at, at + name.length + 1).toLowerCase() === `${name}:`);
}

/** A quoted group that closes before white space or the end; inside, a doubled closing quote stands for itself. */
function groupAt(line: string, at: number): { value: string; endsAt: number } | undefined {
  const closing = CLOSING[line.charAt(at)];
  if (closing === undefined) return undefined;
  let value = "";
  for (let index = at + 1; index < line.length; index++) {
    const character = line.charAt(index);
    if (character !== closing) {
      value += character;
    } else if (line.charAt(index + 1) === closing) {
      value += closing;
      index++;
    } else {
      return index + 1 === line.length || isSpace(line.charAt(index + 1)) ? { value, endsAt: index + 1 } : undefined;
    }
  }
  return undefined;
}

/** Writes a value so that `tokenize` reads it back as one group. */
export const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;

const isSpace = (character: string) => /\s/.test(character);

function skipSpace(line: string, from: number): number {
  let at = from;
  while (at < line.length && isSpace(line.charAt(at))) at++;
  return at;
}

function wordEnd(line: string, from: number): number {
  let at = from;
  while (at < line.length && !isSpace(line.charAt(at))) at++;
  return at;
}
