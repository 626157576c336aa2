import type { Clock } from "../../../base/clock.js";
import type { Answer } from "../wire/answer.js";

export const UNAUTHORIZED = 401;
/** Of 10,000 refusals in 10 min an address is banned; this makes a dozen of it, and one that was a mistake is over soon. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;

/** Whether Discord takes the bot's token: while it does not, only one call now and then asks. */
export function createTokenRefusal({ clock, onRefused }: { readonly clock: Pick<Clock, "now">; onRefused(): void }) {
  let refusal: { readonly answer: Answer; readonly pauseMs: number; readonly until: number } | undefined;
  let isAsking = false;

  const refuse = (answer: Answer) => {
    if (refusal === undefined) onRefused();
    // Others that were on their way say nothing new.
    if (refusal !== undefined && !isAsking) return;
    const pauseMs = refusal === undefined ? FIRST_PAUSE_MS : Math.min(refusal.pauseMs * 2, LONGEST_PAUSE_MS);
    refusal = { answer, pauseMs, until: clock.now() + pauseMs };
    isAsking = false;
  };
  return {
    /** The refusal that a call would get; undefined where it is worth asking. */
    known(): Answer | undefined {
      if (refusal === undefined) return undefined;
      if (clock.now() < refusal.until) return refusal.answer;
      // Whoever asks now asks for all.
      refusal = { ...refusal, until: clock.now() + refusal.pauseMs };
      isAsking = true;
      return undefined;
    },
    /** Takes in what a call with the token got. */
    note(answer: Answer): void {
      if (answer.status === UNAUTHORIZED) refuse(answer);
      else {
        refusal = undefined;
        isAsking = false;
      }
    },
    isRefused: () => refusal !== undefined,
    /** When the next call asks. */
    waitMs: () => Math.max(0, (refusal?.until ?? 0) - clock.now()),
  };
}
