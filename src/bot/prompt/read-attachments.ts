import type { Clock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { TimeoutError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { code } from "../../commands/wording/markdown.js";
import { type Phrase, phrase, type Said, t } from "../../languages/translate.js";
import type { ImagePart } from "../../providers/provider.js";
import type { Attachment, LeftOut } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";
import { IMAGE_TOKENS, type TokenRoom } from "./context.js";
import { cleanName, cleanQuestion, fenced, fileName, MAX_FILE_NAME_CHARS } from "./untrusted-text.js";

export interface AttachmentTerms {
  readonly takesImages: boolean;
  /** What the files may take of the question. */
  readonly room: TokenRoom;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ReadAttachments {
  /** Text files as a model reads them. */
  readonly files: readonly string[];
  readonly images: readonly { readonly name: string; readonly part: ImagePart }[];
  /** What is left out, and why, as the asker reads it. */
  readonly ignored: readonly LeftFile[];
}

interface LeftFile {
  readonly name: string;
  readonly why: Said;
  /** Whether its beginning is among the files. */
  readonly isCut?: boolean;
}

/** Discord's own bound for one message; Slack has none that a person would meet. */
const MAX_ATTACHMENTS = 10;
const MAX_IMAGES = 4;
/** In base64 that is 5 MB, which is where Anthropic refuses an image; the other vendors take more. */
const MAX_IMAGE_BYTES = (5 * 1024 * 1024 * 3) / 4;
const MAX_TEXT_BYTES = 100 * 1024;
/** Most that the text files of one question may have together, in UTF-16 code units: a bound for memory and store. */
const MAX_FILE_CHARS = 400_000;
/** How long the files of one question may take altogether. */
const READ_MS = 20_000;

/** What people may know before they attach a file, for a surface that checks files itself. */
export const ATTACHMENT_LIMITS = {
  files: MAX_ATTACHMENTS,
  images: MAX_IMAGES,
  imageBytes: MAX_IMAGE_BYTES,
  textBytes: MAX_TEXT_BYTES,
} as const;

/** What came of one file. */
type Outcome =
  | { readonly text: string }
  | { readonly image: ImagePart }
  | {
      /** Why it is left out. */
      readonly why: Said;
    };

/**
 * Reads what was put beside a question, one file after the other so that memory stays bounded, and judges each by its
 * content. A file that cannot be read or used is told about and holds nothing up.
 * @throws terms.signal.reason when it aborts
 */
export async function readAttachments(
  attachments: readonly Attachment[],
  terms: AttachmentTerms,
): Promise<ReadAttachments> {
  const files: string[] = [];
  const images: { name: string; part: ImagePart }[] = [];
  const ignored: LeftFile[] = [];
  const until = terms.clock.now() + READ_MS;
  const { room } = terms;
  let charsLeft = MAX_FILE_CHARS;
  for (const [index, attachment] of attachments.entries()) {
    const name = cleanName(attachment.name, MAX_FILE_NAME_CHARS, "a file without a name");
    if (index >= MAX_ATTACHMENTS) {
      const more = attachments.length - index - 1;
      ignored.push({
        name,
        why:
          more > 0
            ? phrase`I read the first ${MAX_ATTACHMENTS} files (and ${more} more)`
            : phrase`I read the first ${MAX_ATTACHMENTS} files`,
      });
      break;
    }
    const outcome = await readOne(attachment, { ...terms, until });
    if ("why" in outcome) ignored.push({ name, why: outcome.why });
    else if ("text" in outcome) {
      const whole = cleanQuestion(outcome.text);
      const fits = fenced(name, whole).length <= charsLeft;
      const { text, isCut } = fits
        ? room.fit((maxChars) => fenced(name, whole.slice(0, maxChars)), whole.length)
        : { text: undefined, isCut: false };
      charsLeft -= text?.length ?? 0;
      if (text !== undefined) files.push(text);
      if (!fits) ignored.push({ name, why: TOO_MUCH_TEXT });
      if (isCut) {
        const why = text === undefined ? noRoomWords(room) : phrase`its end: ${noRoomWords(room)}`;
        ignored.push({ name, why, isCut: text !== undefined });
      }
    } else if (images.length === MAX_IMAGES) ignored.push({ name, why: TOO_MANY_IMAGES });
    else if (!room.take(IMAGE_TOKENS)) ignored.push({ name, why: noRoomWords(room) });
    else images.push({ name, part: outcome.image });
  }
  return { files, images, ignored };
}

const NO_IMAGES = phrase`this model can't read images`;
const TOO_MANY_IMAGES = phrase`I read up to ${MAX_IMAGES} images at once`;

/** Why something that came with a question is left out, as the asker reads it after its name. */
export const noRoomWords = ({ size }: TokenRoom): Phrase =>
  phrase`a question may have up to ${size} with everything attached or quoted`;
const TOO_MUCH_TEXT = phrase`text files may have up to ${MAX_FILE_CHARS.toLocaleString("en")} characters together`;
const [MAX_IMAGE_MB, MAX_TEXT_KB] = [MAX_IMAGE_BYTES / 1024 / 1024, MAX_TEXT_BYTES / 1024];
const LARGE_TEXT = phrase`it is too large (text files may have up to ${MAX_TEXT_KB} KB)`;
const TOO_LARGE = phrase`it is too large (images may have up to ${MAX_IMAGE_MB} MB, text files up to
  ${MAX_TEXT_KB} KB)`;
const UNREADABLE = phrase`it is neither a PNG, JPEG, GIF or WebP image nor text`;

async function readOne(attachment: Attachment, terms: AttachmentTerms & { readonly until: number }): Promise<Outcome> {
  const { takesImages, signal, clock, log, until } = terms;
  const maxBytes = takesImages ? MAX_IMAGE_BYTES : MAX_TEXT_BYTES;
  // Only for the words: what the file is, its content says.
  const isCalledImage = attachment.mediaType?.startsWith("image/") ?? false;
  const tooLarge = { why: takesImages ? TOO_LARGE : isCalledImage ? NO_IMAGES : LARGE_TEXT };
  if (attachment.sizeBytes > maxBytes) return tooLarge;
  const deadline = { what: "a file", timeoutMs: Math.max(until - clock.now(), 0), clock, signal };
  try {
    const bytes = await withDeadline((inner) => attachment.read(maxBytes, inner), deadline);
    return outcomeOf(bytes, takesImages);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PlatformError && error.reason === "refused" && error.why === undefined) return tooLarge;
    log.warn({ error }, "a file beside a question could not be read");
    return { why: unreadReason(error) };
  }
}

/** Returns why something could not be read, as the asker reads it after its name. */
export function unreadReason(error: unknown): Said {
  if (error instanceof TimeoutError) return phrase`it took too long to fetch`;
  if (!(error instanceof PlatformError)) return phrase`it could not be fetched`;
  if (error.why !== undefined) return error.why;
  if (error.reason === "gone") return phrase`it was not found`;
  return error.reason === "forbidden" ? phrase`I have no permission to read it` : phrase`it could not be fetched`;
}

function outcomeOf(bytes: Uint8Array, takesImages: boolean): Outcome {
  if (bytes.length === 0) return { why: phrase`it is empty` };
  const file = fileKind(bytes);
  if (file.kind === "image") {
    return takesImages ? { image: { mediaType: file.mediaType, bytes } } : { why: NO_IMAGES };
  }
  if (file.kind === "other") return { why: UNREADABLE };
  return bytes.length > MAX_TEXT_BYTES ? { why: LARGE_TEXT } : { text: file.text };
}

export type FileKind =
  | { readonly kind: "image"; readonly mediaType: ImagePart["mediaType"] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "other" };

/** How the images begin that models take. "?" stands for any byte (the size inside a RIFF file). */
const IMAGE_STARTS: readonly (readonly [ImagePart["mediaType"], string])[] = [
  ["image/png", "\x89PNG\r\n\x1a\n"],
  ["image/jpeg", "\xff\xd8\xff"],
  ["image/gif", "GIF87a"],
  ["image/gif", "GIF89a"],
  ["image/webp", "RIFF????WEBP"],
];

/** Formats that can consist of nothing but ASCII and still are no text to read. */
const BINARY_START = /^(?:%PDF-|\{\\rtf)/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they tell text from other files
const CONTROLS = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f]/g;

/** Share of a text's characters that may be control characters (progress bars in logs); NUL never. */
const MAX_CONTROL_SHARE = 0.01;

/** What a file is by its content, whatever its name and stated type say. */
export function fileKind(bytes: Uint8Array): FileKind {
  const image = IMAGE_STARTS.find(([, start]) => beginsWith(bytes, start));
  if (image !== undefined) return { kind: "image", mediaType: image[0] };
  const text = textOf(bytes);
  return text === undefined ? { kind: "other" } : { kind: "text", text };
}

const beginsWith = (bytes: Uint8Array, start: string) =>
  [...start].every((character, index) => character === "?" || bytes[index] === character.charCodeAt(0));

/** Returns a file's text without byte order mark; undefined where its encoding is unknown or it is binary. */
function textOf(bytes: Uint8Array): string | undefined {
  const text = decoded(bytes, encodingOf(bytes)) ?? (isWindows1252(bytes) ? fromWindows1252(bytes) : undefined);
  if (text === undefined) return undefined;
  const controls = text.match(CONTROLS) ?? [];
  const isBinary = text.includes("\0") || controls.length > text.length * MAX_CONTROL_SHARE;
  return isBinary || BINARY_START.test(text) ? undefined : text;
}

function decoded(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined; // in another encoding, which the caller tells
  }
}

/** Bytes of a file that are looked at to find its encoding. */
const SAMPLE_BYTES = 4_096;

/** UTF-16 by its byte order mark, or by the zeros that are every other byte of Western text. */
function encodingOf(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  if (beginsWith(bytes, "\xff\xfe")) return "utf-16le";
  if (beginsWith(bytes, "\xfe\xff")) return "utf-16be";
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const zeros = [0, 0];
  for (const [index, byte] of sample.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const most = sample.length / 4;
  if (odd > most && even === 0) return "utf-16le";
  return even > most && odd === 0 ? "utf-16be" : "utf-8";
}

/** Characters of the bytes from 0x80 to 0x9f; Node's own decoder (20) gives Latin-1 for them. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

const fromWindows1252 = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString("latin1")
    .replace(/[\u0080-\u009f]/g, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80] ?? "");

/** Bytes of Windows-1252 that stand for nothing, or for what no text is full of. */
const RARE_IN_WINDOWS_1252 = new Set([0x81, 0x86, 0x87, 0x88, 0x89, 0x8b, 0x8d, 0x8f, 0x90, 0x98, 0x9b, 0x9d]);

/** Whether bytes that are no UTF-8 are text of Western Europe: most of that is ASCII. */
function isWindows1252(bytes: Uint8Array): boolean {
  const high = bytes.filter((byte) => byte >= 0x80);
  return high.length * 2 <= bytes.length && !high.some((byte) => RARE_IN_WINDOWS_1252.has(byte));
}

/** How many files are named under an answer; the rest are counted. */
const MAX_NAMED = 12;

/** One line that names all that is left out, each with its reason; undefined where there is nothing. */
export function noteOf(ignored: ReadAttachments["ignored"], leftOut: readonly LeftOut[]): string | undefined {
  const all = [
    ...leftOut.map(({ what, why }) => `${what}: ${why}`),
    ...ignored.map(({ name, why }) => `${code(name)}: ${why}`),
  ];
  const named = [...new Set(all)];
  const more = named.length > MAX_NAMED ? [t`and ${named.length - MAX_NAMED} more`] : [];
  return named.length === 0 ? undefined : t`ℹ️ Ignored ${[...named.slice(0, MAX_NAMED), ...more].join("; ")}.`;
}

/** Returns the names of a question's files for later turns, which are sent without its images. */
export function namesOf({ images, ignored }: ReadAttachments): string | undefined {
  const listed = (what: string, files: readonly { readonly name: string }[]) =>
    files.length === 0 ? [] : [`${what}: ${files.map(({ name }) => fileName(name)).join(", ")}`];
  const lines = [
    ...listed(images.length === 1 ? "Attached image" : "Attached images", images),
    ...listed(
      "Attached, of which only the beginning is here",
      ignored.filter(({ isCut }) => isCut),
    ),
    ...listed(
      "Attached, but left out",
      ignored.filter(({ isCut }) => !isCut),
    ),
  ];
  return lines.length === 0 ? undefined : lines.join("\n");
}
