import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../../base/clock.js";

export interface TokenCheck {
  isToken(text: string): boolean;
  isCookie(text: string): boolean;
  /** What the browser keeps: derived from the token, and of no use to find it. */
  readonly cookieValue: string;
  /** Waits as long as a wrong guess has to; false: too many wait already. */
  slowDown(): Promise<boolean>;
}

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 3_000;
const FORGET_AFTER_MS = 60_000;
const MOST_WAITING = 10;

/** Compares in constant time; wrong guesses are answered one after the other, later each time. */
export function createTokenCheck(token: string, clock: Clock, stopping: AbortSignal): TokenCheck {
  const cookieValue = createHmac("sha256", token).update("evergreen sign-in 1").digest("base64url");
  let wrongGuesses = 0;
  let lastWrongAt = Number.NEGATIVE_INFINITY;
  let nextAnswerAt = 0;
  let waiting = 0;
  return {
    cookieValue,
    isToken: (text) => isSame(text, token),
    isCookie: (text) => isSame(text, cookieValue),
    async slowDown() {
      const now = clock.now();
      wrongGuesses = now - lastWrongAt > FORGET_AFTER_MS ? 1 : wrongGuesses + 1;
      lastWrongAt = now;
      if (waiting >= MOST_WAITING) return false;
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (wrongGuesses - 1), LONGEST_DELAY_MS);
      nextAnswerAt = Math.max(now, nextAnswerAt) + delayMs;
      waiting += 1;
      await clock.sleep(nextAnswerAt - now, stopping).catch(() => {}); // stopping: the answer goes out at once
      waiting -= 1;
      return true;
    },
  };
}

const isSame = (left: string, right: string) => timingSafeEqual(digest(left), digest(right));
const digest = (text: string) => createHash("sha256").update(text).digest();
