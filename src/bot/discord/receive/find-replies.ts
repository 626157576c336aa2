import type { Clock } from "../../../base/clock.js";
import { waitFor } from "../../../base/wait-for.js";
import type { PlatformExtras } from "../../port/platform-definition.js";
import { PlatformError } from "../../port/platform-error.js";
import type { Gateway } from "../gateway/gateway.js";
import { channelIdOf } from "../wire/places.js";
import { listMessages, type ReferenceDeps } from "./references.js";

export interface FindRepliesDeps extends Pick<ReferenceDeps, "rest" | "calls"> {
  readonly gateway: Pick<Gateway, "self">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A session begins within seconds, or Discord is down. */
const SESSION_WITHIN_MS = 10_000;

/** Looks among the hundred messages after a question for the bot's own that refer to it. */
export const createFindReplies =
  (deps: FindRepliesDeps): NonNullable<PlatformExtras["findReplies"]> =>
  async (question) => {
    const { gateway, signal } = deps;
    const self = await waitFor(gateway.self, { ...deps, timeoutMs: SESSION_WITHIN_MS });
    if (self === undefined) throw new PlatformError("discord", "unavailable", "There is no session yet");
    const query = `after=${question.message}&limit=100`;
    const after = await listMessages(deps, channelIdOf(question), query, signal).catch((error) => {
      if (error instanceof PlatformError && !error.isRetryable) return [];
      throw error;
    });
    return after
      .filter(({ author, message_reference: to }) => author.id === self.userId && to?.message_id === question.message)
      .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
      .map(({ id, content }) => ({ message: { ...question, message: id }, text: content ?? "", isSure: true }));
  };
