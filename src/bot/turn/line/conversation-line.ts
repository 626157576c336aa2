import { type Clock, OVER } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { Claim, Store, Write } from "../../../store/store.js";
import { MAX_WAITING } from "../../access/access.js";

/** Where a turn got in: it runs now, it waits behind others, or the line is full and it was not taken. */
export type Place = "running" | "waiting" | "full";

export interface TurnQueue {
  /**
   * Takes a turn of a conversation; `run` must not throw. Conversations never wait for each other. A `missed` question
   * has its place also in a full line.
   */
  add(conversation: string, run: () => Promise<void>, terms?: { readonly isMissed: boolean }): Place;
  /** What `add` would answer now. */
  placeFor(conversation: string): Place;
  /** Turns that run or wait, over all conversations. */
  size(): number;
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>;
  /** Resolves when nothing runs and nothing waits in the conversation. */
  idleIn(conversation: string): Promise<void>;
}

/** Runs one turn at a time per conversation, in order of arrival; `maxWaiting` turns may wait behind it. */
export function createTurnQueue(maxWaiting = MAX_WAITING): TurnQueue {
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
    add(conversation, run, { isMissed = false } = { isMissed: false }) {
      const free = placeFor(conversation);
      const place = free === "full" && isMissed ? "waiting" : free;
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

export interface LeaseDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LeaseTerms {
  readonly signal: AbortSignal;
  /** Called once when the store was asked for the lease: what is read then is read behind it, without another wait. */
  onAsk?(): void;
  /** Called once when another replica answers there. What was read until now may be old by its end. */
  onWait(): void;
}

/** The lease that work is done under. */
export interface Lease {
  /** Frees it, with the last writes in one step. @throws {StoreError} when they were not written */
  endWith(writes: readonly Write[]): Promise<void>;
}

/** A replica that is gone holds a conversation up for so long. */
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
/** How soon a line that another replica has left is taken up. */
const POLL_MS = 500;

export const leaseName = (conversation: string): string => `turn:${conversation}`;

/**
 * Runs `work` while no other process that shares the store answers in the conversation. A store that does not answer
 * holds nobody up: within this process the queue keeps the order all the same.
 * Work that is called off while it waits begins at once, to end as it then ends. @throws what `work` throws
 */
export async function withLease<T>(
  deps: LeaseDeps,
  conversation: string,
  terms: LeaseTerms,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const claim = await take(deps, conversation, terms);
  const isOver = new AbortController();
  let isFree = claim === undefined;
  // It is only called off, when the work is over.
  if (claim !== undefined) keepClaim(deps, claim, isOver.signal).catch(() => {});
  try {
    return await work({
      async endWith(writes) {
        isFree = claim !== undefined && (await deps.store.commit(claim, writes));
        // Without the lease, or when it was lost, what is to be written is as right.
        if (!isFree) await deps.store.write(writes);
      },
    });
  } finally {
    isOver.abort(OVER);
    if (claim !== undefined && !isFree)
      await deps.store.commit(claim, []).catch((error) => deps.log.warn({ error }, "a lease ends by itself"));
  }
}

async function take({ store, clock, log }: LeaseDeps, conversation: string, { signal, onAsk, onWait }: LeaseTerms) {
  for (let hasWaited = false; ; hasWaited = true) {
    const claiming = store.claim(leaseName(conversation), { ttlMs: LEASE_MS, isReentrant: true }).catch((error) => {
      log.warn({ error }, "a conversation is answered in without its lease");
      return undefined;
    });
    if (!hasWaited) onAsk?.();
    const result = await claiming;
    if (result === undefined) return undefined;
    if (result.held) return result.claim;
    if (!hasWaited) onWait();
    const isCalledOff = await clock.sleep(POLL_MS, signal).then(
      () => false,
      () => true,
    );
    if (isCalledOff) return undefined;
  }
}

/** Renews a claim every few seconds until it is lost. @throws over.reason when the work is over */
export async function keepClaim(
  { store, clock, log }: { readonly store: Pick<Store, "renew"> } & Pick<LeaseDeps, "clock" | "log">,
  claim: Claim,
  over: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(RENEW_MS, over);
    const isOurs = await store.renew(claim, LEASE_MS).catch((error) => {
      log.warn({ error }, "a lease was not renewed; the next round tries again");
      return true;
    });
    if (!isOurs) return log.warn({ name: claim.name }, "a lease was lost: this process was silent for too long");
  }
}
