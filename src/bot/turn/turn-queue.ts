/** Where a turn got in: it runs now, it waits behind others, or the line is full and it was not taken. */
export type Place = "running" | "waiting" | "full";

export interface TurnQueue {
  /** Takes a turn of a conversation; `run` must not throw. Conversations never wait for each other. */
  add(conversation: string, run: () => Promise<void>): Place;
  /** What `add` would answer now. */
  placeFor(conversation: string): Place;
  /** Turns that run or wait, over all conversations. */
  size(): number;
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>;
  /** The same of one conversation. */
  idleIn(conversation: string): Promise<void>;
}

/** One turn at a time per conversation, in order of arrival, with a bounded line. */
export function createTurnQueue(maxWaiting = 5): TurnQueue {
  /** The line of each busy conversation, without the turn that runs. */
  const lines = new Map<string, (() => Promise<void>)[]>();
  let listeners: { readonly isIdle: () => boolean; wake(): void }[] = [];

  const placeFor = (conversation: string): Place => {
    const line = lines.get(conversation);
    if (line === undefined) return "running";
    return line.length < maxWaiting ? "waiting" : "full";
  };
  const work = async (conversation: string, first: () => Promise<void>, line: (() => Promise<void>)[]) => {
    for (let run: (() => Promise<void>) | undefined = first; run !== undefined; run = line.shift()) await run();
    lines.delete(conversation);
    const [idle, busy] = [listeners.filter(({ isIdle }) => isIdle()), listeners.filter(({ isIdle }) => !isIdle())];
    listeners = busy;
    for (const { wake } of idle) wake();
  };
  const when = (isIdle: () => boolean): Promise<void> =>
    isIdle() ? Promise.resolve() : new Promise((resolve) => listeners.push({ isIdle, wake: resolve }));
  return {
    placeFor,
    add(conversation, run) {
      const place = placeFor(conversation);
      if (place === "waiting") lines.get(conversation)?.push(run);
      if (place === "running") {
        const line: (() => Promise<void>)[] = [];
        lines.set(conversation, line);
        void work(conversation, run, line);
      }
      return place;
    },
    size: () => [...lines.values()].reduce((sum, line) => sum + line.length + 1, 0),
    idle: () => when(() => lines.size === 0),
    idleIn: (conversation) => when(() => !lines.has(conversation)),
  };
}
