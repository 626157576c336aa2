import type { Clock } from "../../../base/clock.js";
import type { ResponseHeaders } from "../../../providers/http/send-request.js";
import { createRateScheduler, GLOBAL } from "../../delivery/rate-scheduler.js";
import { createSlidingWindow, type SlidingWindow, type WindowTerms } from "../../delivery/sliding-window.js";
import type { ChannelKey, MessageKey, Rank, SendTerms } from "../../port/platform.js";
import type { DiscordAnswer } from "../wire/answer.js";
import { channelIdOf } from "../wire/places.js";
import type { Method } from "./rest.js";

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

export interface RealBuckets {
  /**
   * Name of the budget that a call counts in, as far as is known; begins with the route's name, or Discord's own for
   * its bucket, before an @.
   */
  bucketOf(route: Route): string;
  /**
   * Takes in what Discord calls the bucket of a call, and gives the budget that it was taken from and the one that it
   * belongs to.
   */
  learn(route: Route, hash: string | undefined): { readonly from: string; readonly bucket: string };
  /** The name of the route that a budget was first used for. */
  routeNameOf(bucket: string): string;
}

/** How many channels are remembered; the ones seen longest ago are learned again. */
const MOST_OWN = 2_000;

/** Which calls Discord counts as one: it tells by a name of its own with each answer. */
export function createRealBuckets(): RealBuckets {
  /** What a route's bucket is called, as the first answer told. */
  const usual = new Map<string, string>();
  /** The bucket of a single channel that differs from the others. */
  const own = new Map<string, string>();

  const routeNames = new Map<string, string>();

  const keyOf = ({ name, major }: Route) => `${name}@${major}`;
  const bucketOf = (route: Route) => {
    const hash = own.get(keyOf(route)) ?? usual.get(route.name);
    return hash === undefined ? keyOf(route) : `${hash}@${route.major}`;
  };
  return {
    bucketOf,
    learn(route, hash) {
      const from = bucketOf(route);
      if (hash === undefined) return { from, bucket: from };
      if (!routeNames.has(hash)) routeNames.set(hash, route.name);
      if (!usual.has(route.name)) usual.set(route.name, hash);
      if (usual.get(route.name) === hash) own.delete(keyOf(route));
      else {
        if (own.size >= MOST_OWN) {
          own.clear();
          routeNames.clear();
        }
        own.set(keyOf(route), hash);
      }
      return { from, bucket: bucketOf(route) };
    },
    routeNameOf(bucket) {
      const [name = ""] = bucket.split("@");
      return routeNames.get(name) ?? name;
    },
  };
}

export interface RoundTrip {
  /** How long a call took. */
  note(ms: number): void;
  /** Waits until an answer's next edit leaves room for its last text. @throws signal.reason when aborted */
  room(flow: string, signal?: AbortSignal): Promise<void>;
  /** An edit of an answer goes out. */
  begin(flow: string): void;
}

/**
 * An edit on its way holds up the last text of its answer, since one may overtake the other. So between two edits lies
 * at least this many times what one takes, and the last text is more often than not sent at once however slow Discord
 * is.
 */
const SHARE = 2.2;
/** How much a new measurement counts when Discord gets quicker; when it gets slower, it counts at once. */
const WEIGHT = 0.3;
/** However slow Discord gets, people see that the answer grows. */
const LONGEST_GAP_MS = 3_000;
const MOST_FLOWS = 1_000;

/** Spaces the edits of each answer by what they take. */
export function createRoundTrip(clock: Clock): RoundTrip {
  const begunAt = new Map<string, number>();
  let usualMs = 0;
  return {
    note(ms) {
      usualMs = ms > usualMs ? ms : usualMs + WEIGHT * (ms - usualMs);
    },
    async room(flow, signal) {
      const gapMs = Math.min(usualMs * SHARE, LONGEST_GAP_MS);
      const restMs = (begunAt.get(flow) ?? Number.NEGATIVE_INFINITY) + gapMs - clock.now();
      if (restMs > 0) await clock.sleep(restMs, signal);
    },
    begin(flow) {
      begunAt.delete(flow);
      begunAt.set(flow, clock.now());
      const [oldest] = begunAt.keys();
      if (begunAt.size > MOST_FLOWS && oldest !== undefined) begunAt.delete(oldest);
    },
  };
}

/** What Discord counts a call by, until the headers of an answer say more. */
export interface Route {
  /** The call with its ids left out: "PATCH /channels/:id/messages/:id". */
  readonly name: string;
  /** The channel, server or webhook whose calls are counted apart from those of others. */
  readonly major: string;
  /** Interactions and their webhooks don't count into what all calls together may be. */
  readonly isGlobal: boolean;
}

/** Putting a reaction and taking it away are one. */
const REACTIONS = /^(\/channels\/:id\/messages\/:id\/reactions)\/.*$/;

/**
 * https://discord.com/developers/docs/topics/rate-limits: the top-level resource of the path is what is counted
 * apart.
 */
export function routeOf(method: string, path: string): Route {
  const [, kind = "", id = "", token = ""] = /^\/(\w+)\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? [];
  const isOutside = kind === "interactions" || kind === "webhooks";
  const name = isOutside
    ? path.replace(`/${id}/${token}`, "/:id/:token").replace(/\/\d+/g, "/:id")
    : path.replace(/\/\d+/g, "/:id");
  const major = isOutside ? token : kind === "channels" || kind === "guilds" ? id : "";
  const reactions = REACTIONS.exec(name)?.[1];
  return { name: reactions ?? `${method} ${name}`, major, isGlobal: !isOutside };
}
