import { DiscordSnowflake } from "@sapphire/snowflake";
import { EmbedType, MessageFlags, MessageReferenceType, MessageType } from "discord-api-types/v10";
import { saysSomething } from "../../../base/text.js";
import { type Phrase, phrase, type Said } from "../../../languages/translate.js";
import type { EarlierMessage, ForwardedMessage, LeftOut, MessageContent } from "../../port/platform.js";
import type { Places } from "../gateway/places.js";
import type { AttachmentEvent, ComponentEvent, ContentEvent, EmbedEvent, ReferencedEvent } from "../wire/events.js";
import { displayNameOf } from "../wire/places.js";
import { type AttachmentDeps, discordAttachments } from "./read-attachment.js";

export interface ReaderDeps {
  readonly places: Pick<Places, "server" | "channelName" | "known">;
  readonly files: AttachmentDeps;
}

/** Where a message is read, and what is left out of its words because it only names the bot. */
export interface ReadTerms {
  readonly guildId: string | undefined;
  readonly selfId: string;
  /** Ids of the bot and of its role, in the question itself. */
  readonly unnamed?: readonly string[];
}

type Message = Omit<ReferencedEvent, "author" | "mentions" | "timestamp" | "type"> & {
  readonly mentions?: ReferencedEvent["mentions"] | undefined;
};

export interface ReadContent extends MessageContent {
  /** What it carries besides its own words and what it forwards. */
  readonly shared: string;
}

/** Returns a message's own words, all else that it carries as text, its files and forwards; with names for ids. */
export function readDiscordMessage(deps: ReaderDeps, message: Message, terms: ReadTerms): ReadContent {
  const forwards = message.message_snapshots.map(({ message: forwarded }) => forwarded);
  const isForward = message.message_reference?.type === MessageReferenceType.Forward;
  const isHidden = isForward && !forwards.some(hasContent);
  const origin = originOf(deps, message.message_reference);
  const forwarded = forwards.filter(hasContent).map(
    (one): ForwardedMessage => ({
      text: `Forwarded message:\n${wholeText(deps, one, terms)}`,
      ...attachmentsOf(deps, one),
      ...origin,
    }),
  );
  return {
    text: withNames(deps, message.content, { ...terms, mentions: message.mentions ?? [] }).trim(),
    shared: carriedText(deps, message, terms),
    ...attachmentsOf(deps, message),
    ...(forwarded.length > 0 && { forwarded }),
    ...(isHidden && { leftOut: [hidden(phrase`the forwarded message`, terms.guildId)] }),
  };
}

/** When and where a forwarded message was written. */
function originOf({ places }: ReaderDeps, reference: Message["message_reference"]) {
  const { message_id: id, channel_id, guild_id } = reference ?? {};
  return {
    ...(id !== undefined && { at: DiscordSnowflake.timestampFrom(id) }),
    ...(channel_id !== undefined && { place: places.known(channel_id, guild_id) }),
  };
}

function attachmentsOf(deps: ReaderDeps, message: Omit<ContentEvent, "mentions">): Pick<MessageContent, "attachments"> {
  const byUrl = new Map(filesOf(message).map((file) => [file.url, file]));
  return byUrl.size === 0 ? {} : { attachments: discordAttachments([...byUrl.values()], deps.files) };
}

/** What people and other bots say: ordinary messages, replies, the replies to commands, results of polls. */
export const READ_TYPES: readonly MessageType[] = [
  MessageType.Default,
  MessageType.Reply,
  MessageType.ChatInputCommand,
  MessageType.ContextMenuCommand,
  MessageType.PollResult,
];

/** Returns a message that a question refers to; `what` names it where nothing of it can be read. */
export function readReferenced(
  deps: ReaderDeps,
  message: ReferencedEvent,
  { what, ...terms }: ReadTerms & { readonly what: Said },
): EarlierMessage {
  const { shared, text, ...files } = readDiscordMessage(deps, message, terms);
  const isOwn = message.author.id === terms.selfId;
  const isEmpty = !isReadable(message);
  const at = writtenAt(message);
  return {
    author: displayNameOf(message.author),
    authorId: message.author.id,
    ...(at !== undefined && { at }),
    text: [text, shared].filter((part) => part !== "").join("\n"),
    ...files,
    ...(isEmpty && !isOwn && { leftOut: [{ what, why: whyEmpty(message) ?? hidden(what, terms.guildId).why }] }),
    ...(isOwn && message.id !== undefined && { ownMessage: message.id }),
  };
}

/** The title of the forum post that a message is the beginning of: both have one id. */
export function postTitle({ places }: ReaderDeps, id: string | undefined, channel: string): readonly string[] {
  const title = id === channel ? places.channelName(id) : undefined;
  return title === undefined ? [] : [`Title of this post: ${title}`];
}

/** When a message was written, epoch ms; its id tells too. */
export function writtenAt({ id, timestamp }: Pick<ReferencedEvent, "id" | "timestamp">): number | undefined {
  const said = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  if (!Number.isNaN(said)) return said;
  return id === undefined ? undefined : DiscordSnowflake.timestampFrom(id);
}

/** Why there is nothing in a message that nobody hides; undefined for one that people write. */
function whyEmpty({ type, flags }: ReferencedEvent): Phrase | undefined {
  if (!READ_TYPES.includes(type)) return phrase`it is a system message of Discord without text`;
  return (flags & MessageFlags.Loading) === 0 ? undefined : phrase`its text had not arrived yet`;
}

/** In a server, Discord empties the messages that do not name the bot; there are no empty ones otherwise. */
const hidden = (what: Said, guildId: string | undefined): LeftOut => ({
  what,
  why: guildId === undefined ? phrase`Discord does not let me read it` : INTENT_NEEDED,
});

export const INTENT_NEEDED = phrase`Discord shows it to me only with the Message Content intent, which the operator can
  switch on (\`FOLLOW_THREADS\`)`;

/** Whether there is anything to read in a message; without the Message Content intent, Discord empties it. */
export const hasContent = (message: Omit<ContentEvent, "mentions">): boolean =>
  saysSomething(message.content) ||
  message.poll !== undefined ||
  [message.attachments, message.embeds, message.components, message.sticker_items].some(({ length }) => length > 0);

/** Whether a message that is referred to came with what can be read of it. */
export const isReadable = ({ message_snapshots, ...message }: ReferencedEvent): boolean =>
  hasContent(message) || message_snapshots.some((one) => hasContent(one.message));

const wholeText = (deps: ReaderDeps, message: ContentEvent, terms: ReadTerms): string =>
  [withNames(deps, message.content, { ...terms, mentions: message.mentions }).trim(), carriedText(deps, message, terms)]
    .filter((part) => part !== "")
    .join("\n");

/** Embeds, components, a poll, stickers, a voice message: a message without its words and files. */
function carriedText(
  deps: ReaderDeps,
  message: Omit<Message, "message_snapshots" | "message_reference">,
  terms: ReadTerms,
): string {
  const { poll, flags, attachments, mentions = [] } = message;
  const votes = new Map(poll?.results?.answer_counts.map(({ id, count }) => [id, count]));
  const voice = (flags & MessageFlags.IsVoiceMessage) === 0 ? undefined : attachments[0];
  const parts = [
    ...message.embeds.map(embedText),
    ...message.components.flatMap(componentTexts),
    ...(poll === undefined ? [] : [`Poll: ${poll.question.text}`]),
    ...(poll?.answers ?? []).map(({ answer_id = 0, poll_media: { emoji, text } }) => {
      const count = votes.get(answer_id);
      return `- ${[emoji?.name ?? "", text].join(" ").trim()}${count === undefined ? "" : ` (${count})`}`;
    }),
    ...attachments.map(({ filename, description }) => (description ? `[${filename}: ${description}]` : "")),
    ...message.sticker_items.map(({ name }) => `[sticker: ${name}]`),
    ...(voice === undefined ? [] : [`[voice message, ${Math.round(voice.duration_secs ?? 0)} s]`]),
  ];
  return withNames(deps, parts.filter((part) => part.trim() !== "").join("\n"), { ...terms, mentions });
}

function embedText({ title, description, url, author, fields, footer }: EmbedEvent): string {
  const head = [title, url].filter((part) => part !== "").join(" ");
  const lines = [
    author?.name ?? "",
    head,
    description,
    ...fields.map(({ name, value }) => `${name}: ${value}`),
    footer?.text ?? "",
  ];
  return lines.filter((line) => line.trim() !== "").join("\n");
}

/** Texts of a message that is laid out, its pictures in words, and where its buttons lead. */
const componentTexts = (component: ComponentEvent): readonly string[] => {
  const { content = "", media, description, label = "", url } = component;
  const ownTexts = [
    content,
    media === undefined || !description ? "" : `[image: ${description}]`,
    url === undefined ? "" : `${label} (${url})`.trim(),
  ];
  return [...ownTexts.filter((part) => part !== ""), ...partsOf(component).flatMap(componentTexts)];
};

const partsOf = ({ items = [], components = [], accessory }: ComponentEvent): readonly ComponentEvent[] => [
  ...items,
  ...components,
  ...(accessory === undefined ? [] : [accessory]),
];

/** Embeds whose thumbnail is all that they show; elsewhere it is the small picture of a link's preview. */
const PICTURES: readonly string[] = [EmbedType.Image, EmbedType.GIFV];

/** The files of a message, and the pictures that it shows. */
function filesOf({ attachments, embeds, components }: Omit<ContentEvent, "mentions">): readonly AttachmentEvent[] {
  return [
    ...attachments,
    ...embeds.flatMap(({ type, image, thumbnail }) =>
      fileAt(image ?? (PICTURES.includes(type) ? thumbnail : undefined), { content_type: "image/*" }),
    ),
    ...components.flatMap(componentFiles),
  ];
}

const componentFiles = (component: ComponentEvent): readonly AttachmentEvent[] => [
  ...fileAt(component.media, { content_type: "image/*" }),
  ...fileAt(component.file, { filename: component.name }),
  ...partsOf(component).flatMap(componentFiles),
];

/** A file by its address; one that stands among the attachments is read there. */
function fileAt(
  place: ComponentEvent["media"],
  { filename, content_type }: { readonly filename?: string | undefined; readonly content_type?: string },
): readonly AttachmentEvent[] {
  if (place === undefined || place.url.startsWith("attachment:")) return [];
  const { url, proxy_url } = place;
  const name = filename ?? /[^/?#]+(?=[?#]|$)/.exec(url.replace(/^\w+:\/\/[^/]*/, ""))?.[0] ?? "image";
  const size = 0;
  return [
    { filename: name, size, url: proxy_url ?? url, content_type, description: undefined, duration_secs: undefined },
  ];
}

/** Code is shown as it is written, and what is escaped names nobody. */
const CODE = "```[^]*?```|``[^]*?``|`[^`]*`";
const MARK = "(?<!\\\\)<(?:(@[!&]?|#|/[^:<>\\n]+:|a?:\\w+:)(\\d{1,20})|t:(-?\\d{1,13})(?::[a-zA-Z])?|id:(\\w+))>";
const MARKS = new RegExp(`${CODE}|${MARK}( ?)`, "g");

/** Whether a text names somebody or something, outside code and not escaped. */
export const namesId = (text: string, kinds: readonly string[], id: string): boolean =>
  [...text.matchAll(MARKS)].some(([, kind, found]) => found === id && kinds.includes(kind ?? ""));

interface NameTerms extends ReadTerms {
  readonly mentions: ContentEvent["mentions"];
}

/** Replaces ids, of which a model can make nothing, by what people see in their place. */
function withNames(deps: ReaderDeps, text: string, terms: NameTerms): string {
  return text.replace(MARKS, (mark, kind?: string, id?: string, time?: string, place?: string, space = "") => {
    if (time !== undefined) return `${shownTime(Number(time)) ?? mark.trimEnd()}${space}`;
    if (place !== undefined) return `#${place}${space}`;
    if (kind === undefined || id === undefined) return mark;
    if (kind.startsWith("@") && terms.unnamed?.includes(id)) return "";
    return `${nameOf(deps, kind, id, terms)}${space}`;
  });
}

function nameOf({ places }: ReaderDeps, kind: string, id: string, { guildId, mentions }: NameTerms): string {
  if (kind === "#") return `#${places.channelName(id) ?? "unknown-channel"}`;
  if (kind === "@&") return `@${(places.server(guildId)?.roleName(id) ?? "unknown-role").replace(/^@/, "")}`;
  if (kind.startsWith("/")) return kind.slice(0, -1);
  if (kind.includes(":")) return kind.replace(/^a/, "");
  const user = mentions.find((one) => one.id === id);
  return `@${user === undefined ? "unknown-user" : displayNameOf(user, user.member)}`;
}

const shownTime = (seconds: number): string | undefined => {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? undefined : `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
};
