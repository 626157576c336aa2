import type { Turn } from "../../store/sessions/sessions.js";
import { speakerName } from "./clean-name.js";
import { cleanQuestion } from "./clean-question.js";

/** Whether more than one person asks in these turns and the question after them, as far as their names tell. */
export function severalSpeak(turns: readonly Turn[], asker: string): boolean {
  const first = speakerName(asker);
  return turns.some(({ question }) => speakerName(question.author) !== first);
}

/**
 * A user's message with its speaker's name before the person's own words, which stand at its end; before everything
 * where they are not found there.
 */
export function named(sent: string, author: string, said = sent): string {
  const own = cleanQuestion(said).trim();
  const start = own !== "" && sent.endsWith(own) ? sent.length - own.length : 0;
  return `${sent.slice(0, start)}${speakerName(author)}: ${sent.slice(start)}`;
}
