import { itemsOf, pictureAt, picturesOfBlocks, stringOf, textsOfBlocks } from "./blocks-text.js";
import { unescaped } from "./notation.js";

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
 * only
 * a summary of its blocks, or is cut.
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
