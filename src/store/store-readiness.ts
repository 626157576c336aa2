import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Store } from "./store.js";

export interface StoreReadinessDeps {
  readonly store: Pick<Store, "write">;
  readonly clock: Clock;
  readonly log: Log;
  /** This process among all that share the store. */
  readonly owner: string;
}

/** Tells whether the store takes what it is given. */
export interface StoreReadiness {
  /** Called with how each call ends. The first failed write starts probing, which goes on until a probe is stored. */
  onStoreCall(operation: string, isDone: boolean): void;
  /** What is wrong, once nothing could be stored for 10 s. */
  fault(): string | undefined;
  stop(): void;
}

/** How long a store may fail (ms) before the bot reports that it is not ready. */
const TOLERATED_MS = 10_000;
const PROBE_EVERY_MS = 1_000;
/** Size of a probe: that of a long answer, since a few bytes may still fit on a full disk. */
const PROBE_CHARS = 65_536;

export function createStoreReadiness({ store, clock, log, owner }: StoreReadinessDeps): StoreReadiness {
  const stopping = new AbortController();
  let storedAt = clock.now();
  /** What the last probe failed with; set while nothing can be stored. */
  let failure: { readonly text?: string } | undefined;

  const probe = async () => {
    // The heartbeat's own row, which the next heartbeat makes small again and a stop deletes.
    const value = { at: clock.now(), probe: "x".repeat(PROBE_CHARS) };
    await store.write([{ table: "processes", key: owner, value }]);
  };
  const probeUntilStored = async () => {
    for (let isTold = false; ; ) {
      try {
        await probe();
        break;
      } catch (error) {
        failure = { text: messageOf(error) };
        if (!isTold && clock.now() - storedAt > TOLERATED_MS) {
          isTold = true;
          log.error({ error }, "store: nothing could be stored for 10 s; not ready until it accepts writes again");
        }
      }
      await clock.sleep(PROBE_EVERY_MS, stopping.signal);
    }
    if (clock.now() - storedAt > TOLERATED_MS) log.info({ outageMs: clock.now() - storedAt }, "store: recovered");
    failure = undefined;
    storedAt = clock.now();
  };
  return {
    onStoreCall(operation, isDone) {
      if (operation === "read" || failure !== undefined || stopping.signal.aborted) return;
      if (isDone) {
        storedAt = clock.now();
        return;
      }
      failure = {};
      probeUntilStored().catch(() => {}); // stopped
    },
    fault: () =>
      failure?.text !== undefined && clock.now() - storedAt > TOLERATED_MS
        ? `nothing can be stored since ${new Date(storedAt).toISOString()}: ${failure.text}`
        : undefined,
    stop: () => stopping.abort(),
  };
}
