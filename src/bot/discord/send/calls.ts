import type { Clock } from "../../../base/clock.js";
import type { ResponseHeaders } from "../../../providers/http/send-request.js";
import { createRateScheduler, GLOBAL } from "../../delivery/rate-scheduler.js";
import { createSlidingWindow, type SlidingWindow, type WindowTerms } from "../../delivery/sliding-window.js";
import type { ChannelKey, MessageKey, Rank, SendTerms } from "../../port/platform.js";
import type { DiscordAnswer } from "../wire/answer.js";
import { channelIdOf } from "../wire/places.js";
import { createRealBuckets } from "./real-buckets.js";
import type { Method } from "./rest.js";
import { createRoundTrip } from "./round-trip.js";
import { routeOf } from "./route.js";

export interface Calls {
  /** Waits until a message may be posted or edited there. @throws signal.reason when aborted */
  takeMessage(call: "post" | "edit", at: ChannelKey | MessageKey, terms: SendTerms): Promise<void>;
  /** Waits until any other call may go out. @throws signal.reason when aborted */
  take(method: Method, path: string, rank: Rank, signal?: AbortSignal): Promise<void>;
  /** Takes in what an answer says; undefined: none came. */
  onAnswer(method: Method, path: string, answer: DiscordAnswer | undefined, tookMs: number): void;
  /** Tells how many replicas make calls, itself included. */
  shareWith(replicas: () => number): void;
  stop(): void;
}

/** What people see in practice, until the headers tell. */
const ASSUMED: Readonly<Record<string, WindowTerms>> = {
  "POST /channels/:id/messages": { limit: 5, windowMs: 5_000 },
  "PATCH /channels/:id/messages/:id": { limit: 5, windowMs: 5_000 },
  "POST /channels/:id/typing": { limit: 5, windowMs: 5_000 },
  "/channels/:id/messages/:id/reactions": { limit: 1, windowMs: 250 },
  "POST /webhooks/:id/:token": { limit: 5, windowMs: 2_000 },
  "PATCH /webhooks/:id/:token/messages/@original": { limit: 5, windowMs: 2_000 },
  "PATCH /webhooks/:id/:token/messages/:id": { limit: 5, windowMs: 2_000 },
};
/** Nothing is known against it. */
const UNKNOWN: WindowTerms = { limit: 1_000, windowMs: 1_000 };
/** 50 for all routes together by the documentation; calls arrive closer together than they were sent. */
const GLOBAL_PER_SECOND = 45;
/** Shares of a bucket that stay free: for first and last texts, and beside calls that are not text. */
const KEPT_BESIDE_PROGRESS = 0.2;
const KEPT_BESIDE_OTHERS = 0.3;
/** A call has ended by then, one way or another: until it has, nobody knows when Discord counts it. */
const LONGEST_CALL_MS = 15_000;

/** From this status on it is the servers that failed. */
const FAULT = 500;

/** Keeps the bot's calls inside Discord's limits before they reach the network, learning from its answers. */
export function createCalls(clock: Clock): Calls {
  const real = createRealBuckets();
  const terms = {
    clock,
    allowanceOf: (bucket: string) => createSlidingWindow(ASSUMED[real.routeNameOf(bucket)] ?? UNKNOWN),
    absorb: (into: SlidingWindow, from: SlidingWindow) => into.absorb(from),
  };
  let countReplicas = () => 1;
  const global = {
    allowance: createSlidingWindow({
      ...{ limit: GLOBAL_PER_SECOND, windowMs: 1_000, unansweredMs: LONGEST_CALL_MS },
      // A proxy in front of Discord serves first who came first. So what waits for the limit of all waits here, by
      // its rank, and what waits in the proxy is a second's calls of all replicas.
      mostUnanswered: () => Math.ceil(GLOBAL_PER_SECOND / countReplicas()),
    }),
    kept: (rank: Rank) =>
      Math.floor(GLOBAL_PER_SECOND * (rank === "progress" ? KEPT_BESIDE_PROGRESS : KEPT_BESIDE_OTHERS)),
  };
  const shared = createRateScheduler({ ...terms, global });
  /** For what does not count into the limit of all. */
  const apart = createRateScheduler(terms);
  const roundTrip = createRoundTrip(clock);

  const take: Calls["take"] = (method, path, rank, signal) => {
    const route = routeOf(method, path);
    return (route.isGlobal ? shared : apart).take(real.bucketOf(route), rank, signal, route.major);
  };
  return {
    take,
    async takeMessage(call, at, { rank = "error", replyTo, signal }) {
      const id = channelIdOf(at);
      const path = call === "post" ? `/channels/${id}/messages` : `/channels/${id}/messages/0`;
      const bucket = real.bucketOf(routeOf(call === "post" ? "POST" : "PATCH", path));
      const flow = replyTo?.message ?? ("message" in at ? at.message : at.channel);
      if (rank === "progress") await roundTrip.room(flow, signal);
      await shared.take(bucket, rank, signal, flow);
      if (rank === "progress") roundTrip.begin(flow);
    },
    onAnswer(method, path, answer, tookMs) {
      const route = routeOf(method, path);
      const budgets = route.isGlobal ? shared : apart;
      if (answer !== undefined && path.includes("/messages")) roundTrip.note(tookMs);
      const { from, bucket } = real.learn(route, answer?.headers.get("x-ratelimit-bucket") ?? undefined);
      budgets.merge(from, bucket);
      budgets.learn(bucket, answer === undefined || answer.status === 429 ? undefined : toldBy(answer.headers));
      if (answer === undefined || answer.status >= FAULT) budgets.noteFault();
      if (answer?.limited === undefined) return;
      const { retryAfterMs, isGlobal } = answer.limited;
      if (!isGlobal) return budgets.penalize(bucket, retryAfterMs);
      shared.penalize(GLOBAL, retryAfterMs);
    },
    shareWith(replicas) {
      countReplicas = replicas;
    },
    stop() {
      for (const budgets of [shared, apart]) budgets.stop(new Error("the bot stops"));
    },
  };
}

function toldBy(headers: ResponseHeaders) {
  const [limit, remaining, resetAfter] = ["limit", "remaining", "reset-after"].map((name) => {
    const value = headers.get(`x-ratelimit-${name}`);
    return value === null ? Number.NaN : Number(value);
  });
  if (limit === undefined || remaining === undefined || resetAfter === undefined) return undefined;
  if (![limit, remaining, resetAfter].every(Number.isFinite)) return undefined;
  return { limit, remaining, resetAfterMs: resetAfter * 1_000 };
}
