import { code } from "../../commands/wording/markdown.js";
import { t } from "../../languages/translate.js";
import type { LeftOut } from "../port/platform.js";
import type { ReadAttachments } from "./read-attachments.js";
import { fileName } from "./untrusted-text.js";

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
