import type { Control, Reply } from "../../commands/command.js";
import { rowsOf } from "./components.js";

/** Longest text of one message, in UTF-16 code units. */
export const MAX_MESSAGE_CHARS = 2_000;
/** https://discord.com/developers/docs/resources/message#message-object-message-flags */
export const SUPPRESS_EMBEDS = 1 << 2;
export const EPHEMERAL = 1 << 6;

const CUT_NOTE = "\n\n✂️ The rest does not fit into one message.";

/** Turns a control's command into the short id that Discord carries. */
export type IdFor = (command: string) => Promise<string>;

/**
 * A message's body: Markdown and time marks are Discord's own. Nothing in it pings anybody, whatever a model wrote, and
 * no link is previewed: a preview is fetched without a click, so it could carry data away.
 */
export async function bodyOf(markdown: string, controls: readonly Control[] | undefined, idFor: IdFor) {
  return {
    content: contentOf(markdown),
    flags: SUPPRESS_EMBEDS,
    allowed_mentions: { parse: [], replied_user: false },
    ...(controls !== undefined && { components: await rowsOf(controls, idFor) }),
  };
}

/** Discord refuses what is empty or too long. */
export function contentOf(markdown: string): string {
  if (markdown.trim() === "") return "(no text)";
  if (markdown.length <= MAX_MESSAGE_CHARS) return markdown;
  const end = MAX_MESSAGE_CHARS - CUT_NOTE.length;
  return markdown.slice(0, isHighSurrogate(markdown.charCodeAt(end - 1)) ? end - 1 : end) + CUT_NOTE;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;

/** A reply's files as uploads, and their descriptions for the body. */
export function attachmentsOf(files: Reply["files"] = []) {
  if (files.length === 0) return undefined;
  return {
    files: files.map(({ name, bytes }) => ({ name, data: bytes })),
    body: {
      attachments: files.map(({ name, alt }, index) => ({
        id: String(index),
        filename: name,
        description: alt.slice(0, MAX_DESCRIPTION_CHARS),
      })),
    },
  };
}

const MAX_DESCRIPTION_CHARS = 1_024;
