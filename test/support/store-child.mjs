// One process of several on a store, for tests: node store-child.mjs JOB URL COUNT. It runs what `npm test` has built.
import { writeSync } from "node:fs";
import { openStore } from "../../dist/modules/store/open-store.js";
import { storeDefinitions } from "../../dist/modules/store/registry.js";

const [job, url, count] = process.argv.slice(2);
const pause = () => new Promise((resolve) => setImmediate(resolve));

const jobs = {
  /** Adds one to a shared number `count` times, each time under a claim. */
  async count(store) {
    for (let done = 0; done < Number(count); ) {
      const result = await store.claim("counter", { ttlMs: 30_000 });
      if (result.held) {
        const before = (await store.values("settings").get("number")) ?? 0;
        await pause();
        const isOurs = await store.commit(result.claim, [{ table: "settings", key: "number", value: before + 1 }]);
        if (!isOurs) throw new Error("a claim was lost");
        done += 1;
      }
      await pause();
    }
  },
  /** Adds one to a shared number `count` times, each time with a row that goes with it. */
  async swap(store) {
    for (let done = 0; done < Number(count); ) {
      const before = await store.values("sessions").get("number");
      await pause();
      const row = { table: "sessions", key: "number", before, after: (before ?? 0) + 1 };
      const turn = { table: "turns", key: `${before ?? 0} ${process.pid}`, value: before ?? 0 };
      if (await store.swap(row, [turn])) done += 1;
    }
  },
  /** Claims a name for long, says so, and never ends. */
  async hold(store) {
    const { held } = await store.claim("held", { ttlMs: 3_600_000 });
    if (!held) throw new Error("it was not free");
    writeSync(1, "held\n");
    await new Promise((resolve) => setInterval(resolve, 3_600_000));
  },
  /** Takes each of `count` names once, and says how many it got. */
  async once(store) {
    let won = 0;
    for (let number = 0; number < Number(count); number++) {
      const writes = [{ table: "open", key: `${number} ${process.pid}`, value: number }];
      if (await store.writeOnce(`name-${number}`, 3_600_000, writes)) won += 1;
      await pause();
    }
    writeSync(1, `${won}\n`);
  },
  /** Writes for ever, three rows at a time, and says each number once it is stored. */
  async write(store) {
    const first = ((await store.values("sessions").get("last")) ?? 0) + 1;
    for (let number = first; ; number++) {
      await store.write([
        { table: "turns", key: `turn-${number}`, value: { number, text: "x".repeat(2000) } },
        { table: "sessions", key: "last", value: number },
        { table: "turns", key: `turn-${number - 50}`, value: undefined },
      ]);
      await store.values("usage").set("last", number);
      writeSync(1, `${number}\n`);
    }
  },
};

const store = await openStore(url, storeDefinitions);
await jobs[job](store);
await store.close();
