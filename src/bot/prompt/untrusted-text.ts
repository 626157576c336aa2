import { saysSomething } from "../../base/text.js";
import type { Turn } from "../../store/sessions/sessions.js";
import type { MessageContent } from "../port/platform.js";

/** Control characters that no store, platform or model wants; tabs and line breaks stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Halves of a pair, which JSON and UTF-8 cannot carry. */
const LONE_SURROGATES = /\p{Cs}/gu;

/** Tag characters, in which text can be hidden that only a model reads; the flags that are made with them stay. */
const HIDDEN_TAGS = /(\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f})|[\u{e0000}-\u{e007f}]/gu;

/** Returns text that may be sent and stored: well-formed Unicode, "\n" as its line break, no control characters. */
export const cleanQuestion = (text: string): string =>
  text
    .replace(/\r\n?/g, "\n")
    .replace(LONE_SURROGATES, "")
    .replace(CONTROLS, "")
    .replace(HIDDEN_TAGS, (_match, flag: string | undefined) => flag ?? "");

/** What takes no room on a screen, or turns the direction of what follows. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A person's or file's name in one line of up to `maxChars` visible characters; `nobody` if none is left. */
export function cleanName(name: string, maxChars: number, nobody: string): string {
  const line = [...name.replace(/\s+/g, " ").replace(UNSEEN, "").trim()];
  const short = line.length <= maxChars ? line : [...line.slice(0, maxChars - 1), "…"];
  return short.join("") || nobody;
}

/** Longest name of a person that a model is told, in characters. */
const MAX_SPEAKER_CHARS = 64;

/** A person's name as a model is told it. */
export const speakerName = (name: string): string => cleanName(name, MAX_SPEAKER_CHARS, "Somebody");

/** Whether more than one person asks in these turns and the question after them, as far as their names tell. */
export function severalSpeak(turns: readonly Turn[], asker: string): boolean {
  const first = speakerName(asker);
  return turns.some(({ question }) => speakerName(question.author) !== first);
}

/**
 * A user's message with its speaker's name before the person's own words, which stand at its end; before everything
 * where they are not found there.
 */
export function withSpeaker(sent: string, author: string, said = sent): string {
  const own = cleanQuestion(said).trim();
  const start = own !== "" && sent.endsWith(own) ? sent.length - own.length : 0;
  return `${sent.slice(0, start)}${speakerName(author)}: ${sent.slice(start)}`;
}

/** What somebody else wrote, with every line marked as quoted, so that nothing in it can pass for anything else. */
function quoted(text: string, maxChars: number): string {
  const lines = `> ${cleanQuestion(text.slice(0, maxChars)).trim().replaceAll("\n", "\n> ")}`;
  if (lines.length <= maxChars && text.length <= maxChars) return lines;
  return `${cleanQuestion(lines.slice(0, maxChars - 1))}…`;
}

/** Quotes a message with the names of its files; undefined where nothing of it can be read. */
export function quotedMessage(
  name: string,
  { text, attachments = [] }: MessageContent,
  maxChars: number,
): string | undefined {
  const head = `${name}:\n`;
  const files = attachments.map((file) => `[attached: ${fileName(cleanName(file.name, MAX_FILE_NAME_CHARS, "file"))}]`);
  const whole = [...(saysSomething(text.slice(0, maxChars)) ? [text.trim()] : []), ...files].join("\n");
  return whole === "" ? undefined : `${head}${quoted(whole, maxChars - head.length)}`;
}

/** Longest name of a file, in characters. */
export const MAX_FILE_NAME_CHARS = 80;

/** A text file as a model reads it: named, between fences that nothing in it can close. */
export function fenced(name: string, text: string): string {
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
  const fence = "`".repeat(Math.max(3, longest + 1));
  const ending = text === "" || text.endsWith("\n") ? "" : "\n";
  return `Attached file ${fileName(name)}:\n${fence}${languageOf(name)}\n${text}${ending}${fence}`;
}

/** A file's name inside a sentence. */
export const fileName = (name: string): string => `"${name.replaceAll('"', "'")}"`;

/** Models know the usual endings as names of languages. */
const languageOf = (name: string) => /\.([a-z][a-z0-9+#-]{0,11})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
