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
  /**
   * Whether a process has ended: the kernel that it ran on says so, it has no heartbeat, or its heartbeat has stood
   * still for the 45 s that this process has watched it. @throws {StoreError}
   */
  isGone(owner: string): Promise<boolean>;
  /** Whether other processes sent a heartbeat lately, as of the last round. */
  hasPeers(): boolean;
  /** Looks whether they did by now; as of the last round where the store does not tell. Never rejects. */
  findPeers(): Promise<boolean>;
  /** How many processes there are, this one included, as of the last round. */
  replicas(): number;
  /** Stores a first heartbeat, and goes on. @throws {StoreError} when the first one was not stored */
  start(): Promise<void>;
  /**
   * Tells the others that this process stops; resolves with whether one of them goes on, as of the last round where the
   * store does not tell. The last one to stop finds none. Never rejects.
   */
  leave(): Promise<boolean>;
  /** Removes the heartbeat, so that others need not wait to end what this process leaves behind. */
  stop(): Promise<void>;
}

const BEAT_MS = 10_000;
/** Four heartbeats missed. */
const SILENT_MS = 45_000;
/** Watching starts again after a longer pause, as in an outage of the store or a sleep of the machine. */
const MAX_GAP_MS = 30_000;
/** No answer runs for as long, whatever the clocks of two machines say. */
const LONG_GONE_MS = 3_600_000;

const heartbeatRow = z.object({
  at: z.number(),
  /** Whether the process is shutting down: it finishes its answers, and stops. */
  isLeaving: z.boolean().optional(),
});

/** Compares heartbeats with each other and never with the clock, as the clocks of two machines differ. */
function createWatch({ now }: Pick<Clock, "now">) {
  const seen = new Map<string, { readonly heartbeat: string; readonly since: number }>();
  let lookedAt = now();
  return {
    /** Whether a process has been silent for long enough, given its heartbeat as it is stored now. */
    isSilent(owner: string, row: unknown): boolean {
      const last = seen.get(owner);
      const heartbeat = JSON.stringify(row);
      if (now() - lookedAt > MAX_GAP_MS) seen.clear();
      lookedAt = now();
      if (now() - (heartbeatRow.safeParse(row).data?.at ?? 0) > LONG_GONE_MS && last === undefined) return true;
      if (last?.heartbeat === heartbeat && seen.has(owner)) return now() - last.since >= SILENT_MS;
      seen.set(owner, { heartbeat, since: now() });
      return false;
    },
    keepOnly(owners: ReadonlySet<string>): void {
      lookedAt = now();
      for (const owner of [...seen.keys()].filter((each) => !owners.has(each))) seen.delete(owner);
    },
  };
}

export function createLiveness({ store, clock, log, owner }: LivenessDeps): Liveness {
  const heartbeats = store.values("processes");
  const watch = createWatch(clock);
  let stopRounds = () => {};
  let peers = 0;
  let isLeaving = false;
  /** Stores a sign of life, and reads those of the others. */
  const exchange = async () => {
    await heartbeats.set(owner, { at: clock.now(), ...(isLeaving && { isLeaving }) });
    return (await heartbeats.entries()).filter(([other]) => other !== owner);
  };
  const beat = async () => {
    const others = await exchange();
    const gone = others.filter(([other, row]) => hasEnded(other) || watch.isSilent(other, row)).map(([other]) => other);
    watch.keepOnly(new Set(others.map(([other]) => other)));
    peers = others.length - gone.length;
    // Who has no heartbeat counts as gone, so nothing is lost with it.
    if (gone.length > 0)
      await store.write(gone.map((other) => ({ table: "processes", key: other, value: undefined }) as const));
  };
  return {
    async isGone(other) {
      if (other === owner) return false;
      if (other === "" || hasEnded(other)) return true;
      const [row] = await heartbeats.getMany([other]);
      return row === undefined || watch.isSilent(other, row);
    },
    hasPeers: () => peers > 0,
    async findPeers() {
      const others = await heartbeats.entries().catch(() => []);
      const alive = others.filter(([other]) => other !== owner && !hasEnded(other));
      peers = Math.max(peers, alive.length);
      return peers > 0;
    },
    replicas: () => peers + 1,
    async leave() {
      isLeaving = true;
      try {
        const goesOn = ([other, row]: readonly [string, unknown]) =>
          heartbeatRow.safeParse(row).data?.isLeaving !== true && !hasEnded(other) && !watch.isSilent(other, row);
        return (await exchange()).some(goesOn);
      } catch (error) {
        log.warn({ error }, "other replicas learn late that this one stops");
        return peers > 0;
      }
    },
    async start() {
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
