import { BoundedSet } from "../../../base/bounded-map.js";
import type { Clock } from "../../../base/clock.js";
import { waitFor } from "../../../base/wait-for.js";
import type { ChannelKey, MessageKey } from "../../port/platform.js";
import type { PlatformExtras } from "../../port/platform-definition.js";
import { PlatformError } from "../../port/platform-error.js";
import { unescaped } from "../wire/notation.js";
import type { SlackCalls } from "./calls.js";

/** Finds posts that Slack took although its answer was lost: a retry would post them twice. */
export interface PostReconciliation {
  /** Remembers a message whose post was answered. */
  note(ts: string): void;
  /**
   * Resolves with the timestamp of the message that a failed post left below the question; undefined when there is
   * none, Slack refused it, or the bot may not read there. Never rejects.
   */
  find(error: unknown, question: MessageKey, text: string): Promise<string | undefined>;
  /**
   * Finds a message of the bot's with this text that stands there since `since` (epoch ms); undefined where there is
   * none, or the bot may not read there. @throws {PlatformError} where Slack did not answer
   */
  findPosted(place: ChannelKey, since: number, text: string): Promise<string | undefined>;
  /** Finds the bot's messages below a question of an ended process: Slack does not say what a reply is to. */
  readonly findReplies: NonNullable<PlatformExtras["findReplies"]>;
}

export interface PostReconciliationDeps {
  readonly calls: Pick<SlackCalls, "readThread" | "readDirect" | "readSince">;
  readonly clock: Pick<Clock, "sleep">;
  readonly signal: AbortSignal;
  botUserId(): string | undefined;
}

const MAX_KNOWN = 1_000;
/** Slack says within a second who the bot is, or it is down. */
const IDENTIFIED_WITHIN_MS = 10_000;
/** Characters of a text that tell two answers apart. */
const COMPARED_CHARS = 80;

export function createPostReconciliation(deps: PostReconciliationDeps): PostReconciliation {
  const { calls, signal, botUserId } = deps;
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
    async findPosted(place, since, text) {
      const user = botUserId();
      const all = await calls.readSince(place, String(since / 1000), signal).catch((error) => {
        if (error instanceof PlatformError && !error.isRetryable) return [];
        throw error;
      });
      return all.find((one) => one.user === user && isSame(one.text, text))?.ts;
    },
    async findReplies(question) {
      const user = await waitFor(botUserId, { ...deps, timeoutMs: IDENTIFIED_WITHIN_MS });
      if (user === undefined) throw new PlatformError("slack", "unavailable", "Slack has not said yet who the bot is");
      const below = await readBelow(question).catch((error) => {
        if (error instanceof PlatformError && !error.isRetryable) return [];
        throw error;
      });
      return below
        .filter((one) => one.user === user && one.ts !== question.thread && Number(one.ts) > Number(question.message))
        .sort((a, b) => Number(a.ts) - Number(b.ts))
        .map(({ ts, text }) => ({ message: { ...question, message: ts }, text: unescaped(text) }));
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
