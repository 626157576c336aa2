import type { Store } from "./store.js";

/**
 * Erases a conversation's record and all its turns, damaged ones too, in one step.
 * @throws {StoreError} and then it is still there
 */
export async function eraseConversation(store: Store, conversation: string): Promise<void> {
  const turns = await store.values("turns").entries(`${conversation}#`);
  await store.write([
    ...turns.map(([key]) => ({ table: "turns", key, value: undefined }) as const),
    { table: "sessions", key: conversation, value: undefined },
  ]);
}
