import type { z } from "zod";
import type { Serial } from "../../base/serial.js";
import { createRowReader } from "../damage-report.js";
import { DamagedRowError, type Store, type Write } from "../store.js";
import { comparedPrefix, forgottenRow, openQuestionRow, sessionRow, turnKey } from "./session-rows.js";

/** The calls that erase conversations, and the one that tells when that was. */
export function eraseCalls(store: Store, inOrder: Serial, now: () => number) {
  const rows = store.values("forgotten");
  const readRow = createRowReader(rows, forgottenRow);
  return {
    forget: (conversation: string, also: readonly Write[] = []) =>
      inOrder(`session ${conversation}`, () => forgetConversation(store, conversation, { at: now(), also })),
    eraseUntouched: (before: number) => eraseUntouched(store, inOrder, { before, at: now() }),
    async erasedAt(names: readonly string[]) {
      const keys = [...new Set(names)];
      const times = (await rows.getMany(keys)).map((row, index) => {
        const key = keys[index] ?? "";
        const forgotten = readRow(key, row);
        if (row !== undefined && forgotten === undefined) throw new DamagedRowError(`when ${key} was erased`);
        return forgotten?.at ?? 0;
      });
      return Math.max(0, ...times);
    },
  };
}

/** Times in epoch ms: conversations last used before the first are erased, at the second. */
interface EraseTerms {
  readonly before: number;
  readonly at: number;
}

/**
 * Erases conversations that nobody touched since `before`, their turns with them, and returns how many. Questions that
 * were asked before that and never got their end, as where a platform is no longer configured, go as well.
 * @throws {StoreError} and then the rest is left for the next time
 */
async function eraseUntouched(store: Store, inOrder: Serial, terms: EraseTerms): Promise<number> {
  const { before } = terms;
  let erased = 0;
  for (const [conversation, row] of await store.values("sessions").entries()) {
    const known = sessionRow.safeParse(row).data;
    if (known !== undefined && known.updatedAt < before) {
      const isErased = await inOrder(`session ${conversation}`, () => eraseIfUntouched(store, conversation, terms));
      if (isErased) erased += 1;
    }
  }
  const questions = store.values("open");
  for (const [id, row] of await questions.entries()) {
    if ((openQuestionRow.safeParse(row).data?.at ?? before) < before) await questions.delete(id);
  }
  return erased;
}

/** A conversation may have come to life since it was chosen, and may do so on another replica now. */
async function eraseIfUntouched(store: Store, conversation: string, { before, at }: EraseTerms): Promise<boolean> {
  const row = await store.values("sessions").get(conversation);
  const session = sessionRow.safeParse(row).data;
  if (session === undefined || session.updatedAt >= before) return false;
  const own = Array.from({ length: session.nextTurn }, (_, number) => turnKey(conversation, number));
  const compared = (await store.values("turns").entries(comparedPrefix(conversation))).map(([key]) => key);
  return store.swap({ table: "sessions", key: conversation, before: row, after: undefined }, [
    forgottenWrite(conversation, at),
    ...[...own, ...compared].map((key): Write => ({ table: "turns", key, value: undefined })),
  ]);
}

/** Stays for good: the chat service may keep what was said for longer than any retention. */
const forgottenWrite = (conversation: string, at: number): Write => ({
  table: "forgotten",
  key: conversation,
  value: { at } satisfies z.infer<typeof forgottenRow>,
});

/** The key under which `erasedAt` knows when a person had everything of theirs erased; no conversation is called so. */
export const erasedPersonKey = ({ platform, id }: { readonly platform: string; readonly id: string }): string =>
  `person:${platform}:${id}`;

/**
 * The key under which `erasedAt` knows when an answer of the bot was erased with its question; `channel`: as
 * platform:workspace:channel.
 */
export const erasedAnswerKey = (channel: string, message: string): string => `answer:${channel}:${message}`;

/** The write that notes when an answer was erased with its question (epoch ms). */
export const answerErasedWrite = (channel: string, message: string, at: number): Write =>
  forgottenWrite(erasedAnswerKey(channel, message), at);

/** The write that notes when a person had everything of theirs erased (epoch ms). */
export const personErasedWrite = (person: Parameters<typeof erasedPersonKey>[0], at: number): Write =>
  forgottenWrite(erasedPersonKey(person), at);

/**
 * Erases everything that is kept of a conversation, in one step, also what is damaged, and returns how many turns it
 * had. What stays is that it was erased, `at` epoch ms.
 * @throws {StoreError} and then nothing was erased
 */
async function forgetConversation(
  store: Store,
  conversation: string,
  { at, also }: { readonly at: number; readonly also: readonly Write[] },
): Promise<number> {
  const open = (await store.values("open").entries()).flatMap(([key, row]): Write[] =>
    openQuestionRow.safeParse(row).data?.conversation === conversation
      ? [{ table: "open", key, value: undefined }]
      : [],
  );
  const own = await store.values("turns").entries(`${conversation}#`);
  const compared = await store.values("turns").entries(comparedPrefix(conversation));
  const turns = [...own, ...compared].map(([key]): Write => ({ table: "turns", key, value: undefined }));
  const session: Write = { table: "sessions", key: conversation, value: undefined };
  await store.write([forgottenWrite(conversation, at), session, ...turns, ...open, ...also]);
  await store.purge();
  return own.length;
}
