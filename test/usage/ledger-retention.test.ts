import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../src/base/time.js";
import { createLedger } from "../../src/usage/ledger.js";
import { startLedgerRetention } from "../../src/usage/ledger-retention.js";
import { fakeClock, settle } from "../support/fake-clock.js";
import { memoryStore } from "../support/memory-store.js";
import { entry } from "./entries.js";

function world() {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const ledger = createLedger({ store, clock });
  const logged: unknown[] = [];
  const log = {
    info: (_: object, text?: string) => void logged.push(text),
    warn: (_: object, text?: string) => void logged.push(text),
  };
  return {
    clock,
    store,
    logged,
    record: (...daysAgo: number[]) =>
      store.write(daysAgo.map((days) => ledger.writeOf(entry({ id: `${days}`, at: clock.now() - days * DAY_MS })))),
    left: async () => (await store.values("usage").entries()).length,
    start: () => startLedgerRetention({ ledger, clock, log }),
  };
}

describe("startLedgerRetention()", () => {
  it("erases at the start what is older than 92 days, and each day what has become so", async () => {
    const { record, start, left, clock, logged } = world();
    await record(93, 92, 91, 0);
    const stop = start();
    await settle();
    expect(await left()).toBe(3);
    await clock.advance(DAY_MS);
    expect(await left()).toBe(2);
    expect(logged).toEqual(["old usage was erased", "old usage was erased"]);
    stop();
    await clock.advance(100 * DAY_MS);
    expect(await left()).toBe(2);
  });

  it("tries again the next day when the store is down", async () => {
    const { record, start, left, clock, store, logged } = world();
    await record(200);
    store.breakDown();
    const stop = start();
    await settle();
    store.recover();
    expect(await left()).toBe(1);
    await clock.advance(DAY_MS);
    expect(await left()).toBe(0);
    expect(logged[0]).toContain("erasing old usage failed");
    stop();
  });
});
