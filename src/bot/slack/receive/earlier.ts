import type { EarlierMessage, MessageKey } from "../../port/platform.js";
import type { DoorDeps } from "./doors.js";
import { readMentionText } from "./mention-text.js";

export interface EarlierTerms {
  readonly count: number;
  readonly signal: AbortSignal;
}

/** What was said in a thread before a message, oldest first. @throws {PlatformError} where the bot may not read it @throws signal.reason */
export async function readEarlier(
  { calls, people, identity }: DoorDeps,
  message: MessageKey,
  { count, signal }: EarlierTerms,
): Promise<readonly EarlierMessage[]> {
  const { thread = message.message, message: ts } = message;
  signal.throwIfAborted();
  const all = await calls.readThread(message, thread, { before: ts });
  signal.throwIfAborted();
  const said = all.filter((one) => isBefore(one.ts, ts) && one.text.trim() !== "").slice(-count);
  const names = new Map<string, string>([[identity.botUserId, "Evergreen"]]);
  await Promise.all(
    [...new Set(said.flatMap(({ user }) => user ?? []))]
      .filter((user) => !names.has(user))
      .map(async (user) => names.set(user, (await people.lookUp(user)).name)),
  );
  return said.map(({ user, text }) => ({
    author: names.get(user ?? "") ?? "somebody",
    text: readMentionText(text, identity.botUserId),
  }));
}

/** Timestamps are seconds with six decimals. */
const isBefore = (a: string, b: string) => Number(a) < Number(b);
