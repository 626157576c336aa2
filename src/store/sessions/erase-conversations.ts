import type { Serial } from "../../base/serial.js";
import type { Store, Write } from "../store.js";
import { openQuestionRow, sessionRow, turnKey } from "./session-rows.js";

/**
 * Erases conversations that nobody touched since `before` (epoch ms), their turns with them, and tells how many. What
 * was
 * asked before that and never got its end, as where a platform is no longer configured, goes as well.
 * @throws {StoreError} and then the rest is left for the next time
 */
export async function eraseUntouched(store: Store, inOrder: Serial, before: number): Promise<number> {
  let erased = 0;
  for (const [conversation, row] of await store.values("sessions").entries()) {
    const known = sessionRow.safeParse(row).data;
    if (known !== undefined && known.updatedAt < before) {
      const isErased = await inOrder(`session ${conversation}`, () => eraseIfUntouched(store, conversation, before));
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
async function eraseIfUntouched(store: Store, conversation: string, before: number): Promise<boolean> {
  const row = await store.values("sessions").get(conversation);
  const session = sessionRow.safeParse(row).data;
  if (session === undefined || session.updatedAt >= before) return false;
  const numbers = Array.from({ length: session.nextTurn }, (_, number) => number);
  return store.swap(
    { table: "sessions", key: conversation, before: row, after: undefined },
    numbers.map((number) => ({ table: "turns", key: turnKey(conversation, number), value: undefined })),
  );
}

/**
 * Erases everything that is kept of a conversation, in one step, also what is damaged, and tells how many turns it had.
 * @throws {StoreError} and then nothing was erased
 */
export async function forgetConversation(store: Store, conversation: string): Promise<number> {
  const open = (await store.values("open").entries()).flatMap(([key, row]): Write[] =>
    openQuestionRow.safeParse(row).data?.conversation === conversation
      ? [{ table: "open", key, value: undefined }]
      : [],
  );
  const turns = (await store.values("turns").entries(`${conversation}#`)).map(
    ([key]): Write => ({ table: "turns", key, value: undefined }),
  );
  await store.write([{ table: "sessions", key: conversation, value: undefined }, ...turns, ...open]);
  await store.purge();
  return turns.length;
}
