import { z } from "zod";
import type { Attachment } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { ATTACHMENT_LIMITS } from "../../prompt/read-attachments.js";

/** A file that a person put beside a question in the browser. */
export interface QuestionFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Room for as many files as a question may have, in base64, and for its text. */
export const MAX_QUESTION_BYTES = 24 * 1024 * 1024;
/** The oldest files go first. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/** What a request's `files` may be. The bot finds out later what a file really is. */
export const questionFiles = z
  .array(
    z.object({
      name: z.string().regex(/^[^\p{Cc}/\\]{1,255}$/u, "A file's `name` is 1 to 255 characters on one line."),
      mediaType: z.string().regex(/^[^\p{Cc}]{0,127}$/u, "A file's `mediaType` is a media type, like image/png."),
      base64: z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, "A file's `base64` is not base64."),
    }),
  )
  .max(ATTACHMENT_LIMITS.files, `A question can have up to ${ATTACHMENT_LIMITS.files} files.`)
  .transform((files) =>
    files.map(
      ({ base64, ...file }): QuestionFile => ({ ...file, bytes: Uint8Array.from(Buffer.from(base64, "base64")) }),
    ),
  );

/** The file as the bot reads it. */
export const attachmentOf = ({ name, mediaType, bytes }: QuestionFile): Attachment => ({
  ...{ name, mediaType, sizeBytes: bytes.length },
  async read(maxBytes) {
    if (bytes.length <= maxBytes) return bytes;
    throw new PlatformError("playground", "refused", `The file has ${bytes.length} bytes, more than ${maxBytes}`);
  },
});

/** The files of the last questions, so that the page can show their pictures. In memory only; never stored. */
export interface QuestionFiles {
  keep(channel: string, message: string, files: readonly QuestionFile[]): void;
  /** Undefined where it is not kept any more. */
  find(channel: string, message: string, index: number): QuestionFile | undefined;
  /** Drops those of one message, or of a whole channel. */
  forget(channel: string, message?: string): void;
}

export function createQuestionFiles(maxBytes = MAX_KEPT_BYTES): QuestionFiles {
  const kept = new Map<string, readonly QuestionFile[]>();
  const sizeOf = (files: readonly QuestionFile[]) => files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return {
    keep(channel, message, files) {
      if (files.length === 0) return;
      kept.set(`${channel}#${message}`, files);
      let bytes = sizeOf([...kept.values()].flat());
      for (const [oldest, old] of kept) {
        if (bytes <= maxBytes) break;
        bytes -= sizeOf(old);
        kept.delete(oldest);
      }
    },
    find: (channel, message, index) => kept.get(`${channel}#${message}`)?.[index],
    forget(channel, message = "") {
      for (const key of [...kept.keys()].filter((each) => each.startsWith(`${channel}#${message}`))) kept.delete(key);
    },
  };
}
