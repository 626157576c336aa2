import { BoundedSet } from "../../../base/bounded-map.js";
import type { MessageKey } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { unescaped } from "../wire/notation.js";
import type { SlackCalls } from "./calls.js";

/** Finds posts that Slack took although its answer was lost: a retry would post them twice. */
export interface PostReconciliation {
  /** Remembers a message whose post was answered. */
  note(ts: string): void;
  /**
   * Resolves with the timestamp of the message that a failed post left below the question; undefined when there is
   * none,
   * Slack refused it, or the bot may not read there. Never rejects.
   */
  find(error: unknown, question: MessageKey, text: string): Promise<string | undefined>;
}

export interface PostReconciliationDeps {
  readonly calls: Pick<SlackCalls, "readThread" | "readDirect">;
  botUserId(): string | undefined;
}

const MAX_KNOWN = 1_000;
/** Enough of a text to tell two answers apart. */
const COMPARED_CHARS = 80;

export function createPostReconciliation({ calls, botUserId }: PostReconciliationDeps): PostReconciliation {
  const known = new BoundedSet<string>(MAX_KNOWN);

  const readBelow = async (question: MessageKey) => {
    const { channel, thread, message } = question;
    if (thread !== undefined) return calls.readThread(question, thread, { after: message });
    return channel.startsWith("D") ? calls.readDirect(question, message) : [];
  };
  return {
    note: (ts) => void known.add(ts),
    async find(error, question, text) {
      if (!(error instanceof PlatformError) || error.reason !== "unavailable") return undefined;
      try {
        const user = botUserId();
        const found = (await readBelow(question)).find(
          (one) => one.user === user && !known.has(one.ts) && one.ts !== question.thread && isSame(one.text, text),
        );
        if (found !== undefined) known.add(found.ts);
        return found?.ts;
      } catch {
        return undefined; // the caller throws the first error
      }
    },
  };
}

/** Slack reformats a text but keeps its letters; a text without any is compared whole. */
const isSame = (kept: string, sent: string) => {
  const letters = lettersOf(sent);
  return letters === "" ? signsOf(kept) === signsOf(sent) : lettersOf(kept) === letters;
};

const signsOf = (text: string) => unescaped(text).replaceAll(/\s/g, "");

const lettersOf = (text: string) =>
  text
    .replaceAll(/&(?:lt|gt|amp);/g, "")
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .slice(0, COMPARED_CHARS);
