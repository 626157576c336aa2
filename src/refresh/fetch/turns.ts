/**
 * Gives each caller a turn of the event loop of its own, in the order of their calls: what many lists do at the same
 * moment then holds up a chat for as long as one of them does, and not for all of them together.
 */
export function createTurns(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
}
