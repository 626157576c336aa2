/** Longest question, in UTF-16 code units. */
export const MAX_QUESTION_CHARS = 32_000;

/** Why a question cannot be put to a model, as the asker reads it; undefined where it can. */
export function questionFault(text: string): string | undefined {
  // Marks, joiners and control characters alone say nothing, however many there are.
  if (!/[^\p{M}\p{C}\p{Z}]/u.test(text))
    return "There is no question in this message. Say what you would like to know.";
  if (text.length > MAX_QUESTION_CHARS) {
    return `This message has ${text.length.toLocaleString("en")} characters; I take up to ${MAX_QUESTION_CHARS.toLocaleString("en")}. Please shorten it.`;
  }
  return undefined;
}
