/** Control characters that no store, platform or model wants; tabs and line breaks stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Halves of a pair, which JSON and UTF-8 cannot carry. */
const LONE_SURROGATES = /\p{Cs}/gu;

/** Tag characters, in which text can be hidden that only a model reads; the flags that are made with them stay. */
const HIDDEN_TAGS = /(\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f})|[\u{e0000}-\u{e007f}]/gu;

/** False for marks, joiners and control characters alone, however many there are. */
export const saysSomething = (text: string): boolean => /[^\p{M}\p{C}\p{Z}]/u.test(text);

/** Text from outside as it may be sent and stored: well-formed Unicode, "\n" as its line break, no control characters. */
export const cleanQuestion = (text: string): string =>
  text
    .replace(/\r\n?/g, "\n")
    .replace(LONE_SURROGATES, "")
    .replace(CONTROLS, "")
    .replace(HIDDEN_TAGS, (_match, flag: string | undefined) => flag ?? "");
