/** Discord allows 50 calls in any second: 4 at once and one every 24 ms are 46, and calls may arrive closer together. */
const GAP_MS = 24;
const AT_ONCE = 4;

/**
 * Returns what waits for a call's turn, first come, first served, so that no second has more than Discord allows.
 * @param {{ now(): number, sleep(ms: number, signal?: AbortSignal): Promise<void> }} clock in ms
 * @returns {(signal?: AbortSignal) => Promise<void>} rejects when the signal aborts first
 */
export function createTurns({ now, sleep }) {
  /** When the calls so far would all have gone out, one in each gap. */
  let spentUntil = Number.NEGATIVE_INFINITY;
  /** @type {Promise<unknown>} */
  let before = Promise.resolve();
  return (signal) => {
    const turn = before.then(async () => {
      signal?.throwIfAborted();
      const waitMs = spentUntil - (AT_ONCE - 1) * GAP_MS - now();
      if (waitMs > 0) await sleep(waitMs, signal);
      // By when it really goes: a process that stood still must not catch up.
      spentUntil = Math.max(spentUntil, now()) + GAP_MS;
    });
    before = turn.catch(() => {});
    return turn;
  };
}
