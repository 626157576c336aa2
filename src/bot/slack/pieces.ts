/** Cuts at a line's end where there is one in the second half, so that no token is torn apart. */
export function piecesOf(text: string, maxChars: number): readonly string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > maxChars) {
    const head = rest.slice(0, maxChars);
    const line = head.lastIndexOf("\n");
    const end = line > maxChars / 2 ? line + 1 : wholeEnd(head);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return rest === "" ? pieces : [...pieces, rest];
}

/** At most `maxChars`, with `mark` at the end where something is missing. */
export const cutToLength = (text: string, maxChars: number, mark: string): string =>
  text.length <= maxChars ? text : text.slice(0, wholeEnd(text.slice(0, maxChars - mark.length))) + mark;

/** Where a head may end without half a character, entity or token. */
function wholeEnd(head: string): number {
  const torn = /(?:[\ud800-\udbff]|&[a-z]{0,3}|<[^<>\n]*)$/.exec(head);
  return torn === null || torn.index === 0 ? head.length : torn.index;
}
