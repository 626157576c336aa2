import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/base/log.js";
import { createLiveness } from "../../../src/bot/turn/other-replicas.js";
import { fakeClock } from "../../support/fake-clock.js";
import { memoryStore } from "../../support/memory-store.js";

const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;
/** Two names that share what two containers with `hostname:` set share. */
const [A, B] = ["first", "second"].map((own) => `${hostname()}/${process.pid}/${own}`) as [string, string];
const SILENT_MS = 45_000;

function two() {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const live = (owner: string, its = clock) => createLiveness({ store, clock: its, log, owner });
  return { clock, store, live, a: live(A), b: live(B) };
}

describe("createLiveness()", () => {
  it("knows at a start, and from round to round, whether others live", async () => {
    const { clock, a, b } = two();
    await a.start();
    expect(a.hasPeers()).toBe(false);
    await b.start();
    expect(b.hasPeers()).toBe(true);
    expect(a.hasPeers()).toBe(false);
    expect(await a.findPeers()).toBe(true);
    expect(a.hasPeers()).toBe(true);
    await clock.advance(20_000);
    expect(a.hasPeers()).toBe(true);
    await b.stop();
    await clock.advance(20_000);
    expect(a.hasPeers()).toBe(false);
    await a.stop();
  });

  it("tells who stops whether another one goes on: the last of those that stop together finds none", async () => {
    const { clock, store, a, b, live } = two();
    for (const each of [a, b]) await each.start();
    await store.values("processes").set("old", { at: clock.now() });
    expect(await a.leave()).toBe(true);
    await store.values("processes").delete("old");
    await clock.advance(20_000);
    expect(await b.leave()).toBe(false);
    expect(await b.isGone(A)).toBe(false);
    const c = live("third");
    await c.start();
    expect(await a.leave()).toBe(true);
    store.breakDown();
    expect(await b.leave()).toBe(true);
    for (const each of [a, b, c]) await each.stop();
  });

  it("says for both that none goes on where two say at the same time that they stop", async () => {
    const { a, b } = two();
    for (const each of [a, b]) await each.start();
    expect(await Promise.all([a.leave(), b.leave()])).toContain(false);
    for (const each of [a, b]) await each.stop();
  });

  it("takes replicas with the same host name and process id for alive while they give signs of it", async () => {
    const { clock, a, b } = two();
    await a.start();
    await b.start();
    for (let minute = 0; minute < 10; minute++) {
      await clock.advance(60_000);
      expect(await b.isGone(A)).toBe(false);
      expect(await a.isGone(B)).toBe(false);
      expect(await a.isGone(A)).toBe(false);
    }
    await a.stop();
    await b.stop();
  });

  it("takes one for gone whose heartbeat has stood still for as long as it watched", async () => {
    const { clock, store, b } = two();
    await store.values("processes").set(A, { at: clock.now() - 30_000 });
    await b.start();
    await clock.advance(SILENT_MS - 1);
    expect(await b.isGone(A)).toBe(false);
    await clock.advance(1);
    expect(await b.isGone(A)).toBe(true);
    await b.stop();
  });

  it.each([-5 * 60_000, 5 * 60_000])("does not care for a clock that is %i ms off", async (offMs) => {
    const { clock, live, b } = two();
    const other = live(A, { ...clock, now: () => clock.now() + offMs });
    await other.start();
    await b.start();
    await clock.advance(10 * 60_000);
    expect(await b.isGone(A)).toBe(false);
    await other.stop();
    expect(await b.isGone(A)).toBe(true);
    await b.stop();
  });

  it("judges nobody by a silence in which the store was silent as well", async () => {
    const { clock, store, a, b } = two();
    await a.start();
    await b.start();
    store.breakDown();
    await clock.advance(10 * 60_000);
    await a.stop(); // nothing of it is left to see; only its heartbeat says when it was last there
    store.recover();
    expect(await b.isGone(A)).toBe(false);
    await clock.advance(SILENT_MS + 10_000);
    expect(await b.isGone(A)).toBe(true);
    await b.stop();
  });

  it("takes a process that stopped in order, or is unknown, for gone at once", async () => {
    const { a, b } = two();
    await a.start();
    await a.stop();
    expect(await b.isGone(A)).toBe(true);
    expect(await b.isGone("")).toBe(true);
  });

  it("waits for nobody whose heartbeat is an hour old when it starts, and forgets it", async () => {
    const { clock, store, a, b } = two();
    await store.values("processes").set(B, { at: clock.now() - 3_600_001 });
    await store.values("processes").set("damaged", "row");
    expect(await a.isGone(B)).toBe(true);
    await b.start();
    await b.stop();
    await a.start();
    expect((await store.values("processes").entries()).map(([owner]) => owner)).toEqual([A]);
    await a.stop();
  });

  it("forgets the heartbeat of a process that it saw fall silent, once nothing of it is left to end", async () => {
    const { clock, store, a } = two();
    await store.values("processes").set(B, { at: clock.now() });
    await a.start();
    await clock.advance(10 * 60_000);
    expect((await store.values("processes").entries()).map(([owner]) => owner)).toEqual([A]);
    await a.stop();
  });
});
