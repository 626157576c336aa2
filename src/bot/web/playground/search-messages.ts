import type { MessageLog } from "./message-log.js";
import { publicMessage } from "./message-row.js";

/** A message that has the words that somebody looks for. */
export interface FoundMessage {
  readonly channel: string;
  readonly id: string;
  readonly author: "user" | "bot";
  readonly at: number;
  /** The words where they stand, on one line. */
  readonly excerpt: string;
}

const MAX_RESULTS = 50;
/** Most messages that one search reads. */
const MAX_READ = 5_000;
const EXCERPT_CHARS = 160;
/** Characters of an excerpt before the words. */
const LEAD_CHARS = 50;

/**
 * Returns the messages that contain `words` in any case, the newest of each channel first. `isComplete` is false where
 * there may be more. @throws {StoreError}
 */
export async function searchMessages(
  messages: Pick<MessageLog, "pages">,
  { words, channels, now }: { readonly words: string; readonly channels: readonly string[]; readonly now: number },
): Promise<{ readonly results: readonly FoundMessage[]; readonly isComplete: boolean }> {
  const results: FoundMessage[] = [];
  const wanted = words.toLowerCase();
  let read = 0;
  for (const channel of channels) {
    for await (const page of messages.pages(channel)) {
      for (const { id, author, at, text } of page.map((row) => publicMessage(row, now)).reverse()) {
        const place = text.toLowerCase().indexOf(wanted);
        if (place === -1) continue;
        if (results.length === MAX_RESULTS) return { results, isComplete: false };
        results.push({ channel, id, author, at, excerpt: excerptOf(text, place) });
      }
      read += page.length;
      if (read >= MAX_READ) return { results, isComplete: false };
    }
  }
  return { results, isComplete: true };
}

function excerptOf(text: string, place: number): string {
  const start = Math.max(0, place - LEAD_CHARS);
  const words = text
    .slice(start, start + EXCERPT_CHARS)
    .replaceAll(/\s+/g, " ")
    .trim();
  return `${start > 0 ? "…" : ""}${words}${start + EXCERPT_CHARS < text.length ? "…" : ""}`;
}
