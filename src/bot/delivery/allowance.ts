import type { Rank } from "../port/platform.js";

/** What a service's answer says of the limit that a call was counted in. */
export interface ToldLimits {
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

/** The calls that one rate-limit bucket of a service allows, as far as is known. Times are epoch ms. */
export interface Allowance {
  /**
   * When a call of this rank may go out that leaves `kept` others: `now`, or when to look again. `waitingEnds`: how
   * many ends of answers wait, itself included.
   */
  opensAt(rank: Rank, kept: number, now: number, waitingEnds?: number): number;
  /** Calls that could go out now. */
  left(now: number): number;
  /** A call goes out. */
  take(rank: Rank, now: number): void;
  /** A call has ended, with what its answer said of the limit, if anything. */
  answer(limits: ToldLimits | undefined, now: number): void;
  /** The service refused a call (429): nothing goes out for so long. */
  refuse(retryAfterMs: number, now: number): void;
  /** Whether nothing that has happened matters any more. */
  isIdle(now: number): boolean;
}

export const isEnd = (rank: Rank) => rank === "last-text" || rank === "error";

/** Ends of answers, errors, and first texts may use what is kept back from everything else. */
export const isUrgent = (rank: Rank) => isEnd(rank) || rank === "first-text";
