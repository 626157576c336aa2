import { withDeadline } from "../../base/deadline.js";
import { UserError } from "../../base/errors.js";
import type { TurnControl } from "../../commands/command-deps.js";
import { channelKeyOf } from "../port/conversation.js";
import type { ChatDeps } from "./chat-deps.js";
import { leaseName } from "./conversation-lease.js";

export interface ForgetDeps extends ChatDeps {
  /** Stops what runs and what waits in the conversation, and resolves when all of it has ended. */
  empty(conversation: string): Promise<void>;
}

/** Answers that were stopped have their last words to say first. */
const LAST_WORDS_MS = 5_000;
const LEASE_MS = 10_000;

const BUSY = "An answer is still being written here. Stop it with `/chat stop`, then ask again to forget.";

/** Nothing of the conversation can be written any more while it is erased: what ran has ended, and the lease is ours. */
export function createForget(deps: ForgetDeps): TurnControl["forget"] {
  const { store, sessions, clock, log } = deps;
  return async (conversation) => {
    const ended = { what: "the answer", timeoutMs: LAST_WORDS_MS, clock };
    await withDeadline(() => deps.empty(conversation), ended).catch(() => {
      throw new UserError(BUSY);
    });
    const lease = await store.claim(leaseName(conversation), { ttlMs: LEASE_MS, isReentrant: true });
    if (!lease.held) throw new UserError(BUSY);
    try {
      const place = channelKeyOf(conversation);
      deps.images.forget(conversation);
      await deps.extrasOf(place.platform).forget?.(place);
      return await sessions.forget(conversation);
    } finally {
      await store.commit(lease.claim, []).catch((error) => log.warn({ error }, "a lease ends by itself"));
    }
  };
}
