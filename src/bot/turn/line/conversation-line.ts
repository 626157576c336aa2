import { type Clock, OVER } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { Defer } from "../../../store/deferred-writes.js";
import type { Claim, ClaimResult, Store, Write } from "../../../store/store.js";
import { MAX_WAITING } from "../../access/limits.js";
import { compareMessageIds } from "../../port/conversation.js";
import { ASKER_PAUSES_MS, untilStored } from "../finish-turn.js";

/** Where a turn got in: it runs now, it waits behind others, or the line is full and it was not taken. */
export type Place = "running" | "waiting" | "full";

/** Where a question stands in the order of its conversation, over all replicas. */
export interface LinePlace {
  /** When it came (epoch ms). */
  readonly at: number;
  /** Decides between those that came at the same time. */
  readonly id: string;
}

export const isBefore = (a: LinePlace, b: LinePlace): boolean =>
  a.at === b.at ? compareMessageIds(a.id, b.id) < 0 : a.at < b.at;

export interface AddTerms {
  /** Whether it is accepted into a full line. */
  readonly isMissed?: boolean;
  /** When it came. Default: after those that are waiting. */
  readonly place?: LinePlace | undefined;
  /** Whether its place is before those that came later, instead of at the end. */
  readonly isByTime?: boolean;
}

export interface TurnQueue {
  /**
   * Takes a turn of a conversation; `run` must not throw. Conversations never wait for each other. A `missed` question
   * has its place also in a full line.
   */
  add(conversation: string, run: () => Promise<void>, terms?: AddTerms): Place;
  /** Whether a turn waits that comes before this place. */
  hasEarlier(conversation: string, place: LinePlace): boolean;
  /** What `add` would answer now. */
  placeFor(conversation: string): Place;
  /** Turns that run or wait, over all conversations. */
  size(): number;
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>;
  /** Resolves when nothing runs and nothing waits in the conversation. */
  idleIn(conversation: string): Promise<void>;
}

interface Waiting {
  readonly run: () => Promise<void>;
  readonly place: LinePlace;
}

const FIRST: LinePlace = { at: Number.NEGATIVE_INFINITY, id: "" };

function insert(line: Waiting[], run: () => Promise<void>, { place: given, isByTime }: AddTerms): void {
  const place = given ?? line.at(-1)?.place ?? FIRST;
  const index = isByTime ? line.findIndex((waiting) => isBefore(place, waiting.place)) : -1;
  line.splice(index < 0 ? line.length : index, 0, { run, place });
}

/** Runs one turn at a time per conversation, in order of arrival; `maxWaiting` turns may wait behind it. */
export function createTurnQueue(maxWaiting = MAX_WAITING): TurnQueue {
  /** The line of each busy conversation, without the turn that runs. */
  const lines = new Map<string, Waiting[]>();
  let listeners: { readonly isIdle: () => boolean; wake(): void }[] = [];

  const placeFor = (conversation: string): Place => {
    const line = lines.get(conversation);
    if (line === undefined) return "running";
    return line.length < maxWaiting ? "waiting" : "full";
  };
  const work = async (conversation: string, first: () => Promise<void>, line: Waiting[]) => {
    for (let run: (() => Promise<void>) | undefined = first; run !== undefined; run = line.shift()?.run) await run();
    lines.delete(conversation);
    const [idle, busy] = [listeners.filter(({ isIdle }) => isIdle()), listeners.filter(({ isIdle }) => !isIdle())];
    listeners = busy;
    for (const { wake } of idle) wake();
  };
  const when = (isIdle: () => boolean): Promise<void> =>
    isIdle() ? Promise.resolve() : new Promise((resolve) => listeners.push({ isIdle, wake: resolve }));
  return {
    placeFor,
    hasEarlier: (conversation, place) =>
      lines.get(conversation)?.some((waiting) => isBefore(waiting.place, place)) ?? false,
    add(conversation, run, { isMissed = false, isByTime = false, place: inOrder } = {}) {
      const free = placeFor(conversation);
      const place = free === "full" && isMissed ? "waiting" : free;
      if (place === "waiting") insert(lines.get(conversation) ?? [], run, { place: inOrder, isByTime });
      if (place === "running") {
        const line: Waiting[] = [];
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
  /** Whether other processes share the store now. */
  hasPeers(): boolean;
  /** Whether they do by now. Never rejects. */
  findPeers(): Promise<boolean>;
  readonly defer: Defer;
}

export interface LeaseTerms {
  readonly signal: AbortSignal;
  /** Called once when the lease was asked for: what is read then is read behind it, without another wait. */
  onAsk?(): void;
  /** Called once when another replica answers there. What was read until now may be old by its end. */
  onWait(): void;
  /** Whether no other replica has an earlier question there. Never rejects. Default: nobody has. */
  isNext?(): Promise<boolean>;
  /** Whether this process has an earlier one by now, which has to go first. */
  mustGiveWay?(): boolean;
}

/** Thrown where work gives way to what came earlier: it goes back to its place in line. */
export class GaveWay extends Error {}

/** The lease that work is done under. */
export interface Lease {
  /**
   * Frees it, with the last writes of open questions in one step. Without peers nobody waits for them, and they go with
   * the next write. @throws {StoreError} when they were not written
   */
  endWith(writes: readonly Write[]): Promise<void>;
}

/** A replica that is gone holds a conversation up for so long. */
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
/** How soon a line that another replica has left is taken up. */
const POLL_MS = 500;
/** How long another replica's earlier question is waited for while nobody answers there: until a kill is noticed. */
const NEXT_MS = 75_000;

export const leaseName = (conversation: string): string => `turn:${conversation}`;

/**
 * Runs `work` while no other process that shares the store answers in the conversation. A store that does not answer
 * holds nobody up for more than some 8 s: within this process the queue keeps the order anyway. While there are no
 * peers nothing is claimed: one that starts later sees it by the stored question, and by the lease once it is
 * taken. Work that is called off while it waits begins at once, to end as it then ends. @throws what `work` throws
 */
export async function withLease<T>(
  deps: LeaseDeps,
  conversation: string,
  terms: LeaseTerms,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const { store, hasPeers, defer, log } = deps;
  const lease: { claim: Claim | undefined } = { claim: await take(deps, conversation, terms) };
  const isOver = new AbortController();
  let isFree = false;
  // It is only called off, when the work is over.
  keepLease(deps, conversation, lease, isOver.signal).catch(() => {});
  try {
    return await work({
      async endWith(writes) {
        const { claim } = lease;
        if (claim === undefined && !hasPeers()) return defer("open", () => store.write(writes));
        isFree = claim !== undefined && (await store.commit(claim, writes));
        // Without the lease, or when it was lost, what is to be written is as right.
        if (!isFree) await store.write(writes);
      },
    });
  } finally {
    isOver.abort(OVER);
    if (lease.claim !== undefined && !isFree) await free(store, lease.claim, log);
  }
}

const free = (store: Store, claim: Claim, log: Log): Promise<unknown> =>
  store.commit(claim, []).catch((error) => log.warn({ error }, "lease was not released, it expires"));

/** Renews the lease, or takes it once there are peers. @throws over.reason when the work is over */
async function keepLease(
  deps: LeaseDeps,
  conversation: string,
  lease: { claim: Claim | undefined },
  over: AbortSignal,
): Promise<void> {
  const { store, clock, log, hasPeers } = deps;
  while (lease.claim === undefined) {
    await clock.sleep(RENEW_MS, over);
    // One attempt: a later one could take the lease from the next question, once this work is over.
    const result = hasPeers() ? await askFor(deps, conversation, []) : undefined;
    if (result?.held !== true) continue;
    if (over.aborted) return void (await free(store, result.claim, log));
    lease.claim = result.claim;
  }
  await keepClaim(deps, lease.claim, over);
}

/** Undefined: the store gave no answer, by default for 8 s. Never rejects. */
const askFor = (
  deps: LeaseDeps,
  conversation: string,
  pausesMs: readonly number[] = ASKER_PAUSES_MS,
): Promise<ClaimResult | undefined> => {
  const claim = () => deps.store.claim(leaseName(conversation), { ttlMs: LEASE_MS, isReentrant: true });
  return untilStored(claim, deps, pausesMs).catch((error) => {
    deps.log.warn({ error }, "conversation is answered without a lease");
    return undefined;
  });
};

async function take(deps: LeaseDeps, conversation: string, terms: LeaseTerms) {
  const { store, clock, log } = deps;
  const { signal, onAsk, onWait, isNext = async () => true, mustGiveWay } = terms;
  let freeMs = 0;
  const isShared = deps.hasPeers() || deps.findPeers();
  if (isShared !== true) onAsk?.();
  const isSharedFromStart = await isShared;
  for (let hasWaited = false; ; hasWaited = true) {
    // Another process may have come while it waited.
    const isAlone = !isSharedFromStart && !deps.hasPeers();
    const claiming = isAlone ? undefined : askFor(deps, conversation);
    if (!hasWaited && isShared === true) onAsk?.();
    // Together, so that nobody waits for it who need not.
    const [result, mayGo] = await Promise.all([claiming, isNext()]);
    if (result === undefined && !isAlone) return undefined;
    if (result === undefined || result.held) {
      if (mayGo || freeMs >= NEXT_MS) return result?.claim;
      freeMs += POLL_MS;
      if (result !== undefined) await free(store, result.claim, log);
    }
    if (!hasWaited) onWait();
    const isCalledOff = await clock.sleep(POLL_MS, signal).then(
      () => false,
      () => true,
    );
    if (isCalledOff) return undefined;
    if (mustGiveWay?.()) throw new GaveWay();
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
      log.warn({ error }, "lease was not renewed, retrying in the next round");
      return true;
    });
    if (!isOurs) return log.warn({ name: claim.name }, "lease was lost: this process did not renew it in time");
  }
}
