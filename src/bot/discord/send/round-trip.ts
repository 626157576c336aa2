import type { Clock } from "../../../base/clock.js";

export interface RoundTrip {
  /** How long a call took. */
  note(ms: number): void;
  /** Waits until an answer's next edit leaves room for its last text. @throws signal.reason when aborted */
  room(flow: string, signal?: AbortSignal): Promise<void>;
  /** An edit of an answer goes out. */
  begin(flow: string): void;
}

/**
 * An edit on its way holds up the last text of its answer, since one may overtake the other. So between two edits
 * lies at
 * least this many times what one takes, and the last text is more often than not sent at once however slow Discord is.
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
