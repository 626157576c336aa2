import type { Clock } from "../../../../base/clock.js";
import { withDeadline } from "../../../../base/deadline.js";
import { messageOf } from "../../../../base/errors.js";
import type { Log } from "../../../../base/log.js";
import { startRounds } from "../../../../base/rounds.js";
import { hasEnded } from "../../../../store/process-owner.js";
import type { Claim, Store, Write } from "../../../../store/store.js";
import { planShards, type ShardFacts } from "./plan-shards.js";
import type { ShardSession, ShardTable, shardRows } from "./shard-rows.js";

export interface ShardLeasesDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** This process among all that share the store. */
  readonly owner: string;
  /** The name of its machine, for people. */
  readonly host: string;
  readonly rows: ReturnType<typeof shardRows>;
  readonly shardCount: number;
  /**
   * The shard is this replica's: it goes on with the session, which has described these servers, or with a new one.
   * Never throws.
   */
  onTake(shard: number, session: ShardSession | undefined, servers: readonly string[]): void;
  /**
   * The shard is no longer this replica's: resolves with its session, which another one goes on with where
   * `canBeResumed`, when nothing more of it is received.
   */
  onGive(shard: number, canBeResumed: boolean): Promise<ShardSession | undefined>;
  /** The session as it stands now. */
  sessionOf(shard: number): ShardSession | undefined;
  /** The servers that the shard tells of; one object until one comes or goes. */
  serversOf(shard: number): readonly string[];
}

/** Which replica has which shards, as of the last look. */
export interface ShardHolder {
  readonly host: string;
  readonly isOwn: boolean;
  readonly shards: readonly number[];
}

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
/** How soon a shard that was handed over is taken. */
const LOOK_MS = 2_500;
/** A replica that has missed a sign of life: its shards are tried, and become free when their leases end. */
const LATE_MS = 13_000;
/** One whose leases have ended. */
const GONE_MS = LEASE_MS + LOOK_MS;
/** Ending a connection is a matter of one round trip. */
const GIVE_MS = 3_000;

interface Held {
  readonly claim: Claim;
  renewedAt: number;
}

/**
 * Keeps the leases of this replica's shards, and its share of all of them fair: a replica that stops hands its shards
 * over at once, one that is killed when their leases end, and a new one is given its share one shard at a time.
 */
export class ShardLeases {
  readonly #deps: ShardLeasesDeps;
  readonly #held = new Map<number, Held>();
  /** By replica: its last sign of life and when it was seen first. */
  readonly #beats = new Map<string, { readonly beat: number; readonly at: number }>();
  /** The other replicas that can have a share, as of the last look that the store let happen. */
  #alive: readonly string[] = [];
  #left: ReadonlySet<number> = new Set();
  #table: ShardTable = { replicas: new Map(), shards: new Map() };
  /** The servers of each shard as they were stored last. */
  readonly #stored = new Map<number, readonly string[]>();
  #beat = 0;
  #beatAt = Number.NEGATIVE_INFINITY;
  #hasLooked = false;
  #looking: Promise<void> = Promise.resolve();
  #isLeaving = false;
  #stopRounds = () => {};

  constructor(deps: ShardLeasesDeps) {
    this.#deps = deps;
  }

  /** Claims this replica's share, and goes on looking. Alone that is every shard. @throws {StoreError} */
  async start(): Promise<void> {
    const { clock, log } = this.#deps;
    const work = () => {
      this.#looking = this.#look();
      return this.#looking;
    };
    await work();
    if (!this.#isLeaving)
      this.#stopRounds = startRounds({ clock, log, everyMs: LOOK_MS, what: "keeping Discord's shards", work });
  }

  /** The shards of this replica. */
  held(): readonly number[] {
    return [...this.#held.keys()];
  }

  anySession(): ShardSession | undefined {
    return [...this.#table.shards.values()].flatMap(({ session }) => session ?? [])[0];
  }

  holders(): readonly ShardHolder[] {
    const { owner, host, shardCount } = this.#deps;
    const all = Array.from({ length: shardCount }, (_, shard) => ({ shard, holder: this.#holderOf(shard) }));
    const of = (name: string) => all.filter(({ holder }) => holder === name).map(({ shard }) => shard);
    const others = [...this.#table.replicas].filter(([name]) => name !== owner);
    return [
      { host, isOwn: true, shards: of(owner) },
      ...others.map(([name, row]) => ({ host: row.host, isOwn: false, shards: of(name) })),
    ];
  }

  /** How many replicas there are, itself included. */
  replicas(): number {
    return this.#alive.length + 1;
  }

  /** Hands every shard to the other replicas, where there are any, and takes no more. Never rejects. */
  async handOver(): Promise<void> {
    if (this.#alive.length > 0) await this.stop();
  }

  /** Hands every shard over, or ends its session where no other replica goes on with it. Never rejects. */
  async stop(): Promise<void> {
    const { store, rows, owner, log } = this.#deps;
    const canBeResumed = this.#alive.length > 0;
    this.#isLeaving = true;
    this.#stopRounds();
    await this.#looking.catch(() => {}); // was logged
    await Promise.all([
      ...this.held().map((shard) => this.#give(shard, undefined, canBeResumed)),
      store
        .write([rows.replica(owner, undefined)])
        .catch((error) => log.warn({ error }, "discord: shard leases were not released, they expire")),
    ]);
  }

  async #look(): Promise<void> {
    const { rows, owner } = this.#deps;
    const isFirst = !this.#hasLooked;
    await this.#keep();
    this.#table = await rows.read();
    this.#note();
    this.#hasLooked = true;
    const isAlone = [...this.#table.replicas.keys()].every((name) => name === owner);
    // Then nothing is to be planned.
    if (isAlone && this.#held.size === this.#deps.shardCount) {
      this.#alive = [];
      this.#left = new Set();
      return;
    }
    const alive = this.#findAlive();
    this.#alive = alive;
    const facts = this.#facts(isFirst);
    const plan = planShards(owner, alive, facts);
    // After a look that this one alone made: sessions of an earlier run are too old to go on with.
    const mayResume = !isFirst || alive.length > 0;
    if (!this.#isLeaving) await Promise.all(plan.take.map((shard) => this.#take(shard, mayResume)));
    this.#left = new Set(facts.filter(({ holder }) => holder === undefined).map(({ shard }) => shard));
    await this.#giveShare(plan.giveTo);
  }

  /** One shard a look, so that a new replica brings no storm; one without a session costs nobody anything. */
  async #giveShare(giveTo: readonly string[]): Promise<void> {
    const idle = this.held().filter((shard) => this.#deps.sessionOf(shard) === undefined);
    const last = this.held()
      .filter((shard) => !idle.includes(shard))
      .slice(-1);
    const moving = [...idle, ...last].slice(0, Math.max(1, idle.length));
    const count = this.#isLeaving ? 0 : Math.min(giveTo.length, moving.length);
    await Promise.all(moving.slice(0, count).map((shard, index) => this.#give(shard, giveTo[index], true)));
  }

  #holderOf(shard: number): string | undefined {
    if (this.#held.has(shard)) return this.#deps.owner;
    const owner = this.#table.shards.get(shard)?.owner ?? undefined;
    return owner === this.#deps.owner ? undefined : owner;
  }

  /** At the first look nobody is known to be alive: claims tell, so that a lease that has ended is not waited for. */
  #facts(isFirst: boolean): readonly ShardFacts[] {
    return Array.from({ length: this.#deps.shardCount }, (_, shard) => {
      const holder = this.#holderOf(shard);
      const isOther = holder !== undefined && holder !== this.#deps.owner;
      const isLate = isOther && (isFirst || this.#silentMs(holder) >= LATE_MS);
      const to = this.#table.shards.get(shard)?.to;
      const isLeft = this.#left.has(shard) || (isFirst && isOther);
      return { shard, holder: isLate ? undefined : holder, to, isLeft };
    });
  }

  /** How long a replica has given no sign of life; those that have ended or said so never give one again. */
  #silentMs(name: string): number {
    const beat = this.#beats.get(name);
    return beat === undefined || hasEnded(name) ? Number.POSITIVE_INFINITY : this.#deps.clock.now() - beat.at;
  }

  /** Beats are compared with each other and not with the clock, as the clocks of two machines differ. */
  #note(): void {
    const { replicas } = this.#table;
    for (const [name, { beat }] of replicas)
      if (this.#beats.get(name)?.beat !== beat) this.#beats.set(name, { beat, at: this.#deps.clock.now() });
    for (const name of [...this.#beats.keys()]) if (!replicas.has(name)) this.#beats.delete(name);
  }

  #findAlive(): readonly string[] {
    return [...this.#beats.keys()].filter((name) => name !== this.#deps.owner && this.#silentMs(name) < LATE_MS);
  }

  /** Renews what is held, gives a sign of life, and stores how far the sessions are. @throws {StoreError} */
  async #keep(): Promise<void> {
    const { clock, store, rows, owner, host } = this.#deps;
    if (clock.now() - this.#beatAt < RENEW_MS) return;
    await Promise.all([...this.#held].map(([shard, held]) => this.#renew(shard, held)));
    const gone = [...this.#beats.keys()].filter((name) => name !== owner && this.#silentMs(name) >= GONE_MS);
    this.#beat += 1;
    const writes = [
      rows.replica(owner, { beat: this.#beat, host }),
      ...gone.map((name) => rows.replica(name, undefined)),
      ...(this.#alive.length > 0 ? this.held().flatMap((shard) => this.#writesOf(shard)) : []),
    ];
    await store.write(writes).catch((error) => {
      this.#stored.clear();
      throw error;
    });
    this.#beatAt = clock.now();
  }

  #writesOf(shard: number): readonly Write[] {
    const { rows, owner, sessionOf, serversOf } = this.#deps;
    const servers = serversOf(shard);
    const isKnown = this.#stored.get(shard) === servers;
    this.#stored.set(shard, servers);
    const row = rows.shard(shard, { owner, session: sessionOf(shard) });
    return isKnown ? [row] : [row, rows.servers(shard, servers)];
  }

  async #renew(shard: number, held: Held): Promise<void> {
    const { clock, store, log } = this.#deps;
    try {
      if (await store.renew(held.claim, LEASE_MS)) {
        held.renewedAt = clock.now();
        return;
      }
    } catch (error) {
      // While the store is down for all, nobody can take it; alone, nobody would.
      if (clock.now() - held.renewedAt < LEASE_MS || this.#alive.length === 0) {
        log.warn({ error: messageOf(error), shard }, "discord: shard's lease was not renewed, trying again");
        return;
      }
    }
    log.warn({ shard }, "discord: shard lease was lost: this process did not renew it in time");
    this.#held.delete(shard);
    await this.#ended(shard, true);
  }

  async #take(shard: number, mayResume: boolean): Promise<void> {
    const { store, rows, owner, clock, log, onTake } = this.#deps;
    const result = await store.claim(rows.claimName(shard), { ttlMs: LEASE_MS, isReentrant: true });
    if (!result.held) return;
    this.#held.set(shard, { claim: result.claim, renewedAt: clock.now() });
    const session = mayResume ? this.#table.shards.get(shard)?.session : undefined;
    const servers = session === undefined ? [] : await rows.readServers(shard);
    await store.write([rows.shard(shard, { owner, session })]);
    log.info({ shard, isResumed: session !== undefined }, "discord: shard taken");
    onTake(shard, session, servers);
  }

  async #give(shard: number, to: string | undefined, canBeResumed: boolean): Promise<void> {
    const { store, rows, log, serversOf } = this.#deps;
    const held = this.#held.get(shard);
    if (held === undefined) return;
    this.#held.delete(shard);
    const servers = serversOf(shard);
    const session = await this.#ended(shard, canBeResumed);
    const row = { owner: null, ...(to !== undefined && { to }), ...(canBeResumed && session && { session }) };
    try {
      await store.commit(held.claim, [rows.shard(shard, row), ...(canBeResumed ? [rows.servers(shard, servers)] : [])]);
      log.info({ shard }, "discord: shard handed over");
    } catch (error) {
      log.warn({ error, shard }, "discord: shard was not handed over, its lease expires");
    }
  }

  #ended(shard: number, canBeResumed: boolean): Promise<ShardSession | undefined> {
    const { onGive, clock, log } = this.#deps;
    const terms = { what: "ending a shard", timeoutMs: GIVE_MS, clock };
    return withDeadline(() => onGive(shard, canBeResumed), terms).catch((error) => {
      log.warn({ error, shard }, "discord: shard's connection did not end in time");
      return undefined;
    });
  }
}
