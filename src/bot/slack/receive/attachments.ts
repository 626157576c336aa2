import { z } from "zod";
import type { Attachment } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import type { FileCalls } from "../send/file-calls.js";
import { optionalText } from "../wire/optional-text.js";

const fileSchema = z.looseObject({
  id: optionalText,
  name: optionalText,
  title: optionalText,
  mimetype: optionalText,
  size: z.number().nullish(),
  url_private_download: optionalText,
  url_private: optionalText,
  mode: optionalText,
});
const filesSchema = z.array(z.unknown()).catch([]);

/** Deleted, or hidden by the plan's limit: there is nothing behind it. */
const EMPTY_MODES = new Set(["tombstone", "hidden_by_limit"]);

/** The files beside a message, as its event names them; they are read only when somebody wants them. */
export function attachmentsOf(event: unknown, files: FileCalls): readonly Attachment[] {
  const given = filesSchema.parse((event as { readonly files?: unknown }).files);
  return given.flatMap((value) => {
    const { data: file } = fileSchema.safeParse(value);
    if (file === undefined || EMPTY_MODES.has(file.mode ?? "")) return [];
    const named = addressOf(file);
    if (named === undefined && file.id === undefined) return [];
    return {
      name: file.name ?? file.title ?? "file",
      ...(file.mimetype !== undefined && { mediaType: file.mimetype }),
      sizeBytes: file.size ?? 0,
      async read(maxBytes, signal) {
        // In channels shared with others the event names the file by its id alone.
        const url = named ?? addressOf(fileSchema.parse((await files.info(file.id ?? "")) ?? {}));
        if (url === undefined) throw new PlatformError("slack", "gone", "Slack gives no address of this file");
        return files.download(url, { maxBytes, isPage: file.mimetype === "text/html", signal });
      },
    } satisfies Attachment;
  });
}

const addressOf = (file: z.infer<typeof fileSchema>) => file.url_private_download ?? file.url_private;
