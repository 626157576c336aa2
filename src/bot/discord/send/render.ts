import type { Reply, ReplyFile } from "../../../commands/command.js";
import { splitMessage } from "../../delivery/split-message.js";
import { panelControls } from "../../port/panel.js";
import { type IdFor, rowsOf } from "./components.js";
import { cutText } from "./cut-text.js";
import { layoutOf } from "./layout.js";

/** Longest text of one message, in UTF-16 code units. */
export const MAX_MESSAGE_CHARS = 2_000;
/** https://discord.com/developers/docs/resources/message#message-object-message-flags */
export const SUPPRESS_EMBEDS = 1 << 2;
export const EPHEMERAL = 1 << 6;
/** Its components are all that it shows; a message that was sent so stays so. */
export const COMPONENTS_V2 = 1 << 15;
/** https://discord.com/developers/docs/reference#uploading-files: what every server takes. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;
const MAX_DESCRIPTION_CHARS = 1_024;

/** What a message is made of. */
export interface Rendered {
  readonly body: { readonly flags: number } & Readonly<Record<string, unknown>>;
  readonly files?: readonly { readonly name: string; readonly data: Uint8Array }[];
}

/** Nothing in it pings anybody, whatever a model wrote. */
const PINGS_NOBODY = { parse: [], replied_user: false };

/**
 * One message: Markdown and time marks are Discord's own. No link is previewed: a preview is fetched without a click, so
 * it could carry data away. A panel is laid out in components.
 */
export async function messageOf(reply: Reply, idFor: IdFor, isLaidOut = reply.panel !== undefined): Promise<Rendered> {
  const files = (reply.files ?? []).filter(({ bytes }) => bytes.length <= MAX_FILE_BYTES);
  const tooLarge = (reply.files ?? []).filter((file) => !files.includes(file));
  const notes = tooLarge.map(({ name }) => `📎 ${name} is larger than the 10 MB that Discord takes.`);
  const markdown = [reply.markdown, ...notes].join("\n\n");
  const rows = await rowsOf(panelControls(reply), idFor);
  const attached = files.length === 0 ? {} : { attachments: files.map(describedFile) };
  const body = isLaidOut
    ? {
        flags: COMPONENTS_V2,
        allowed_mentions: PINGS_NOBODY,
        components: layoutOf(
          markdown,
          rows,
          files.map(({ name }) => name),
        ),
      }
    : { content: contentOf(markdown), flags: SUPPRESS_EMBEDS, allowed_mentions: PINGS_NOBODY, components: rows };
  return {
    body: { ...body, ...attached },
    ...(files.length > 0 && { files: files.map(({ name, bytes }) => ({ name, data: bytes })) }),
  };
}

/** A reply as the messages that it takes: a panel is one, anything else goes on in further ones, controls and files under the last. */
export async function messagesOf(reply: Reply, idFor: IdFor, isLaidOut?: boolean): Promise<readonly Rendered[]> {
  if (isLaidOut || reply.panel !== undefined) return [await messageOf(reply, idFor, true)];
  const parts = splitMessage(reply.markdown, MAX_MESSAGE_CHARS);
  const { controls: _controls, files: _files, ...bare } = reply;
  return Promise.all(
    parts.map((markdown, index) =>
      messageOf(index === parts.length - 1 ? { ...reply, markdown } : { ...bare, markdown }, idFor),
    ),
  );
}

/** Discord refuses what is empty or too long. */
export const contentOf = (markdown: string): string =>
  markdown.trim() === "" ? "(no text)" : cutText(markdown, MAX_MESSAGE_CHARS);

const describedFile = ({ name, alt }: ReplyFile, index: number) => ({
  id: String(index),
  filename: name,
  description: alt.slice(0, MAX_DESCRIPTION_CHARS),
});
