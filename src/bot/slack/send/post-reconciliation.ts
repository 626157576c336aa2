import type { MessageKey } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { unescaped } from "../wire/notation.js";
import type { Calls } from "./calls.js";

/** Posts that Slack may have taken although its answer was lost: posted again they would stand there twice. */
export interface PostReconciliation {
  /** Takes note of a message that is known. */
  note(ts: string): void;
  /**
   * After a post failed: the timestamp of the message that came of it, where there is one below the question. Undefined
   * where there is none, where Slack refused it, or where the bot may not look. Never rejects.
   */
  find(error: unknown, question: MessageKey, text: string): Promise<string | undefined>;
}

export interface PostReconciliationDeps {
  readonly calls: Pick<Calls, "readThread" | "readDirect">;
  botUserId(): string | undefined;
}

const MOST_KNOWN = 1_000;
/** As much of a text tells two answers apart. */
const COMPARED_CHARS = 80;

export function createPostReconciliation({ calls, botUserId }: PostReconciliationDeps): PostReconciliation {
  const known = new Set<string>();

  const readBelow = async (question: MessageKey) => {
    const { channel, thread, message } = question;
    if (thread !== undefined) return calls.readThread(question, thread, { after: message });
    return channel.startsWith("D") ? calls.readDirect(question, message) : [];
  };
  return {
    note(ts) {
      if (known.size >= MOST_KNOWN) known.clear();
      known.add(ts);
    },
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
        return undefined; // the caller tells of the first error
      }
    },
  };
}

/** Slack changes how a text is written, not its letters; where it has none, all of it counts. */
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
