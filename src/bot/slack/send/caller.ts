import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { RateScheduler } from "../../delivery/rate-scheduler.js";
import type { BucketTerms } from "../../delivery/token-bucket.js";
import { conversationOf } from "../../port/conversation.js";
import type { ChannelKey, Rank, SendTerms } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { fromSlackError, isAbsent, isTokenRefused } from "../wire/errors.js";
import { botFault, type Health } from "../wire/health.js";

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

/** Slack allows bursts without saying how large ones: this part of a minute at once is assumed at first. */
const FIRST_BURST = 0.25;

const perMinute = (calls: number): BucketTerms => ({
  capacity: calls,
  perMinute: calls,
  burst: Math.floor(calls * FIRST_BURST),
});

/** Slack's published tiers: calls a minute, per workspace and method. */
const TIER_2 = perMinute(20);
const TIER_3 = perMinute(50);
const TIER_4 = perMinute(100);

const TERMS: Readonly<Record<string, BucketTerms>> = {
  // Special: about one a second and channel.
  "chat.postMessage": { capacity: 1, perMinute: 60 },
  "chat.update": TIER_3,
  "chat.postEphemeral": TIER_4,
  "chat.startStream": TIER_2,
  "chat.appendStream": TIER_4,
  "chat.stopStream": TIER_2,
  "reactions.add": TIER_3,
  "reactions.remove": TIER_2,
  "conversations.replies": TIER_3,
  "conversations.history": TIER_3,
  "conversations.open": TIER_3,
  "users.info": TIER_4,
  "users.conversations": TIER_3,
  "usergroups.users.list": TIER_2,
  "usergroups.list": TIER_2,
  "conversations.info": TIER_3,
  "files.info": TIER_4,
  "files.getUploadURLExternal": TIER_4,
  "files.completeUploadExternal": TIER_4,
  "views.publish": TIER_4,
  "agents.sessions.setStatus": TIER_3,
  "assistant.threads.setStatus": { capacity: 100, perMinute: 600 },
  "assistant.threads.setSuggestedPrompts": TIER_3,
  "assistant.threads.setTitle": TIER_3,
};

export const bucketOf = (method: string, channel: string): string =>
  method === "chat.postMessage" ? `${method} ${channel}` : method;

/**
 * Returns a bucket's terms as one of `replicas` processes uses it. Posts are not divided: they are counted by channel,
 * and several replicas rarely post in one channel in the same second.
 */
export function termsOf(bucket: string, replicas: () => number = () => 1): BucketTerms {
  const [method = "", channel] = bucket.split(" ");
  const terms = TERMS[method] ?? TIER_2;
  return channel === undefined ? { ...terms, sharers: replicas } : terms;
}

/** Methods that a workspace, an app or a stand-in for Slack may lack, and that the bot can do without. */
export interface OptionalFeatures {
  /** False for an hour after the method turned out to be missing. */
  has(method: string): boolean;
  /** Makes the call unless the method is missing. Resolves with undefined when it is, or failed. Never rejects. */
  run<T>(method: string, work: () => Promise<T>): Promise<T | undefined>;
  /** Returns whether a failure says that the method is missing, and remembers it. Logged once. */
  note(method: string, error: unknown): boolean;
}

const RETRY_MS = 3_600_000;

export function createOptionalFeatures({ clock, log }: { readonly clock: Clock; readonly log: Log }): OptionalFeatures {
  const absentUntil = new Map<string, number>();
  const logged = new Set<string>();

  const has = (method: string) => (absentUntil.get(method) ?? 0) <= clock.now();
  const note = (method: string, error: unknown) => {
    if (!isAbsent(error)) {
      log.debug({ error, method }, "slack: optional feature failed, going on without it");
      return false;
    }
    absentUntil.set(method, clock.now() + RETRY_MS);
    if (!logged.has(method)) log.info({ error, method }, "slack: feature not available here, going on without it");
    logged.add(method);
    return true;
  };
  return {
    has,
    note,
    async run(method, work) {
      if (!has(method)) return undefined;
      try {
        return await work();
      } catch (error) {
        note(method, error);
        return undefined;
      }
    },
  };
}
