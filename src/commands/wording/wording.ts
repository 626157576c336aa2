/** Longest piece of what somebody typed that is repeated to them. */
const MAX_ECHO_CHARS = 80;

/** Format and control characters, which nobody sees: zero-width spaces, direction marks, NUL; and halves of a pair. */
const INVISIBLE = /[\p{Cf}\p{Cc}\p{Cs}]/gu;

/** Without characters that cannot be seen. */
export const visible = (text: string): string => text.replace(INVISIBLE, "");

/** Free text as typed, without the control characters and halves of a pair that stores, platforms and models refuse. */
export const cleanText = (text: string): string =>
  text
    .replaceAll("\r\n", "\n")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "")
    .replace(/\p{Cs}/gu, "")
    .trim();

/** Inline code that its content cannot leave: for ids, names and whatever somebody typed. */
export const code = (text: string, maxChars = MAX_ECHO_CHARS): string => `\`${codeLine(text, maxChars) || " "}\``;

/** A line of a code block, or of inline code, that its content cannot leave; no time mark in it is one. */
export const codeLine = (text: string, maxChars = MAX_ECHO_CHARS): string =>
  shorten(
    visible(text.replace(/\s+/g, " "))
      .replaceAll("`", "'")
      .replace(/<(?=t:\d)/g, "‹")
      .trim(),
    maxChars,
  );

/** Text from outside in running Markdown: nothing in it formats or links. An underscore inside a word never does. */
export const plain = (text: string, maxChars = MAX_ECHO_CHARS): string =>
  shorten(visible(text.replace(/\s+/g, " ")).trim(), maxChars).replace(
    /[\\`*~[\]<>|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu,
    "\\$&",
  );

/** "a", "a or b", "a, b or c". */
export function either(items: readonly string[], word = "or"): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1)}`;
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

function shorten(text: string, maxChars: number): string {
  const characters = [...text];
  return characters.length <= maxChars ? text : `${characters.slice(0, maxChars - 1).join("")}…`;
}
