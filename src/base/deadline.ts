import { type Clock, OVER } from "./clock.js";
import { TimeoutError } from "./errors.js";

export interface DeadlineTerms {
  /** What is waited for, as the error's text names it. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` under a deadline that holds even when the work ignores its signal and never settles.
 * @throws {TimeoutError} when `timeoutMs` have passed; the work's signal aborts with the same error
 * @throws signal.reason when the caller's signal aborts
 */
export async function withDeadline<T>(work: (signal: AbortSignal) => Promise<T>, terms: DeadlineTerms): Promise<T> {
  terms.signal?.throwIfAborted();
  const inner = new AbortController();
  const timer = new AbortController();
  const giveUp = () => inner.abort(terms.signal?.reason);
  terms.signal?.addEventListener("abort", giveUp, { once: true });
  const aborted = new Promise<never>((_, reject) => {
    inner.signal.addEventListener("abort", () => reject(inner.signal.reason), { once: true });
  });
  terms.clock.sleep(terms.timeoutMs, timer.signal).then(
    () => inner.abort(new TimeoutError(terms.what, terms.timeoutMs)),
    () => {}, // the work was faster: the timer was called off below
  );
  try {
    return await Promise.race([work(inner.signal), aborted]);
  } finally {
    timer.abort(OVER);
    terms.signal?.removeEventListener("abort", giveUp);
    aborted.catch(() => {}); // nobody listens to the loser of the race
  }
}

/**
 * Waits for work, but no longer than `ms`: then the work goes on by itself, and its failure goes to `onLateFailure`.
 * @throws what the work throws in time
 */
export async function notLongerThan(
  ms: number,
  work: () => Promise<unknown>,
  { clock }: { readonly clock: Pick<Clock, "sleep"> },
  onLateFailure: (error: unknown) => void,
): Promise<void> {
  const isOver = new AbortController();
  let isLate = false;
  const done = work().catch((error) => {
    if (!isLate) throw error;
    onLateFailure(error);
  });
  const late = clock.sleep(ms, isOver.signal).then(
    () => {
      isLate = true;
    },
    () => {}, // the work is done
  );
  await Promise.race([done, late]).finally(() => isOver.abort(OVER));
}
