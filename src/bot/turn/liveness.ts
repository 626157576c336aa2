import { hostname } from "node:os";
import { z } from "zod";
import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { startRounds } from "../../base/rounds.js";
import { hasEnded } from "../../store/process-owner.js";
import type { Store } from "../../store/store.js";

export interface LivenessDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** This process among all that share the store. */
  readonly owner: string;
}

/** Tells which of the processes on one store are alive, so that nobody ends another's answers. */
export interface Liveness {
  /** Whether a process has ended, or sent no heartbeat for 90 s. @throws {StoreError} */
  isGone(owner: string): Promise<boolean>;
  /** Whether other processes sent a heartbeat lately, as of the last round. */
  hasPeers(): boolean;
  /** Stores a first heartbeat, and goes on. @throws {StoreError} when the first one was not stored */
  start(): Promise<void>;
  /** Removes the heartbeat, so that others need not wait to end what this process leaves behind. */
  stop(): Promise<void>;
}

const BEAT_MS = 30_000;
/** Three heartbeats missed. */
const SILENT_MS = 90_000;

const heartbeatRow = z.object({ at: z.number() });

export function createLiveness({ store, clock, log, owner }: LivenessDeps): Liveness {
  const heartbeats = store.values("processes");
  let stopRounds = () => {};
  const isSilent = (heartbeat: unknown) => clock.now() - (heartbeatRow.safeParse(heartbeat).data?.at ?? 0) > SILENT_MS;
  let peers = 0;
  const beat = async () => {
    await heartbeats.set(owner, { at: clock.now() });
    peers = (await heartbeats.entries()).filter(([other, heartbeat]) => other !== owner && !isSilent(heartbeat)).length;
  };
  return {
    async isGone(other) {
      if (other === owner) return false;
      // In a container every process has the same host and number: whoever had them before this one has ended.
      if (hasEnded(other) || other.startsWith(`${hostname()}/${process.pid}/`)) return true;
      return isSilent((await heartbeats.getMany([other]))[0]);
    },
    hasPeers: () => peers > 0,
    async start() {
      const silent = (await heartbeats.entries()).filter(([, heartbeat]) => isSilent(heartbeat));
      await Promise.all(silent.map(([key]) => heartbeats.delete(key)));
      await beat();
      stopRounds = startRounds({ clock, log, everyMs: BEAT_MS, what: "the heartbeat", work: beat });
    },
    async stop() {
      stopRounds();
      await heartbeats
        .delete(owner)
        .catch((error) => log.warn({ error }, "the heartbeat could not be removed; it expires by itself"));
    },
  };
}
