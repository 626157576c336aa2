import { z } from "zod";
import { escapeMrkdwn, unescaped } from "./notation.js";

/** The texts of a message, as mrkdwn with Slack's tokens and escapes. */
export interface RawContent {
  /** What the message says itself: its text, and what its blocks say beyond that. */
  readonly own: string;
  /** What it shows besides: shared messages, alerts, previews of links. */
  readonly beside: readonly RawBeside[];
  /** Files and pictures of the message itself, as Slack describes files. */
  readonly files: readonly unknown[];
}

export interface RawBeside {
  /** Who wrote it, where Slack says so. */
  readonly author: string;
  /** Empty where Slack names none. */
  readonly authorId: string;
  readonly text: string;
  readonly isShared: boolean;
  readonly files: readonly unknown[];
  /** Where a shared message was written; its timestamp is its id. */
  readonly origin: { readonly channel: string; readonly thread: string; readonly ts: string } | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Slack takes 100 attachments of a message; nobody reads more than these. */
const MAX_ATTACHMENTS = 20;

/** Reads whatever a message shows, of an event or as `conversations.replies` gives it. */
export function rawContentOf(message: unknown): RawContent {
  const fields = (message ?? {}) as Fields;
  const attachments = itemsOf(fields.attachments).slice(0, MAX_ATTACHMENTS) as readonly Fields[];
  return {
    own: ownText(fields),
    beside: attachments.map(besideOf).filter(({ text, files }) => text.trim() !== "" || files.length > 0),
    files: [...itemsOf(fields.files), ...picturesOfBlocks(fields.blocks)],
  };
}

/**
 * Returns the text and what only the blocks say. A person's `text` is the whole of their rich text; an app's is often
 * only a summary of its blocks, or is cut.
 */
function ownText({ text, blocks, bot_id: bot }: Fields): string {
  const said = stringOf(text);
  const isPersons = !bot && lettersOf(said.replaceAll(/<[@!][^>]*>/g, "")) !== "";
  const kept = isPersons ? itemsOf(blocks).filter((block) => (block as Fields | null)?.type !== "rich_text") : blocks;
  const texts = textsOfBlocks(kept);
  const whole = lettersOf(texts.join("\n"));
  if (texts.length === 0 || lettersOf(said).includes(whole)) return said;
  if (whole.includes(lettersOf(said))) return texts.join("\n\n");
  return [said, ...texts.filter((part) => !lettersOf(said).includes(lettersOf(part)))].join("\n\n");
}

/** What is left of a text without formatting, so that the same words in two notations compare as equal. */
const lettersOf = (text: string): string =>
  unescaped(text.replaceAll(/<([@#!])([^|>]*)\|[^>]*>/g, "$1$2")).replaceAll(/[^\p{L}\p{N}]+/gu, "");

/** The files of an attachment, and its pictures; that of a link's preview is none of the message's own. */
function filesBeside({
  files,
  blocks,
  image_url: url,
  from_url: preview,
  title,
  fallback,
}: Fields): readonly unknown[] {
  const isShown = stringOf(url) !== "" && stringOf(preview) === "";
  const picture = isShown ? [pictureAt(stringOf(title) || stringOf(fallback), { url })] : [];
  return [...itemsOf(files), ...picturesOfBlocks(blocks), ...picture];
}

/** Texts by which Slack says that there is none. */
const NO_PREVIEW = /^\[no preview available\]$/i;

function besideOf(attachment: Fields | null): RawBeside {
  const fields = attachment ?? {};
  const isShared = fields.is_share === true || fields.is_msg_unfurl === true;
  const inner = [...textsOfBlocks(fields.blocks), ...sharedBlocks(fields)];
  const text = stringOf(fields.text);
  const body = inner.length > 0 && !lettersOf(inner.join("\n")).includes(lettersOf(text)) ? [text, ...inner] : inner;
  const parts = [
    stringOf(fields.pretext),
    isShared ? "" : stringOf(fields.author_name),
    titleOf(fields),
    ...(inner.length === 0 ? [text] : body),
    ...itemsOf(fields.fields).map((field) => fieldOf((field ?? {}) as Fields)),
    imageOf(fields),
    ...textsOfBlocks([{ type: "actions", elements: fields.actions }]),
    isShared ? "" : stringOf(fields.footer),
  ].filter((part) => part.trim() !== "");
  const fallback = stringOf(fields.fallback);
  const isEmpty = parts.length === 0 && !NO_PREVIEW.test(fallback) && itemsOf(fields.files).length === 0;
  return {
    author: stringOf(fields.author_name) || stringOf(fields.author_subname) || stringOf(fields.service_name),
    authorId: stringOf(fields.author_id),
    text: isEmpty ? fallback : parts.join("\n"),
    isShared,
    files: filesBeside(fields),
    origin: isShared ? originOf(fields) : undefined,
  };
}

/** A message without a thread may be the first one of its own. */
function originOf({ channel_id, ts, from_url }: Fields): RawBeside["origin"] {
  const [channel, id] = [stringOf(channel_id), stringOf(ts)];
  if (channel === "" || id === "") return undefined;
  return { channel, ts: id, thread: /[?&]thread_ts=(\d+\.\d+)/.exec(stringOf(from_url))?.[1] ?? id };
}

/** A shared message may come with its blocks only inside the attachment. */
const sharedBlocks = ({ message_blocks: shared }: Fields): readonly string[] =>
  itemsOf(shared).flatMap((each) => textsOfBlocks(((each as Fields | null)?.message as Fields | undefined)?.blocks));

function titleOf({ title, title_link: link }: Fields): string {
  const [name, address] = [stringOf(title), stringOf(link)];
  if (name === "" || address === "" || /[<>|]/.test(name)) return name;
  return `<${address}|${name}>`;
}

const fieldOf = ({ title, value }: Fields): string =>
  [stringOf(title), stringOf(value)].filter((part) => part !== "").join(": ");

function imageOf({ image_url: image, title, fallback }: Fields): string {
  if (stringOf(image) === "") return "";
  const words = stringOf(title) === "" ? stringOf(fallback) : "";
  return words === "" ? "[image]" : `[image: ${words}]`;
}

/** A part of a message as Slack gives it: a block, an element of one, or a legacy attachment. */
const nodeSchema = z.looseObject({ type: z.string().optional() });
type Node = z.infer<typeof nodeSchema>;

/** Deeper than any block of Slack's goes; what comes from elsewhere may be anything. */
const MAX_DEPTH = 8;

/** Blocks and elements that hold nothing to read. */
const SILENT = new Set(["divider", "input", "context_actions", "call"]);

/** Returns the text of blocks as mrkdwn with Slack's tokens and escapes, one string for each block that has any. */
export const textsOfBlocks = (blocks: unknown): readonly string[] =>
  itemsOf(blocks)
    .map((block) => textOf(block, 0))
    .filter((text) => text.trim() !== "");

/** Returns the pictures that blocks show by themselves, as Slack describes files; icons beside a text are none. */
export const picturesOfBlocks = (blocks: unknown): readonly unknown[] =>
  itemsOf(blocks).flatMap((block) => {
    const { type, image_url: url, slack_file: kept, alt_text: words } = Object(block) as Node;
    if (type !== "image") return [];
    return [pictureAt(stringOf(words), { url, ...(kept as { readonly id?: unknown; readonly url?: unknown }) })];
  });

/** Returns a picture as Slack describes files, by its address or by the id of its file; `words` say what it shows. */
export const pictureAt = (words: string, { id, url }: { readonly id?: unknown; readonly url?: unknown }): unknown => ({
  name: words || (/[^/?#]+(?=[?#]|$)/.exec(stringOf(url))?.[0] ?? "image"),
  mimetype: "image/*",
  url_private: stringOf(url),
  id: stringOf(id),
});

/** Returns the list, or an empty one for anything else. */
export const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Returns the string, or an empty one for anything else. */
export const stringOf = (value: unknown): string => (typeof value === "string" ? value : "");

function textOf(value: unknown, depth: number): string {
  if (Array.isArray(value)) return depth > MAX_DEPTH ? "" : each(value, depth, " | ");
  const { data: node } = nodeSchema.safeParse(value);
  if (node === undefined || depth > MAX_DEPTH || SILENT.has(node.type ?? "")) return "";
  const write = WRITERS[node.type ?? ""] ?? writeUnknown;
  return write(node, depth);
}

type Write = (node: Node, depth: number) => string;

const each = (values: unknown, depth: number, separator: string): string =>
  itemsOf(values)
    .map((value) => textOf(value, depth + 1))
    .filter((text) => text !== "")
    .join(separator);

const lines = (...parts: readonly string[]): string => parts.filter((part) => part.trim() !== "").join("\n");

const imageInWords = (node: Node, depth: number): string => {
  const title = typeof node.title === "string" ? escapeMrkdwn(node.title) : textOf(node.title, depth + 1);
  const words = escapeMrkdwn(stringOf(node.alt_text)) || title;
  return `[image${words === "" ? "" : `: ${words}`}]`;
};

/** How often an element of a list is repeated by its indentation. */
const indentOf = ({ indent }: Node): string => "  ".repeat(typeof indent === "number" ? Math.min(indent, 8) : 0);

const writeList: Write = (node, depth) => {
  const start = typeof node.offset === "number" ? node.offset + 1 : 1;
  return itemsOf(node.elements)
    .map((item, index) => {
      const mark = node.style === "ordered" ? `${start + index}.` : "-";
      return `${indentOf(node)}${mark} ${textOf(item, depth + 1)}`;
    })
    .join("\n");
};

const writeTable: Write = (node, depth) =>
  itemsOf(node.rows)
    .map((row) => {
      const cells = itemsOf(row).map((cell) => textOf(cell, depth + 1).replaceAll("\n", " "));
      return `| ${cells.join(" | ")} |`;
    })
    .join("\n");

const linkOf: Write = ({ url, text }) => {
  const [address, label] = [stringOf(url), stringOf(text)];
  return label === "" || label === address ? `<${address}>` : `<${address}|${escapeMrkdwn(label)}>`;
};

/** Buttons say nothing of a message, but where they lead does. */
const linksOfButtons: Write = ({ elements }, depth) =>
  each(
    itemsOf(elements).filter((element) => (element as Node | null)?.type === "button"),
    depth,
    " ",
  );

const writeButton: Write = (node, depth) => {
  const { url, text: label } = node;
  if (stringOf(url) === "") return "";
  return linkOf({ url, text: typeof label === "string" ? label : unescaped(textOf(label, depth + 1)) }, depth);
};

const WRITERS: Readonly<Record<string, Write>> = {
  section: (node, depth) =>
    lines(textOf(node.text, depth + 1), each(node.fields, depth, "\n"), textOf(node.accessory, depth + 1)),
  header: (node, depth) => textOf(node.text, depth + 1),
  context: (node, depth) => each(node.elements, depth, " "),
  markdown: ({ text }) => stringOf(text),
  mrkdwn: ({ text }) => stringOf(text),
  plain_text: ({ text }) => escapeMrkdwn(stringOf(text)),
  raw_text: ({ text }) => escapeMrkdwn(stringOf(text)),
  raw_number: ({ text, value }) => escapeMrkdwn(stringOf(text) || String(value ?? "")),
  image: imageInWords,
  video: (node, depth) => lines(writeUnknown(node, depth), linkOf({ url: node.title_url ?? node.video_url }, depth)),
  actions: linksOfButtons,
  button: writeButton,
  table: writeTable,
  rich_text: (node, depth) => each(node.elements, depth, "\n"),
  rich_text_section: (node, depth) => each(node.elements, depth, ""),
  rich_text_list: writeList,
  rich_text_quote: (node, depth) => `> ${each(node.elements, depth, "").replaceAll("\n", "\n> ")}`,
  rich_text_preformatted: (node, depth) => `\`\`\`\n${each(node.elements, depth, "")}\n\`\`\``,
  text: ({ text }) => escapeMrkdwn(stringOf(text)),
  link: linkOf,
  user: ({ user_id: user }) => `<@${stringOf(user)}>`,
  usergroup: ({ usergroup_id: group }) => `<!subteam^${stringOf(group)}>`,
  channel: ({ channel_id: channel }) => `<#${stringOf(channel)}>`,
  broadcast: ({ range }) => `<!${stringOf(range)}>`,
  emoji: ({ name }) => `:${stringOf(name)}:`,
  date: ({ timestamp, fallback }) => `<!date^${String(timestamp)}^{date}|${escapeMrkdwn(stringOf(fallback))}>`,
  color: ({ value }) => stringOf(value),
};

/** Fields in which blocks of a kind that is not known here may keep their text. */
const TEXT_FIELDS = [
  "title",
  "subtitle",
  "text",
  "body",
  "description",
  "details",
  "output",
  "alt_text",
  "value",
] as const;
const CHILD_FIELDS = ["elements", "fields", "rows", "blocks", "items", "cards", "tasks", "sources"] as const;

/** Reads a block of a kind that is newer than this code by the fields that Slack's blocks usually have. */
const writeUnknown: Write = (node, depth) => {
  const isLink = stringOf(node.url) !== "";
  const texts = TEXT_FIELDS.map((field) => {
    const value = node[field];
    if (field === "text" && isLink) return linkOf(node, depth);
    return typeof value === "string" ? escapeMrkdwn(value) : textOf(value, depth + 1);
  });
  const children = CHILD_FIELDS.map((field) => each(node[field], depth, "\n"));
  return lines(...texts, ...children);
};
