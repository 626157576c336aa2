import type { types } from "@slack/bolt";
import { z } from "zod";
import { unescaped } from "../wire/escape.js";

/** A message as Slack gives it back. */
export interface Kept {
  readonly text: string;
  readonly blocks: readonly types.KnownBlock[];
}

/** The text beside the blocks is cut at 4,000 characters where they hold more. */
const CUT_CHARS = 3_900;

const nodeSchema = z.looseObject({
  type: z.string(),
  text: z.unknown().optional(),
  url: z.string().optional(),
  name: z.string().optional(),
  user_id: z.string().optional(),
  elements: z.array(z.unknown()).optional(),
});

/** What a message of the bot's own says, whole: from its text, or from its blocks where that is cut. */
export function keptText({ text, blocks }: Kept): string {
  if (text.length < CUT_CHARS) return unescaped(text);
  const shown = blocks.map(textOf).filter((part) => part !== "");
  return shown.length === 0 ? unescaped(text) : shown.join("\n");
}

function textOf(value: unknown): string {
  const { data: node } = nodeSchema.safeParse(value);
  if (node === undefined || node.type === "actions") return "";
  const { type, text, url, name, user_id: user } = node;
  if (typeof text === "string") return type === "markdown" || type === "mrkdwn" ? unescaped(text) : text;
  if (typeof text === "object" && text !== null) return textOf(text);
  if (url !== undefined) return url;
  if (type === "emoji") return `:${name}:`;
  if (user !== undefined) return `@${user}`;
  const parts = (node.elements ?? []).map(textOf);
  if (type === "rich_text_preformatted") return `\`\`\`\n${parts.join("")}\n\`\`\``;
  if (type === "rich_text_list") return parts.map((part) => `- ${part}`).join("\n");
  return parts.join(type === "rich_text" ? "\n" : "");
}
