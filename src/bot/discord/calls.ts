import type { Clock } from "../../clock.js";
import { type Budgets, createBudgets, GLOBAL } from "../budget.js";
import type { ChannelKey, Rank } from "../platform.js";
import { channelIdOf } from "./places.js";

/** What calls are counted in: Discord counts posts, edits and reactions of each channel apart. */
type CallKind = "post" | "edit" | "react" | "other";

export interface Calls {
  /** Resolves when a call may go out. @throws signal.reason when aborted */
  slot(channel: ChannelKey, rank: Rank, signal?: AbortSignal, call?: "post" | "edit"): Promise<void>;
  /** The same for one reaction; every one is a call of its own. */
  reactionSlot(channelId: string): Promise<void>;
  /** For a call that counts only into what all calls together may be. */
  otherSlot(rank: Rank): Promise<void>;
  /** Takes in what an answer's headers say. */
  onAnswer(method: string, path: string, status: number, headers: Headers): void;
  stop(): void;
}

/** What people see in practice, until the headers tell; reactions are known to be one in 250 ms. */
const ASSUMED = { post: [5, 5_000], edit: [5, 5_000], react: [1, 250], other: [1_000, 1_000] } as const;
/** 50 for all routes together by the documentation; calls arrive closer together than they were sent. */
const GLOBAL_PER_SECOND = 40;

/** Keeps the bot's calls inside Discord's limits before they reach the SDK, learning from its answers. */
export function createCalls(clock: Clock): Calls {
  const budgets: Budgets = createBudgets({
    clock,
    limitOf(bucket) {
      const [limit, windowMs] = ASSUMED[bucket.split(":")[0] as CallKind];
      return { limit, windowMs };
    },
    global: { limit: GLOBAL_PER_SECOND, windowMs: 1_000 },
  });
  return {
    async slot(channel, rank, signal, call) {
      // Marks take theirs call by call, presence is none of these calls.
      if (rank === "mark" || rank === "presence") return signal?.throwIfAborted();
      const kind: CallKind = call ?? (rank === "first-text" || rank === "error" ? "post" : "edit");
      const flow = "message" in channel && typeof channel.message === "string" ? channel.message : channel.channel;
      await budgets.take(`${kind}:${channelIdOf(channel)}`, rank, signal, flow);
    },
    reactionSlot: (channelId) => budgets.take(`react:${channelId}`, "mark"),
    otherSlot: (rank) => budgets.take("other", rank),
    onAnswer(method, path, status, headers) {
      const bucket = bucketOf(method, path);
      if (bucket !== undefined) budgets.learn(bucket, status === 429 ? undefined : toldBy(headers));
      else if (!path.startsWith("/interactions/") && !path.startsWith("/webhooks/")) budgets.learn("other");
      if (status !== 429) return;
      const retryAfterMs = (Number(headers.get("retry-after")) || 1) * 1_000;
      if (headers.has("x-ratelimit-global")) budgets.penalize(GLOBAL, retryAfterMs);
      else if (bucket !== undefined) budgets.penalize(bucket, retryAfterMs);
    },
    stop: () => budgets.stop(new Error("the bot stops")),
  };
}

/** The bucket that a call was counted in, where it is one of ours. */
function bucketOf(method: string, path: string): string | undefined {
  const [, channel, tail] = /^\/channels\/(\d+)\/messages(\/.*)?$/.exec(path) ?? [];
  if (channel === undefined) return undefined;
  if (tail?.includes("/reactions")) return `react:${channel}`;
  if (method === "POST" && tail === undefined) return `post:${channel}`;
  return method === "PATCH" ? `edit:${channel}` : undefined;
}

function toldBy(headers: Headers) {
  const [limit, remaining, resetAfter] = ["limit", "remaining", "reset-after"].map((name) => {
    const value = headers.get(`x-ratelimit-${name}`);
    return value === null ? Number.NaN : Number(value);
  });
  if (limit === undefined || remaining === undefined || resetAfter === undefined) return undefined;
  if (![limit, remaining, resetAfter].every(Number.isFinite)) return undefined;
  return { limit, remaining, resetAfterMs: resetAfter * 1_000 };
}
