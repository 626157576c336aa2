import type { Clock } from "../../../base/clock.js";
import { conversationOf } from "../../port/conversation.js";
import type { ChannelKey, Rank } from "../../port/platform.js";
import { bucketOf, methodOf } from "./buckets.js";
import type { TokenBuckets } from "./token-buckets.js";

/** Keeps every call within Slack's limits before it reaches the SDK. */
export interface Pace {
  /** Waits for the call that something so urgent will make. @throws signal.reason when aborted */
  slot(place: ChannelKey, rank: Rank, signal?: AbortSignal, call?: "post" | "edit"): Promise<void>;
  /** The same for a call by its name. @throws signal.reason when aborted */
  slotFor(method: string, place: ChannelKey, rank: Rank, signal?: AbortSignal): Promise<void>;
  /** Waits for this very call, unless a slot has paid for it. @throws {AppError} when the bot stops */
  pay(method: string, place: ChannelKey, rank: Rank): Promise<void>;
}

/** A slot is used at once, or not at all. */
const CREDIT_MS = 2_000;

export function createPace(buckets: TokenBuckets, clock: Clock): Pace {
  /** Until when a call is paid for, by bucket and conversation. */
  const credits = new Map<string, number>();
  const creditOf = (bucket: string, place: ChannelKey) => `${bucket}|${conversationOf(place)}`;

  const slotFor: Pace["slotFor"] = async (method, place, rank, signal) => {
    const bucket = bucketOf(method, place.channel);
    await buckets.take(bucket, rank, signal, conversationOf(place));
    credits.set(creditOf(bucket, place), clock.now() + CREDIT_MS);
  };
  return {
    slotFor,
    async slot(place, rank, signal, call) {
      const method = methodOf(rank, call);
      if (method !== undefined) await slotFor(method, place, rank, signal);
    },
    async pay(method, place, rank) {
      const bucket = bucketOf(method, place.channel);
      const credit = creditOf(bucket, place);
      const paidUntil = credits.get(credit) ?? 0;
      credits.delete(credit);
      if (paidUntil <= clock.now()) await buckets.take(bucket, rank, undefined, conversationOf(place));
    },
  };
}
