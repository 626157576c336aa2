import type { RateScheduler } from "../../delivery/rate-scheduler.js";
import { conversationOf } from "../../port/conversation.js";
import type { ChannelKey, Rank, SendTerms } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { fromSlackError, isAbsent, isTokenRefused } from "../wire/errors.js";
import { botFault, type Health } from "../wire/health.js";
import { bucketOf } from "./buckets.js";

/** The ways to make a call. Those that take `work` throw {PlatformError}, and close a bucket that Slack has refused. */
export interface Caller {
  /**
   * Waits until the call may go out: the more urgent rank first. @throws signal.reason when aborted @throws
   * {AppError} when the bot stops
   */
  wait(method: string, place: ChannelKey, terms: Pick<SendTerms, "rank" | "signal">): Promise<void>;
  /** At once: after a wait, or with a bucket so large that nobody waits for it. */
  now<T>(method: string, channel: string, work: () => Promise<T>): Promise<T>;
  /** When there is room for it. @throws signal.reason when aborted before */
  paid<T>(method: string, place: ChannelKey, rank: Rank, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** For what is the same later: an earlier process may have used up the minute without this one knowing. */
  patient<T>(method: string, place: ChannelKey, rank: Rank, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface CallerDeps {
  readonly buckets: RateScheduler;
  readonly health: Health;
}

/** Between them the refused bucket is closed for as long as Slack said. */
const MOST_TRIES = 5;

export function createCaller({ buckets, health }: CallerDeps): Caller {
  const wait: Caller["wait"] = (method, place, { rank = "error", signal }) =>
    buckets.take(bucketOf(method, place.channel), rank, signal, conversationOf(place));
  const now: Caller["now"] = async (method, channel, work) => {
    try {
      const answer = await work();
      health.set("bot", undefined);
      return answer;
    } catch (error) {
      if (isTokenRefused(error) && !isAbsent(error)) health.set("bot", botFault(error));
      const translated = fromSlackError(method, error);
      if (translated.reason === "rate-limited") {
        buckets.penalize(bucketOf(method, channel), translated.retryAfterMs ?? 1_000);
      }
      throw translated;
    } finally {
      buckets.learn(bucketOf(method, channel));
    }
  };
  const paid: Caller["paid"] = async (method, place, rank, work, signal) => {
    await wait(method, place, { rank, ...(signal && { signal }) });
    return now(method, place.channel, work);
  };
  return {
    wait,
    now,
    paid,
    async patient(method, place, rank, work, signal) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await paid(method, place, rank, work, signal);
        } catch (error) {
          const isLimited = error instanceof PlatformError && error.reason === "rate-limited";
          if (!isLimited || attempt === MOST_TRIES) throw error;
        }
      }
    },
  };
}
