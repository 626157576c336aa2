import type { Mention } from "../port/platform.js";
import { hasContent } from "./compose-question.js";

/** Longest question, in UTF-16 code units. */
export const MAX_QUESTION_CHARS = 32_000;

/** Why a question cannot be put to a model, as the asker reads it; undefined where it can. */
export function questionFault(mention: Mention): string | undefined {
  const { text } = mention;
  if (!hasContent(mention)) return "There is no question in this message. Say what you would like to know.";
  if (text.length > MAX_QUESTION_CHARS) {
    return `This message has ${text.length.toLocaleString("en")} characters; I take up to ${MAX_QUESTION_CHARS.toLocaleString("en")}. Please shorten it.`;
  }
  return undefined;
}
