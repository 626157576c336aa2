import type { ImagePart } from "../../providers/provider.js";

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

/** Of a text's characters, so many may be control characters (progress bars in logs); NUL never. */
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

/** Without its byte order mark; undefined where it is not UTF-8, or not meant to be read. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const controls = text.match(CONTROLS) ?? [];
    const isBinary = text.includes("\0") || controls.length > text.length * MAX_CONTROL_SHARE;
    return isBinary || BINARY_START.test(text) ? undefined : text;
  } catch {
    return undefined; // not UTF-8, which the caller tells
  }
}
