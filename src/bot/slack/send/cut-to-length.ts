/** At most `maxChars`, with `mark` at the end where something is missing, and nothing torn apart before it. */
export function cutToLength(text: string, maxChars: number, mark: string): string {
  if (text.length <= maxChars) return text;
  const head = text.slice(0, maxChars - mark.length);
  // Half a character, or half of an escaped one.
  return head.replace(/(?:[\ud800-\udbff]|&[a-z]{0,3})$/, "") + mark;
}
