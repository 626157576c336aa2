import type { MessageKey } from "../../port/platform.js";

/** What questions are called, for the short while between their coming and their answer. */
export interface Titles {
  set(message: MessageKey, text: string): void;
  of(message: MessageKey): string | undefined;
}

/** Slack's longest title of a session is 200 characters; a list reads better with fewer. */
const MAX_TITLE_CHARS = 80;
const MOST_TITLES = 500;

export function createTitles(): Titles {
  const titles = new Map<string, string>();
  const keyOf = ({ channel, message }: MessageKey) => `${channel}:${message}`;
  return {
    set(message, text) {
      const [line = ""] = text.trim().split("\n");
      if (titles.size >= MOST_TITLES) titles.clear();
      if (line !== "") titles.set(keyOf(message), Array.from(line).slice(0, MAX_TITLE_CHARS).join(""));
    },
    of: (message) => titles.get(keyOf(message)),
  };
}
