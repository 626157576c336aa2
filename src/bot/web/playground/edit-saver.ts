import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";

export interface EditSaverDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Stores a message as it is now. @throws {StoreError} */
  save(channel: string, id: string): Promise<void>;
}

/** Stores the texts of streaming answers not too often, and always before their end is acknowledged. */
export interface EditSaver {
  /** The text has changed: it is stored at once, or a second after the last time. */
  note(channel: string, id: string): void;
  /** Stores what waits in this channel (everywhere when unset). @throws {StoreError} */
  flush(channel?: string): Promise<void>;
}

/** A kill loses at most this much of a text that was shown. */
const SAVE_GAP_MS = 1_000;

interface Unsaved {
  readonly channel: string;
  readonly id: string;
  /** Ends the wait for the next time that it may be stored. */
  readonly timer: AbortController;
}

export function createEditSaver({ clock, log, save }: EditSaverDeps): EditSaver {
  const unsaved = new Map<string, Unsaved>();
  const saving = new Set<Promise<void>>();
  const savedAt = new Map<string, number>();

  const forgetOld = (now: number) => {
    for (const [key, at] of savedAt) if (now - at > SAVE_GAP_MS) savedAt.delete(key);
  };
  const store = async (key: string, entry: Unsaved) => {
    unsaved.delete(key);
    forgetOld(clock.now());
    savedAt.set(key, clock.now());
    try {
      await save(entry.channel, entry.id);
    } catch (error) {
      unsaved.set(key, entry); // the next edit or flush tries again
      throw error;
    }
  };
  /** Stores an entry so that a flush in the meantime waits for it. */
  const storeSeen = (key: string, entry: Unsaved) => {
    const task = store(key, entry);
    const settled: Promise<void> = task.then(
      () => void saving.delete(settled),
      () => void saving.delete(settled),
    );
    saving.add(settled);
    return task;
  };
  const storeQuietly = (key: string, entry: Unsaved) => {
    storeSeen(key, entry).catch((error) => log.warn({ error }, "a text was not stored; it is tried again"));
  };

  return {
    note(channel, id) {
      const key = `${channel}#${id}`;
      if (unsaved.get(key)?.timer.signal.aborted === false) return;
      const entry: Unsaved = { channel, id, timer: new AbortController() };
      const gapMs = (savedAt.get(key) ?? Number.NEGATIVE_INFINITY) + SAVE_GAP_MS - clock.now();
      if (gapMs <= 0) return storeQuietly(key, entry);
      unsaved.set(key, entry);
      clock.sleep(Math.min(gapMs, SAVE_GAP_MS), entry.timer.signal).then(
        () => {
          entry.timer.abort();
          storeQuietly(key, entry);
        },
        () => {}, // flushed before
      );
    },
    async flush(channel) {
      await Promise.all(saving);
      const due = [...unsaved].filter(([, entry]) => channel === undefined || entry.channel === channel);
      for (const [, entry] of due) entry.timer.abort();
      await Promise.all(due.map(([key, entry]) => storeSeen(key, entry)));
    },
  };
}
