import type { Attachment } from "../../src/bot/port/platform.js";
import { PlatformError } from "../../src/bot/port/platform-error.js";

export interface FakeAttachment extends Attachment {
  /** How often it was fetched. */
  reads(): number;
}

export interface FakeAttachmentTerms {
  /** As the platform says; the truth unless given. */
  readonly sizeBytes?: number;
  readonly mediaType?: string;
  /** Why it cannot be fetched. */
  readonly error?: Error;
  /** Never answers, and ignores its signal. */
  readonly hangs?: boolean;
}

/** A file beside a question, as an adapter hands it over: never gives more bytes than it was asked for. */
export function fakeAttachment(
  name: string,
  content: string | Uint8Array,
  terms: FakeAttachmentTerms = {},
): FakeAttachment {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  let reads = 0;
  return {
    name,
    sizeBytes: terms.sizeBytes ?? bytes.length,
    ...(terms.mediaType !== undefined && { mediaType: terms.mediaType }),
    async read(maxBytes, signal) {
      reads += 1;
      if (terms.hangs) return new Promise<never>(() => {});
      signal.throwIfAborted();
      if (terms.error) throw terms.error;
      if (bytes.length > maxBytes)
        throw new PlatformError("fake", "refused", `the file has more than ${maxBytes} bytes`);
      return bytes;
    },
    reads: () => reads,
  };
}

/** The smallest files of each kind that their headers tell apart, padded to `bytes`. */
export const imageBytes = (kind: "png" | "jpeg" | "gif" | "webp" | "heic", bytes = 64): Uint8Array => {
  const starts = {
    png: "\x89PNG\r\n\x1a\n",
    jpeg: "\xff\xd8\xff\xe0",
    gif: "GIF89a",
    webp: "RIFF\x24\0\0\0WEBPVP8 ",
    heic: "\0\0\0\x18ftypheic",
  };
  const file = Buffer.alloc(bytes, 0xff);
  file.write(starts[kind], "latin1");
  return file;
};
