/** News for one waiter, in order; what comes early is kept for it. */
export interface Inbox<News> {
  take(news: News): void;
  /** Nothing more will come. */
  fail(error: Error): void;
  /** One at a time. @throws what `fail` was given @throws signal.reason when aborted */
  next(signal: AbortSignal | undefined): Promise<News>;
}

export function createInbox<News>(): Inbox<News> {
  let early: readonly News[] = [];
  let failure: Error | undefined;
  let settle = () => {};
  return {
    take(news) {
      early = [...early, news];
      settle();
    },
    fail(error) {
      failure = error;
      settle();
    },
    async next(signal) {
      signal?.throwIfAborted();
      if (early.length === 0 && failure === undefined) {
        const settled = new Promise<void>((resolve) => {
          settle = resolve;
        });
        signal?.addEventListener("abort", settle);
        await settled;
        signal?.removeEventListener("abort", settle);
        signal?.throwIfAborted();
      }
      const [first, ...others] = early;
      early = others;
      if (first !== undefined) return first;
      throw failure ?? new Error("somebody else took the news");
    },
  };
}
