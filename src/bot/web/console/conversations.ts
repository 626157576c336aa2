import { sessionRow } from "../../../store/sessions/session-rows.js";
import type { Session } from "../../../store/sessions/sessions.js";
import type { Store } from "../../../store/store.js";
import { channelKeyOf } from "../../port/conversation.js";

/** A conversation as an operator sees it: where it is and what it is pinned to, and nothing that was said. */
export interface ConversationRow extends Pick<Session, "pin" | "answeredAt"> {
  readonly platform: string;
  readonly workspace: string;
  readonly channel: string;
  readonly thread?: string;
}

export interface ConversationsView {
  readonly conversations: readonly ConversationRow[];
  /** What to ask for the ones before; unset where there are none. */
  readonly before?: string;
}

const PAGE_ROWS = 100;

/** Reads a page of conversations, those with the last keys first. @throws {StoreError} */
export async function readConversations(store: Pick<Store, "values">, before?: string): Promise<ConversationsView> {
  const page = await store.values("sessions").page("", { before, limit: PAGE_ROWS });
  const conversations = page.entries.flatMap(([key, value]): ConversationRow[] => {
    const session = sessionRow.safeParse(value).data;
    return session === undefined ? [] : [{ ...channelKeyOf(key), pin: session.pin, answeredAt: session.answeredAt }];
  });
  return { conversations: conversations.reverse(), ...(page.before !== undefined && { before: page.before }) };
}
