import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/base/log.js";
import { createLiveness } from "../../../src/bot/turn/liveness.js";
import { fakeClock } from "../../support/fake-clock.js";
import { memoryStore } from "../../support/memory-store.js";

const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;

function two() {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const live = (owner: string) => createLiveness({ store, clock, log, owner });
  return { clock, store, a: live("machine-a/1/x"), b: live("machine-b/1/y") };
}

describe("createLiveness()", () => {
  it("knows at a start, and from round to round, whether others live", async () => {
    const { clock, a, b } = two();
    await a.start();
    expect(a.hasPeers()).toBe(false);
    await b.start();
    expect(b.hasPeers()).toBe(true);
    await clock.advance(60_000);
    expect(a.hasPeers()).toBe(true);
    await b.stop();
    await clock.advance(60_000);
    expect(a.hasPeers()).toBe(false);
  });

  it("takes a process for alive as long as it gives signs, and for gone once three were missed", async () => {
    const { clock, a, b } = two();
    await a.start();
    await clock.advance(10 * 60_000);
    expect(await b.isGone("machine-a/1/x")).toBe(false);
    const { clock: later, store } = { clock, store: memoryStore(clock.now) };
    await store.values("processes").set("machine-a/1/x", { at: later.now() });
    const observer = createLiveness({ store, clock: later, log, owner: "machine-c/1/z" });
    await later.advance(90_000);
    expect(await observer.isGone("machine-a/1/x")).toBe(false);
    await later.advance(1);
    expect(await observer.isGone("machine-a/1/x")).toBe(true);
  });

  it("takes a process that stopped in order for gone at once", async () => {
    const { a, b } = two();
    await a.start();
    await a.stop();
    expect(await b.isGone("machine-a/1/x")).toBe(true);
  });

  it("never takes itself for gone, and an earlier one with its number always", async () => {
    const clock = fakeClock();
    const store = memoryStore(clock.now);
    const mine = `${hostname()}/${process.pid}/second`;
    const liveness = createLiveness({ store, clock, log, owner: mine });
    await store.values("processes").set(`${hostname()}/${process.pid}/first`, { at: clock.now() });
    expect(await liveness.isGone(mine)).toBe(false);
    expect(await liveness.isGone(`${hostname()}/${process.pid}/first`)).toBe(true);
  });

  it("forgets the signs of long silent processes when another starts", async () => {
    const { clock, store, a } = two();
    await store.values("processes").set("machine-z/9/old", { at: clock.now() - 90_001 });
    await a.start();
    expect((await store.values("processes").entries()).map(([owner]) => owner)).toEqual(["machine-a/1/x"]);
    await a.stop();
  });
});
