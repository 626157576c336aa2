import type { types } from "@slack/bolt";
import { fenceAfterLine, NO_FENCE } from "../../delivery/code-fence.js";
import { splitMessage } from "../../delivery/split-message.js";
import { slackErrorOf } from "../wire/errors.js";
import { escapeMrkdwn } from "../wire/notation.js";
import { withPlainRating } from "./controls.js";
import { render, type SlackMessage, sectionBlocks, toMrkdwn } from "./render.js";

/** The ways to write one text, each plainer than the one before, for when Slack refuses the richer one. */
export const FORMS = ["blocks", "sections", "mrkdwn", "plain"] as const;
export type Form = (typeof FORMS)[number];

/** Refusals of what a message looks like: a table that is too large, too many characters. Nothing was posted then. */
const REFUSED = new Set([
  "msg_too_long",
  "no_text",
  "markdown_text_conflict",
  "invalid_arguments",
  "invalid_array_arg",
]);

/** True for a refusal that a plainer form may not meet. */
export function isFormRefused(error: unknown): boolean {
  const code = slackErrorOf(error) ?? "";
  return REFUSED.has(code) || /block/.test(code);
}

/** Calls with one form after the other until Slack takes one. @throws what the last call threw */
export async function withPlainerForms<T>(first: Form, call: (form: Form) => Promise<T>): Promise<T> {
  for (let at = FORMS.indexOf(first); ; at++) {
    try {
      return await call(FORMS[at] ?? "plain");
    } catch (error) {
      if (!isFormRefused(error) || at >= FORMS.length - 1) throw error;
    }
  }
}

/** Characters of a piece whose text has no blocks, before it is escaped; chat.update takes 4,000 after that. */
const PIECE_CHARS = 3_200;
/** A piece of this length fits whatever it holds. */
const SAFE_PIECE_CHARS = 780;
const MAX_TEXT_CHARS = 4_000;

/** Writes a reply in one form: one message, or several where a text without blocks is too long for one. */
export function writeIn(
  form: Form,
  reply: Parameters<typeof render>[0],
  controls: readonly types.KnownBlock[],
): readonly [SlackMessage, ...SlackMessage[]] {
  const whole = render(reply, controls);
  if (form === "blocks") return [whole];
  const markdown = tablesAsCode(reply.markdown);
  const plainControls = withPlainRating(controls);
  if (form === "sections") return [{ text: whole.text, blocks: [...sectionBlocks(markdown), ...plainControls] }];
  const write = form === "mrkdwn" ? toMrkdwn : escapeMrkdwn;
  const pieces = splitMessage(form === "mrkdwn" ? markdown : reply.markdown, PIECE_CHARS)
    .flatMap((piece) => (write(piece).length <= MAX_TEXT_CHARS ? [piece] : splitMessage(piece, SAFE_PIECE_CHARS)))
    .map((piece) => write(piece))
    .filter((text) => text.trim() !== "");
  const [text = whole.text, ...rest] = pieces;
  return [{ text, blocks: [] }, ...rest.map((more) => ({ text: more, blocks: [] }))];
}

const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*$/;

/** Puts tables into blocks of code: mrkdwn has none, and their columns stay aligned there. */
export function tablesAsCode(markdown: string): string {
  const lines = markdown.split("\n");
  const written: string[] = [];
  let fence = NO_FENCE;
  let isInTable = false;
  for (const [index, line] of lines.entries()) {
    const isRow = fence === undefined && line.includes("|");
    if (!isInTable && isRow && TABLE_RULE.test(lines[index + 1] ?? "")) {
      written.push("```");
      isInTable = true;
    } else if (isInTable && !isRow) {
      written.push("```");
      isInTable = false;
    }
    fence = fenceAfterLine(line, fence);
    written.push(isInTable ? line.replaceAll("```", "'''") : line);
  }
  return [...written, ...(isInTable ? ["```"] : [])].join("\n");
}
