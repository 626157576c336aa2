import { cutText, nameWithHiddenShown } from "../../base/text.js";

/** Longest piece of what somebody typed that is repeated to them. */
const MAX_ECHO_CHARS = 80;

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
  cutText(
    nameWithHiddenShown(text.replace(/\s+/g, " "))
      .replaceAll("`", "'")
      .replace(/<(?=t:\d)/g, "‹")
      .trim(),
    maxChars,
  );

/** Text from outside in running Markdown: nothing in it formats or links. An underscore inside a word never does. */
export const escapeInline = (text: string, maxChars = MAX_ECHO_CHARS): string =>
  cutText(nameWithHiddenShown(text.replace(/\s+/g, " ")).trim(), maxChars).replace(
    /[\\`*~[\]<>|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu,
    "\\$&",
  );

/** What a vendor said, in running Markdown; it is cut where it was read. */
export const vendorWords = (text: string): string => escapeInline(text, 400);
