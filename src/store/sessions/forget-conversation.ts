import type { Store, Write } from "../store.js";
import { openQuestionRow } from "./session-rows.js";

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
