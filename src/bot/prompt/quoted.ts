import type { EarlierMessage } from "../port/platform.js";
import { cleanQuestion, saysSomething } from "./clean-question.js";

/** What somebody else wrote, with every line marked as quoted, so that nothing in it can pass for anything else. */
function quoted(text: string, maxChars: number): string {
  const lines = `> ${cleanQuestion(text.slice(0, maxChars)).trim().replaceAll("\n", "\n> ")}`;
  if (lines.length <= maxChars && text.length <= maxChars) return lines;
  return `${cleanQuestion(lines.slice(0, maxChars - 1))}…`;
}

/** One of the messages that came before; undefined where nothing of it can be read. */
export function quotedMessage(name: string, { text }: EarlierMessage, maxChars: number): string | undefined {
  const head = `${name}:\n`;
  const start = text.slice(0, maxChars);
  return saysSomething(start) ? `${head}${quoted(text, maxChars - head.length)}` : undefined;
}
