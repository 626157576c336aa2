import { ButtonStyle, ComponentType, MessageFlags } from "discord-api-types/v10";
import { cutText, startOfText } from "../../../base/text.js";
import type { Control, Reply, ReplyFile } from "../../../commands/command.js";
import { phrase, t } from "../../../languages/translate.js";
import { splitMessage } from "../../delivery/split-message.js";
import { panelControls } from "../../port/panel.js";

/** Longest text of one message, in UTF-16 code units. */
export const MAX_MESSAGE_CHARS = 2_000;
/** https://discord.com/developers/docs/reference#uploading-files: what every server takes. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;
const MAX_DESCRIPTION_CHARS = 1_024;

/** What a message is made of. */
export interface Rendered {
  readonly body: { readonly flags: number } & Readonly<Record<string, unknown>>;
  readonly files?: readonly { readonly name: string; readonly data: Uint8Array }[];
}

/** Turns a control's command into the short id that Discord carries. */
export type IdFor = (command: string) => Promise<string>;

/** Nothing in a message pings anybody, whatever a model wrote. */
const PINGS_NOBODY = { parse: [], replied_user: false };

/**
 * Renders one message: Markdown and time marks are Discord's own. No link is previewed: a preview is fetched without a
 * click, so it could carry data away. A panel is laid out in components, which take the place of a message's content; a
 * message that was sent so stays so.
 */
export async function renderedMessage(
  reply: Reply,
  idFor: IdFor,
  isLaidOut = reply.panel !== undefined,
): Promise<Rendered> {
  const all = reply.files ?? [];
  const files = all.filter(({ bytes }) => bytes.length <= MAX_FILE_BYTES);
  const tooLarge = all.filter((file) => !files.includes(file));
  const notes = tooLarge.map(({ name }) => t`📎 ${name} is larger than the 10 MB that Discord accepts.`);
  const markdown = [reply.markdown, ...notes].join("\n\n");
  const rows = await controlRows(panelControls(reply), idFor);
  const shown = isLaidOut
    ? { flags: MessageFlags.IsComponentsV2, components: layoutOf(markdown, rows, files) }
    : { content: contentOf(markdown), flags: MessageFlags.SuppressEmbeds, components: rows };
  const body = { ...shown, allowed_mentions: PINGS_NOBODY };
  if (files.length === 0) return { body };
  return {
    body: { ...body, attachments: files.map(describedFile) },
    files: files.map(({ name, bytes }) => ({ name, data: bytes })),
  };
}

/** Renders a reply as the messages that it takes: a panel is one; other controls and files stand under the last one. */
export async function renderedMessages(reply: Reply, idFor: IdFor, isLaidOut?: boolean): Promise<readonly Rendered[]> {
  if (isLaidOut || reply.panel !== undefined) return [await renderedMessage(reply, idFor, true)];
  const parts = splitMessage(reply.markdown, MAX_MESSAGE_CHARS);
  const { controls: _controls, files: _files, ...bare } = reply;
  return Promise.all(
    parts.map((markdown, index) =>
      renderedMessage(index === parts.length - 1 ? { ...reply, markdown } : { ...bare, markdown }, idFor),
    ),
  );
}

/** Discord refuses what is empty or too long. */
export const contentOf = (markdown: string): string =>
  markdown.trim() === "" ? t`(no text)` : cutWithNote(markdown, MAX_MESSAGE_CHARS);

const CUT_NOTE = phrase`✂️ The rest does not fit into one message.`;

const cutWithNote = (text: string, maxChars: number): string =>
  text.length <= maxChars ? text : `${startOfText(text, maxChars - t(CUT_NOTE).length - 2)}\n\n${CUT_NOTE}`;

const describedFile = ({ name, alt }: ReplyFile, index: number) => ({
  id: String(index),
  filename: name,
  description: cutText(alt, MAX_DESCRIPTION_CHARS),
});

/** https://discord.com/developers/docs/components/reference: text of all components of a message together. */
const MAX_LAYOUT_CHARS = 4_000;
/** With the container, the separator, the rows and what is in them this stays below the 40 components of a message. */
const MAX_BLOCKS = 8;

/** Lays a panel out as one container: its first paragraph, a line, the others, its files and its controls. */
function layoutOf(markdown: string, rows: readonly ActionRow[], files: readonly ReplyFile[]): readonly unknown[] {
  const [first = t`(no text)`, ...rest] = blocksOf(cutWithNote(markdown, MAX_LAYOUT_CHARS));
  const components = [
    textBlock(first),
    ...(rest.length > 0 ? [{ type: ComponentType.Separator }] : []),
    ...rest.map(textBlock),
    ...files.map(({ name }) => ({ type: ComponentType.File, file: { url: `attachment://${name}` } })),
    ...rows,
  ];
  return [{ type: ComponentType.Container, components }];
}

const textBlock = (content: string) => ({ type: ComponentType.TextDisplay, content });

/** Splits at paragraphs; the last block holds what is too much for blocks of their own. */
function blocksOf(markdown: string): readonly string[] {
  const blocks = markdown.split(/\n{2,}/).filter((block) => block.trim() !== "");
  const last = blocks.slice(MAX_BLOCKS - 1).join("\n\n");
  return [...blocks.slice(0, MAX_BLOCKS - 1), last].filter((block) => block !== "");
}

/** https://discord.com/developers/docs/components/reference */
const MAX_ROWS = 5;
const BUTTONS_PER_ROW = 5;
const MAX_OPTIONS = 25;
const MAX_BUTTON_CHARS = 80;
const MAX_OPTION_CHARS = 100;
const MAX_PLACEHOLDER_CHARS = 150;

/** Begins the id of a menu, which says nothing else: its chosen value is the control's id. */
export const SELECT_PREFIX = "menu:";

interface ActionRow {
  readonly type: ComponentType.ActionRow;
  readonly components: readonly unknown[];
}

/** Renders buttons side by side and each menu in a row of its own; what exceeds five rows is left out. */
export async function controlRows(controls: readonly Control[], idFor: IdFor): Promise<readonly ActionRow[]> {
  const rows: unknown[][] = [];
  let buttons: unknown[] | undefined;
  const seen = new Set<string>();
  for (const [index, control] of controls.entries()) {
    if ("options" in control) {
      if (control.options.length > 0) rows.push([await selectOf(control, index, idFor)]);
      buttons = undefined;
      continue;
    }
    // Discord refuses a message that holds an id twice.
    if (seen.has(control.command)) continue;
    seen.add(control.command);
    if (buttons === undefined || buttons.length === BUTTONS_PER_ROW) {
      buttons = [];
      rows.push(buttons);
    }
    const label = cutText(control.label, MAX_BUTTON_CHARS);
    const custom_id = await idFor(control.command);
    buttons.push({ type: ComponentType.Button, style: ButtonStyle.Secondary, label, custom_id });
  }
  return rows.slice(0, MAX_ROWS).map((components) => ({ type: ComponentType.ActionRow, components }));
}

async function selectOf(control: Extract<Control, { options: unknown }>, index: number, idFor: IdFor) {
  const labels = new Map(control.options.map(({ label, command }) => [command, label]));
  const options: { label: string; value: string }[] = [];
  for (const [command, label] of [...labels].slice(0, MAX_OPTIONS))
    options.push({ label: cutText(label, MAX_OPTION_CHARS), value: await idFor(command) });
  return {
    type: ComponentType.StringSelect,
    custom_id: `${SELECT_PREFIX}${index}`,
    placeholder: cutText(control.label, MAX_PLACEHOLDER_CHARS),
    options,
  };
}
