import { z } from "zod";
import { code } from "../../../commands/wording/markdown.js";
import { type Phrase, phrase } from "../../../languages/translate.js";
import type {
  Attachment,
  EarlierMessage,
  ForwardedMessage,
  LeftOut,
  Mention,
  MessageContent,
  MessageKey,
} from "../../port/platform.js";
import { PlatformError, WAS_DELETED } from "../../port/platform-error.js";
import type { KeptMessage } from "../send/calls.js";
import type { FileCalls } from "../send/files.js";
import { type RawBeside, rawContentOf } from "../wire/message-text.js";
import { inWords, type NameOf, optionalText, readMentionText } from "../wire/notation.js";
import type { ReplyContext } from "./reply-context.js";

/** A message as a model gets it; `shared` is what it shows besides words and shared messages: alerts, previews. */
export interface SlackContent extends MessageContent {
  readonly shared: string;
}

const BOT_NAME = "Evergreen";

/** Reads everything that a message shows, of an event or as `conversations.replies` gives it. Never rejects. */
export async function readContent(
  message: unknown,
  { people, files, identity }: Pick<ReplyContext, "people" | "files" | "identity">,
): Promise<SlackContent> {
  const { own, beside, files: described } = rawContentOf(message);
  const { botUserId } = identity;
  const texts = [own, ...beside.map(({ text }) => text)].join("\n");
  const known = await people.namesIn(texts.replaceAll(`<@${botUserId}>`, ""));
  const nameOf: NameOf = (kind, id) => (id === botUserId ? BOT_NAME : known(kind, id));
  const others = beside.filter(({ isShared }) => !isShared);
  const { texts: inFiles, ...read } = readFiles([...described, ...others.flatMap((one) => one.files)], files);
  const besideTexts = others.map(({ text }) => inWords(text, nameOf)).filter((text) => text.trim() !== "");
  return {
    text: readMentionText(own, botUserId, nameOf),
    shared: [...besideTexts, ...inFiles].join("\n\n"),
    ...read,
    forwarded: beside.filter(({ isShared }) => isShared).map((one) => readShared(one, { files, identity, nameOf })),
  };
}

function readShared(
  { author, authorId, text, files, origin }: RawBeside,
  deps: Pick<ReplyContext, "files" | "identity"> & { readonly nameOf: NameOf },
): ForwardedMessage {
  const { texts: inFiles, ...read } = readFiles(files, deps.files);
  const words = `> ${text.replaceAll("\n", "\n> ")}`;
  const said =
    text.trim() === "" ? [] : [inWords(`Shared message${author && ` of ${author}`}:\n${words}`, deps.nameOf)];
  const place = { platform: "slack", workspace: deps.identity.teamId };
  return {
    text: [...said, ...inFiles].join("\n\n"),
    ...read,
    ...(authorId !== "" && { authorId }),
    ...(origin !== undefined && {
      at: Number(origin.ts) * 1_000,
      place: { ...place, channel: origin.channel, thread: origin.thread },
    }),
  };
}

function readFiles(described: readonly unknown[], files: ReplyContext["files"]) {
  const outcomes = described.map((file) => readFile(file, files));
  return {
    texts: outcomes.flatMap(({ text }) => text ?? []),
    attachments: outcomes.flatMap(({ attachment }) => attachment ?? []),
    leftOut: outcomes.flatMap(({ leftOut }) => leftOut ?? []),
  };
}

const fileSchema = z.looseObject({
  id: optionalText,
  name: optionalText,
  title: optionalText,
  mimetype: optionalText,
  filetype: optionalText,
  size: z.number().nullish(),
  url_private_download: optionalText,
  url_private: optionalText,
  mode: optionalText,
  file_access: optionalText,
  is_external: z.boolean().nullish(),
  subject: optionalText,
  alt_txt: optionalText,
  plain_text: optionalText,
  transcription: z.looseObject({ preview: z.looseObject({ content: optionalText }).nullish() }).nullish(),
});
type SlackFile = z.infer<typeof fileSchema>;

interface FileOutcome {
  readonly attachment?: Attachment;
  readonly leftOut?: LeftOut;
  /** What Slack itself says of the file's content. */
  readonly text?: string;
}

/** Why Slack gives no content of a file, by its mode or access. */
const WITHHELD: Readonly<Record<string, Phrase>> = {
  tombstone: WAS_DELETED,
  hidden_by_limit: phrase`Slack hides it, because this workspace's plan does not keep older files`,
  access_denied: phrase`Slack does not let me read it`,
  file_not_found: WAS_DELETED,
  external: phrase`it is stored outside Slack`,
};

function readFile(value: unknown, files: FileCalls): FileOutcome {
  const { data: file } = fileSchema.safeParse(value);
  if (file === undefined) return {};
  const name = file.title ?? file.name ?? "file";
  const kind = DOCUMENTS[file.filetype ?? ""] ?? DOCUMENTS[file.mode ?? ""];
  if (kind !== undefined) {
    const why =
      kind === "canvas"
        ? phrase`I can't read the content of canvases; paste what you mean`
        : phrase`I can't read the content of lists; paste what you mean`;
    return {
      text: `[${kind}: ${name}]`,
      leftOut: { what: kind === "canvas" ? phrase`the canvas ${code(name)}` : phrase`the list ${code(name)}`, why },
    };
  }
  const withheld = WITHHELD[file.mode ?? ""] ?? WITHHELD[file.file_access ?? ""];
  if (withheld !== undefined) return { leftOut: { what: code(name), why: withheld } };
  if (file.is_external) return { leftOut: { what: code(name), why: WITHHELD.external ?? "" } };
  if (addressOf(file) === undefined && file.id === undefined) return {};
  const said = file.transcription?.preview?.content;
  if (said !== undefined) return { text: `[recording ${name}, as Slack transcribed it: ${said}]` };
  if (file.plain_text !== undefined) return { text: `[email: ${file.subject ?? name}]\n${file.plain_text}` };
  const words = file.alt_txt === undefined ? {} : { text: `[${name}: ${file.alt_txt}]` };
  return { attachment: attachmentOf(file, files), ...words };
}

/** Documents that live in Slack and have no file to download, by file type or mode. */
const DOCUMENTS: Readonly<Record<string, "canvas" | "list">> = {
  canvas: "canvas",
  quip: "canvas",
  list: "list",
};

const attachmentOf = (file: SlackFile, files: FileCalls): Attachment => ({
  name: file.name ?? file.title ?? "file",
  ...(file.mimetype !== undefined && { mediaType: file.mimetype }),
  sizeBytes: file.size ?? 0,
  async read(maxBytes, signal) {
    // In channels shared with other workspaces the event has only the file's id.
    const url = addressOf(file) ?? addressOf(fileSchema.parse((await files.info(file.id ?? "")) ?? {}));
    if (url === undefined) throw new PlatformError("slack", "gone", "Slack gives no URL of this file");
    return files.download(url, { maxBytes, isPage: file.mimetype === "text/html", signal });
  },
});

const addressOf = (file: SlackFile) => file.url_private_download ?? file.url_private;

/** A link to a message: its channel, its time in two parts, and perhaps the thread that it stands in. */
const MESSAGE_LINK = /\/archives\/([A-Z0-9]+)\/p(\d{10})(\d{6})(?:\?(?:[^\s)]*&)?thread_ts=(\d+\.\d+))?/;

/**
 * Returns what a question refers to: the message that it links to, in its own channel; the first message of its thread
 * where it says nothing itself; in a thread, what was said before.
 */
export function referencesOf(
  deps: Pick<ReplyContext, "calls" | "people" | "files" | "identity">,
  message: MessageKey,
  { text, shared, leftOut = [], attachments = [], forwarded = [] }: SlackContent,
): Pick<Mention, "readQuote" | "earlier" | "leftOut"> {
  const { thread, message: ts } = message;
  const link = MESSAGE_LINK.exec(text);
  const [, channel, seconds, micros, linkedThread] = link ?? [];
  const isHere = channel === message.channel;
  const linked = isHere
    ? { ...message, thread: linkedThread ?? `${seconds}.${micros}`, message: `${seconds}.${micros}` }
    : undefined;
  const isBare =
    thread !== undefined &&
    thread !== ts &&
    text === "" &&
    shared === "" &&
    attachments.length + forwarded.length === 0;
  const quoted = linked ?? (isBare ? { ...message, message: thread } : undefined);
  return {
    ...(quoted !== undefined && {
      readQuote: async () => {
        const { isFirst: _first, ...quote } = await earlierOf(deps, await deps.calls.read(quoted), quoted.message);
        return linked === undefined ? quote : { ...quote, thread: linked.thread };
      },
    }),
    ...(thread !== undefined &&
      thread !== ts && {
        earlier: async (count, signal) =>
          (await readEarlier(deps, message, count, signal)).filter(({ isFirst }) => !(isBare && isFirst)),
      }),
    ...(link !== null && !isHere && { leftOut: [...leftOut, { what: phrase`the linked message`, why: ELSEWHERE }] }),
  };
}

const ELSEWHERE = phrase`it is in another channel; share it into this one to have it read`;

/** Messages of a thread that nobody wrote: who joined, what was renamed. */
const SYSTEM = /^(channel|group|bot|pinned|huddle|reminder)_(?!message)/;

/** Why Slack gives nothing of a message, by its subtype. */
const WITHHELD_MESSAGES: Readonly<Record<string, Phrase>> = {
  tombstone: WAS_DELETED,
  ekm_access_denied: phrase`the organization's encryption keys do not let apps read it now`,
};

/**
 * Reads the first message of a thread, and up to `count` messages before another one, oldest first.
 * @throws {PlatformError} when the bot may not read them @throws signal.reason
 */
async function readEarlier(
  deps: Pick<ReplyContext, "calls" | "people" | "files" | "identity">,
  message: MessageKey,
  count: number,
  signal: AbortSignal,
): Promise<readonly EarlierMessage[]> {
  const { thread = message.message, message: ts } = message;
  signal.throwIfAborted();
  const all = await deps.calls.readThread(message, thread, { before: ts });
  signal.throwIfAborted();
  const said = all.filter((one) => isBefore(one.ts, ts) && !SYSTEM.test(one.subtype ?? ""));
  const first = said.find((one) => one.ts === thread);
  const others = said.filter((one) => one !== first).slice(-count);
  return Promise.all([...(first === undefined ? [] : [first]), ...others].map((one) => earlierOf(deps, one, thread)));
}

/** Reads one message that somebody wrote before. Never rejects. */
async function earlierOf(
  deps: Pick<ReplyContext, "people" | "files" | "identity">,
  message: KeptMessage,
  thread: string,
): Promise<EarlierMessage> {
  const isFirst = message.ts === thread;
  const facts = { at: Number(message.ts) * 1_000, ...(isFirst && { isFirst: true as const }) };
  const why = WITHHELD_MESSAGES[message.subtype ?? ""];
  if (why !== undefined) {
    const what = isFirst ? phrase`the first message of this thread` : phrase`a message of this thread`;
    return { author: "Somebody", text: "", leftOut: [{ what, why }], ...facts };
  }
  const isOwn = message.user === deps.identity.botUserId;
  const [author, { text, shared, ...content }] = await Promise.all([
    isOwn ? BOT_NAME : authorOf(deps, message),
    readContent(message, deps),
  ]);
  return {
    author,
    ...(message.user !== undefined && { authorId: message.user }),
    ...facts,
    text: [text, shared].filter((part) => part !== "").join("\n\n"),
    ...content,
    ...(isOwn && { ownMessage: message.ts }),
  };
}

async function authorOf(
  { people }: Pick<ReplyContext, "people">,
  { user, username, bot_profile: bot }: KeptMessage,
): Promise<string> {
  const app = username ?? bot?.name;
  if (app !== undefined) return app;
  return user === undefined ? "an app" : (await people.lookUp(user)).name;
}

/** Timestamps are seconds with six decimals. */
const isBefore = (a: string, b: string) => Number(a) < Number(b);
