import { beforeEach, describe, expect, it } from "vitest";
import type { Store, StoreDefinition } from "../../src/store/store.js";
import { startStoreProcess } from "../support/store-processes.js";

const PROCESSES = 4;

/** What every store does alike among real processes; `empty` gives the URL of a store that nothing was put into. */
export function describeStoreProcesses(name: string, definition: StoreDefinition, empty: () => Promise<string>): void {
  describe(`${name} among real processes`, () => {
    let url: string;
    beforeEach(async () => {
      url = await empty();
    });

    async function runAll(job: "count" | "once" | "swap", count: number) {
      const processes = Array.from({ length: PROCESSES }, () => startStoreProcess(job, url, count));
      expect(await Promise.all(processes.map(({ ended }) => ended))).toEqual(processes.map(() => 0));
      return processes;
    }

    async function look<T>(read: (store: Store) => Promise<T>): Promise<T> {
      const store = await definition.open(url);
      try {
        return await read(store);
      } finally {
        await store.close();
      }
    }

    it("claim() lets one at a time through, and no count is lost", { timeout: 60_000 }, async () => {
      await runAll("count", 25);
      expect(await look((store) => store.values("settings").get("number"))).toBe(100);
    });

    it("writeOnce() lets each name through once", { timeout: 60_000 }, async () => {
      const processes = await runAll("once", 50);
      expect(processes.reduce((sum, { lines }) => sum + Number(lines[0]), 0)).toBe(50);
      const numbers = (await look((store) => store.values("open").entries())).map(([, number]) => Number(number));
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, number) => number));
    });

    it("swap() loses no change, and what goes with a change is written once", { timeout: 60_000 }, async () => {
      await runAll("swap", 25);
      expect(await look((store) => store.values("sessions").get("number"))).toBe(100);
      const turns = await look((store) => store.values("turns").entries());
      expect(turns.map(([, number]) => Number(number)).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 100 }, (_, number) => number),
      );
    });

    it("claim() takes a name from a process that was killed, and from no other", { timeout: 60_000 }, async () => {
      const holder = startStoreProcess("hold", url);
      await holder.said(1);
      const isHeld = (afterLossMs = 0) =>
        look(async (store) => {
          const terms = { ttlMs: 1000, minIntervalAfterLossMs: afterLossMs };
          return (await store.claim("held", terms)).held;
        });
      expect(await isHeld()).toBe(false);
      holder.kill();
      await holder.ended;
      // Its claim counts as one that came to nothing.
      expect(await isHeld(3_600_000)).toBe(false);
      expect(await isHeld()).toBe(true);
    });
  });
}
