import { z } from "zod";
import { escapeMrkdwn, unescaped } from "./notation.js";

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
