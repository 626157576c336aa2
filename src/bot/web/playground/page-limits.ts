import { MAX_QUESTION_CHARS } from "../../prompt/question.js";
import { ATTACHMENT_LIMITS } from "../../prompt/read-attachments.js";

/** What the composer refuses by itself; the page imports this as a module. */
export const LIMITS = { ...ATTACHMENT_LIMITS, questionChars: MAX_QUESTION_CHARS };
