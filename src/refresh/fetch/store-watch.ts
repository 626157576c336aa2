import type { Log } from "../../base/log.js";

/** A store may still be read where nothing can be written any more, as on a full disk. */
export type StoreUse = "reading" | "claiming";

/** Whether the store can be used, as the refresh last found it. */
export interface StoreWatch {
  isDown(): boolean;
  /** How it went; `error` unset: well. Said once when it goes down, and once when it is back. */
  note(use: StoreUse, error?: unknown): void;
}

export function createStoreWatch(log: Log): StoreWatch {
  const failing = new Set<StoreUse>();
  /** Since it was last read: where nobody claims anything any more, the next look forgets it. */
  let hasClaimFailed = false;
  return {
    isDown: () => failing.size > 0,
    note(use, error) {
      const wasDown = failing.size > 0;
      if (error === undefined) failing.delete(use);
      else failing.add(use);
      if (use === "claiming") hasClaimFailed = error !== undefined;
      else if (error === undefined) {
        if (!hasClaimFailed) failing.delete("claiming");
        hasClaimFailed = false;
      }
      const isDown = failing.size > 0;
      if (isDown && !wasDown) {
        log.warn({ error }, "The store cannot be reached; the lists in memory are served until it is back");
      }
      if (wasDown && !isDown) log.info({}, "The store is back");
    },
  };
}
