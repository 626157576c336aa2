import { describe, expect, it } from "vitest";
import { createLog } from "../../../../../src/base/log.js";
import { ShardLeases } from "../../../../../src/bot/discord/gateway/shards/shard-leases.js";
import { type ShardSession, shardRows } from "../../../../../src/bot/discord/gateway/shards/shard-rows.js";
import type { Store } from "../../../../../src/store/store.js";
import { cutStore } from "../../../../support/cut-store.js";
import { fakeClock } from "../../../../support/fake-clock.js";
import { memoryStore } from "../../../../support/memory-store.js";

const LEASE_MS = 30_000;
const TOKEN = "a.b.c";

const sessionOf = (shard: number, name: string): ShardSession => ({
  ...{ sessionId: `${name}-${shard}`, resumeURL: "ws://127.0.0.1:1", sequence: 7 },
  ...{ userId: "1", applicationId: "2" },
});

function stage(shardCount: number) {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const log = createLog({ level: "silent", secrets: [] });
  /** A replica whose sessions stand as soon as it has a shard. */
  const replica = (owner: string, own: Store = store.another()) => {
    const sessions = new Map<number, ShardSession>();
    const resumed: string[] = [];
    const leases = new ShardLeases({
      ...{ store: own, clock, log, owner, host: `host of ${owner}`, shardCount },
      rows: shardRows(own, TOKEN, shardCount),
      onTake(shard, session) {
        if (session !== undefined) resumed.push(session.sessionId);
        sessions.set(shard, session ?? sessionOf(shard, owner));
      },
      async onGive(shard) {
        const session = sessions.get(shard);
        sessions.delete(shard);
        return session;
      },
      sessionOf: (shard) => sessions.get(shard),
      serversOf: (shard) => [`server of ${shard}`],
    });
    return { leases, resumed, received: () => [...sessions.keys()].sort((a, b) => a - b) };
  };
  return { clock, store, replica };
}
type Replica = ReturnType<ReturnType<typeof stage>["replica"]>;

const counts = (...replicas: readonly Replica[]) => replicas.map(({ received }) => received().length);
const all = (...replicas: readonly Replica[]) => replicas.flatMap(({ received }) => received()).sort((a, b) => a - b);

describe("ShardLeases", () => {
  it("takes every shard at once where it is alone, with new sessions", async () => {
    const { replica } = stage(3);
    const first = replica("a");
    await first.leases.start();
    expect(first.received()).toEqual([0, 1, 2]);
    await first.leases.stop();
    const next = replica("b");
    await next.leases.start();
    expect(next.received()).toEqual([0, 1, 2]);
    expect(next.resumed).toEqual([]);
  });

  it("brings a new replica its share, one shard a look, with the sessions that stand", async () => {
    const { clock, replica } = stage(6);
    const [a, b, c] = [replica("a"), replica("b"), replica("c")];
    await a.leases.start();
    await b.leases.start();
    expect(counts(a, b)).toEqual([6, 0]);
    await clock.advance(2_600);
    expect(counts(a, b)[0]).toBe(5);
    await clock.advance(15_000);
    expect(counts(a, b)).toEqual([3, 3]);
    await c.leases.start();
    await clock.advance(30_000);
    expect(counts(a, b, c)).toEqual([2, 2, 2]);
    expect(all(a, b, c)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(b.resumed).toHaveLength(3);
    expect(c.resumed).toHaveLength(2);
    const before = [a, b, c].map(({ received }) => received());
    await clock.advance(300_000);
    expect([a, b, c].map(({ received }) => received())).toEqual(before);
  });

  it("hands all shards over when it stops, to go on within a look", async () => {
    const { clock, replica } = stage(4);
    const [a, b, c] = [replica("a"), replica("b"), replica("c")];
    for (const each of [a, b, c]) await each.leases.start();
    await clock.advance(40_000);
    const moved = a.received();
    expect(moved.length).toBeGreaterThan(0);
    const before = b.resumed.length + c.resumed.length;
    await a.leases.handOver();
    expect(a.received()).toEqual([]);
    await clock.advance(5_000);
    expect(counts(b, c)).toEqual([2, 2]);
    expect(b.resumed.length + c.resumed.length).toBe(before + moved.length);
    await clock.advance(60_000);
    expect(a.received()).toEqual([]);
  });

  it("goes on with a killed replica's shards within 10 s after its lease", async () => {
    const { clock, store, replica } = stage(4);
    const cable = cutStore(store.another());
    const [a, b, c] = [replica("a", cable.store), replica("b"), replica("c")];
    for (const each of [a, b, c]) await each.leases.start();
    await clock.advance(40_000);
    cable.isCut = true;
    const lost = a.received();
    await clock.advance(LEASE_MS + 10_000);
    expect([...b.received(), ...c.received()].sort((x, y) => x - y)).toEqual([0, 1, 2, 3]);
    expect(counts(b, c)).toEqual([2, 2]);
    for (const shard of lost) expect([...b.resumed, ...c.resumed].some((id) => id.endsWith(`-${shard}`))).toBe(true);
  });

  it("receives nothing of a shard any more that another replica has taken meanwhile", async () => {
    const { clock, store, replica } = stage(2);
    const cable = cutStore(store.another());
    const [a, b] = [replica("a", cable.store), replica("b")];
    await a.leases.start();
    await b.leases.start();
    await clock.advance(30_000);
    expect(counts(a, b)).toEqual([1, 1]);
    cable.isCut = true;
    await clock.advance(LEASE_MS + 15_000);
    expect(counts(a, b)).toEqual([0, 2]);
    cable.isCut = false;
    await clock.advance(40_000);
    expect(counts(a, b)).toEqual([1, 1]);
  });

  it("keeps its shards while the store is down where it is alone", async () => {
    const { clock, store, replica } = stage(2);
    const a = replica("a", store);
    await a.leases.start();
    store.breakDown();
    await clock.advance(300_000);
    expect(a.received()).toEqual([0, 1]);
    store.recover();
    await clock.advance(60_000);
    expect(a.received()).toEqual([0, 1]);
  });

  it("tells which replica has which shards", async () => {
    const { clock, replica } = stage(3);
    const [a, b] = [replica("a"), replica("b")];
    await a.leases.start();
    await b.leases.start();
    await clock.advance(30_000);
    const expected = { host: "host of b", isOwn: false, shards: b.received() };
    expect(a.leases.holders()).toEqual([{ host: "host of a", isOwn: true, shards: a.received() }, expected]);
  });
});
