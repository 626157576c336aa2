/** A word or quoted group of a typed line. Positions are indexes into that line. */
export interface Token {
  /** The option that it names, as `interval:10` does. */
  readonly name?: string;
  /** The value without its name and quotes. */
  readonly value: string;
  readonly isQuoted: boolean;
  readonly startsAt: number;
  /** Index where the value begins, quotes included. */
  readonly valueAt: number;
  readonly endsAt: number;
}

/** What closes each quote; phones write the curved ones by themselves. */
const CLOSING: Readonly<Record<string, string>> = { '"': '"', "'": "'", "“": "”", "‘": "’" };

/**
 * At most `most` tokens of a line, split at white space; quotes group words, and `name:` counts only for the given
 * names. A reader that needs few asks for few, so that a long line costs no more than what is read of it.
 */
export function tokensFrom(line: string, from: number, most: number, names: readonly string[] = []): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = skipSpace(line, from); at < line.length && tokens.length < most; ) {
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
  for (let from = at + 1; ; ) {
    const end = line.indexOf(closing, from);
    if (end === -1) return undefined;
    value += line.slice(from, end);
    const next = line.charAt(end + 1);
    if (next === "" || isSpace(next)) return { value, endsAt: end + 1 };
    if (next !== closing) return undefined;
    value += closing;
    from = end + 2;
  }
}

/** Writes a value so that `tokensFrom` reads it back as one group. */
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
