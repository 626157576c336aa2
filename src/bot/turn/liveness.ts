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

/** Tells which of the processes on one store still live, so that nobody ends another's answers. */
export interface Liveness {
  /** Certainly ended, or silent for so long that its answers are taken for broken off. @throws {StoreError} */
  isGone(owner: string): Promise<boolean>;
  /** Whether others gave signs of life lately, as it was known at the last round. */
  hasPeers(): boolean;
  /** Gives a first sign of life, and goes on. @throws {StoreError} when the first one was not stored */
  start(): Promise<void>;
  /** Takes the sign away, so that others need not wait for what this process leaves behind. */
  stop(): Promise<void>;
}

const BEAT_MS = 30_000;
/** Three signs missed. */
const SILENT_MS = 90_000;

const signRow = z.object({ at: z.number() });

export function createLiveness({ store, clock, log, owner }: LivenessDeps): Liveness {
  const signs = store.values("processes");
  let stopRounds = () => {};
  const isSilent = (sign: unknown) => clock.now() - (signRow.safeParse(sign).data?.at ?? 0) > SILENT_MS;
  let peers = 0;
  const give = async () => {
    await signs.set(owner, { at: clock.now() });
    peers = (await signs.entries()).filter(([other, sign]) => other !== owner && !isSilent(sign)).length;
  };
  return {
    async isGone(other) {
      if (other === owner) return false;
      // In a container every process has the same host and number: whoever had them before this one has ended.
      if (hasEnded(other) || other.startsWith(`${hostname()}/${process.pid}/`)) return true;
      return isSilent((await signs.getMany([other]))[0]);
    },
    hasPeers: () => peers > 0,
    async start() {
      const silent = (await signs.entries()).filter(([, sign]) => isSilent(sign));
      await Promise.all(silent.map(([key]) => signs.delete(key)));
      await give();
      stopRounds = startRounds({ clock, log, everyMs: BEAT_MS, what: "a sign of life", work: give });
    },
    async stop() {
      stopRounds();
      await signs.delete(owner).catch((error) => log.warn({ error }, "the sign of life stays until it is old"));
    },
  };
}
