import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSessions } from "../../src/store/sessions/sessions.js";
import {
  type Claim,
  type ClaimResult,
  DAMAGED,
  type Page,
  type Store,
  StoreError,
  type Table,
  type Write,
} from "../../src/store/store.js";

/** A store under test, with its clock and its rows in the test's hands. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Moves the store's clock; it stands still otherwise. */
  advance(ms: number): void;
  /** A second opening of the same data, as another process would have it. */
  openAgain(): Promise<Store>;
  /** Makes a row's text unreadable, past the store. */
  damage(table: Table, key: string): Promise<void>;
  cleanup(): Promise<void>;
}

const put = (key: string, value: unknown, table: Table = "models"): Write => ({ table, key, value });

function taken(result: ClaimResult): Claim {
  if (!result.held) throw new Error(`expected to hold it, but it is not free until ${result.until}`);
  return result.claim;
}

/** What every store does alike. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store`, () => {
    let subject: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      subject = await open();
      store = subject.store;
    });
    afterEach(() => subject.cleanup());

    describe("values()", () => {
      it.each([
        ["an object", { a: [1, { b: "c" }], d: null }],
        ["an empty object", {}],
        ["a list", [1, "two", null, [true]]],
        ["an empty list", []],
        ["a text", "text"],
        ["an empty text", ""],
        ["zero", 0],
        ["a fraction", -0.1],
        ["a time", 1_790_000_000_000],
        ["true", true],
        ["false", false],
        ["null", null],
        ["text of all planes", "ä€😀\u{10FFFF} \0 \ud800 \u2028 '\"\\ %_;--"],
        ["what looks like Keyv's own row", { value: 1, expires: 1 }],
        ["a name of JavaScript's own", JSON.parse('{"__proto__":{"a":1},"constructor":2}')],
        ["a megabyte", "x".repeat(1_000_000)],
      ])("gives back %s", async (_name, value) => {
        const values = store.values("models");
        await values.set("key", value);
        await store.write([put("written", value)]);
        expect(await values.get("key")).toEqual(value);
        expect(await values.getMany(["written", "key"])).toEqual([value, value]);
        expect(await values.entries()).toEqual([
          ["key", value],
          ["written", value],
        ]);
      });

      it.each([
        "discord:123:456:789",
        "slack:T1:C1:1700000000.000100",
        "a key with spaces",
        "ä€😀",
        "%",
        "_",
        "'; drop table models; --",
        "keyv:key",
        "models:key",
        "__proto__",
        "k".repeat(3000),
      ])("keeps the key %j as it is", async (key) => {
        const values = store.values("models");
        await values.set(key, 1);
        expect(await values.get(key)).toBe(1);
        expect(await values.entries()).toEqual([[key, 1]]);
        await store.write([put(key, 2)]);
        expect(await values.entries(key)).toEqual([[key, 2]]);
        await values.delete(key);
        expect(await values.entries()).toEqual([]);
      });

      it.each(["", "a\0b", "a\ud800"])("refuses the key %j, that some store cannot keep", async (key) => {
        const values = store.values("models");
        await expect(values.set(key, 1)).rejects.toThrow(StoreError);
        await expect(values.get(key)).rejects.toThrow(StoreError);
        await expect(store.write([put("good", 1), put(key, 1)])).rejects.toThrow(StoreError);
        expect(await values.entries()).toEqual([]);
      });

      it("gives undefined for what is not there", async () => {
        expect(await store.values("models").get("nothing")).toBeUndefined();
        expect(await store.values("models").getMany(["nothing"])).toEqual([undefined]);
        expect(await store.values("models").getMany([])).toEqual([]);
        await expect(store.values("models").delete("nothing")).resolves.toBeUndefined();
      });

      it("replaces a value and deletes it", async () => {
        const values = store.values("settings");
        await values.set("key", { old: true });
        await values.set("key", { fresh: true });
        expect(await values.get("key")).toEqual({ fresh: true });
        await values.delete("key");
        expect(await values.get("key")).toBeUndefined();
      });

      it("getMany() answers in the order of its keys, repeated and missing ones too", async () => {
        const values = store.values("turns");
        await store.write([put("a", 1, "turns"), put("b", 2, "turns")]);
        expect(await values.getMany(["b", "missing", "a", "b"])).toEqual([2, undefined, 1, 2]);
      });

      it("refuses undefined and what is no JSON", async () => {
        const circle: Record<string, unknown> = {};
        circle.self = circle;
        const values = store.values("models");
        for (const value of [undefined, circle, 1n]) {
          await expect(values.set("key", value)).rejects.toThrow(StoreError);
        }
        await expect(store.write([put("good", 1), put("key", circle)])).rejects.toThrow(StoreError);
        expect(await values.entries()).toEqual([]);
      });

      it("keeps the tables apart", async () => {
        await store.values("models").set("key", "model");
        await store.values("sessions").set("key", "session");
        await store.values("models").delete("key");
        expect(await store.values("sessions").entries()).toEqual([["key", "session"]]);
        expect(await store.values("models").entries()).toEqual([]);
      });

      it("entries() takes a prefix by its letters and sorts by key", async () => {
        const keys = ["b", "a_c", "aXc", "a%c", "A_c", "a_", "a", "a_😀", "a_\uffff", "a_\u{10FFFF}"];
        await store.write(keys.map((key) => put(key, key)));
        const keysOf = async (prefix?: string) => (await store.values("models").entries(prefix)).map(([key]) => key);
        expect(await keysOf()).toEqual([...keys].sort());
        expect(await keysOf("a_")).toEqual(["a_", "a_c", "a_😀", "a_\u{10FFFF}", "a_\uffff"]);
        expect(await keysOf("a%")).toEqual(["a%c"]);
        expect(await keysOf("z")).toEqual([]);
      });

      it("page() gives the last rows of a prefix, and those before them", async () => {
        const values = store.values("models");
        for (const number of [1, 2, 3, 4, 5]) await values.set(`a_${number}`, number);
        for (const key of ["a", "aX9", "b_1"]) await values.set(key, "another prefix");
        await subject.damage("models", "a_2");
        const numbers = ({ entries }: Page) => entries.map(([key, value]) => [key, value]);
        const last = await values.page("a_", { limit: 2 });
        expect(numbers(last)).toEqual([
          ["a_4", 4],
          ["a_5", 5],
        ]);
        const middle = await values.page("a_", { before: last.before, limit: 2 });
        expect(numbers(middle)).toEqual([
          ["a_2", DAMAGED],
          ["a_3", 3],
        ]);
        const first = await values.page("a_", { before: middle.before, limit: 2 });
        expect(first).toEqual({ entries: [["a_1", 1]], before: undefined });
        expect(await values.page("c", { limit: 2 })).toEqual({ entries: [], before: undefined });
      });

      it("entries() gives more rows than a driver reads at once", async () => {
        const keys = Array.from({ length: 250 }, (_, number) => `key-${String(number).padStart(3, "0")}`);
        await store.write(keys.map((key) => put(key, 1)));
        expect((await store.values("models").entries("key-")).map(([key]) => key)).toEqual(keys);
      });

      it("keeps a row's damage to that row", async () => {
        const values = store.values("models");
        await store.write([put("good", 1), put("bad", 2), put("well", 3)]);
        await subject.damage("models", "bad");
        await expect(values.get("bad")).rejects.toThrow(StoreError);
        expect(await values.getMany(["good", "bad", "well"])).toEqual([1, DAMAGED, 3]);
        expect(await values.entries()).toEqual([
          ["bad", DAMAGED],
          ["good", 1],
          ["well", 3],
        ]);
        await values.set("bad", "mended");
        expect(await values.get("bad")).toBe("mended");
      });
    });

    it("keeps that a conversation was erased, when it was, and nothing else of it", async () => {
      const conversation = "discord:1:2";
      const sessions = createSessions({ store, now: () => 5 });
      await sessions.startOver(conversation);
      await sessions.forget(conversation);
      const again = createSessions({ store: await subject.openAgain(), now: () => 6 });
      expect(await again.erasedAt([conversation, "discord:1:3"])).toBe(5);
      expect(await store.values("sessions").entries()).toEqual([]);
    });

    describe("write()", () => {
      it("writes and deletes in several tables, the last word on a row being the last", async () => {
        await store.values("open").set("question", 1);
        await store.write([
          put("turn", 1, "turns"),
          put("session", 1, "sessions"),
          put("question", undefined, "open"),
          put("session", 2, "sessions"),
        ]);
        expect(await store.values("turns").get("turn")).toBe(1);
        expect(await store.values("sessions").get("session")).toBe(2);
        expect(await store.values("open").get("question")).toBeUndefined();
      });

      it("takes nothing at all", async () => {
        await expect(store.write([])).resolves.toBeUndefined();
      });
    });

    describe("writeOnce()", () => {
      it("writes once until its time is over", async () => {
        expect(await store.writeOnce("name", 1000, [put("key", "first")])).toBe(true);
        subject.advance(999);
        expect(await store.writeOnce("name", 1000, [put("key", "second")])).toBe(false);
        expect(await store.values("models").get("key")).toBe("first");
        subject.advance(1);
        expect(await store.writeOnce("name", 1000, [put("key", "third")])).toBe(true);
        expect(await store.values("models").get("key")).toBe("third");
        expect(await store.writeOnce("name", 1000, [])).toBe(false);
      });

      it("does not count a call that failed", async () => {
        await expect(store.writeOnce("name", 1000, [put("a", 1), put("b", 1n)])).rejects.toThrow(StoreError);
        expect(await store.values("models").entries()).toEqual([]);
        expect(await store.writeOnce("name", 1000, [put("a", 2)])).toBe(true);
      });

      it("lets one of many at once win, wherever they are", async () => {
        const other = await subject.openAgain();
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, number) =>
            (number % 2 === 0 ? store : other).writeOnce("name", 1000, [put(`key-${number}`, number)]),
          ),
        );
        expect(results.filter(Boolean)).toHaveLength(1);
        expect(await store.values("models").entries()).toHaveLength(1);
        await other.close();
      });

      it("keeps names apart from each other and from claims", async () => {
        taken(await store.claim("name", { ttlMs: 1000 }));
        expect(await store.writeOnce("name", 1000, [])).toBe(true);
        expect(await store.writeOnce("other", 1000, [])).toBe(true);
      });
    });

    describe("swap()", () => {
      const row = { table: "sessions", key: "row" } as const;
      const read = () => store.values("sessions").get("row");

      it("changes a row that is as it was read, and writes the rest with it", async () => {
        await store.values("sessions").set("row", { turns: 1, pin: null });
        const before = await read();
        expect(await store.swap({ ...row, before, after: { turns: 2 } }, [put("turn", 1, "turns")])).toBe(true);
        expect(await read()).toEqual({ turns: 2 });
        expect(await store.values("turns").get("turn")).toBe(1);
      });

      it("writes nothing once the row is another", async () => {
        await store.values("sessions").set("row", { turns: 1 });
        const before = await read();
        await store.values("sessions").set("row", { turns: 2 });
        expect(await store.swap({ ...row, before, after: { turns: 9 } }, [put("turn", 1, "turns")])).toBe(false);
        expect(await store.swap({ ...row, before, after: undefined }, [put("turn", 1, "turns")])).toBe(false);
        expect(await store.swap({ ...row, before: undefined, after: 9 }, [put("turn", 1, "turns")])).toBe(false);
        expect(await read()).toEqual({ turns: 2 });
        expect(await store.values("turns").entries()).toEqual([]);
      });

      it("makes a row that is not there, and deletes one", async () => {
        expect(await store.swap({ ...row, before: 1, after: 2 }, [])).toBe(false);
        expect(await store.swap({ ...row, before: undefined, after: 1 }, [])).toBe(true);
        expect(await store.values("sessions").entries()).toEqual([["row", 1]]);
        expect(await store.swap({ ...row, before: 1, after: undefined }, [put("turn", 1, "turns")])).toBe(true);
        expect(await store.values("sessions").entries()).toEqual([]);
        expect(await store.values("turns").get("turn")).toBe(1);
        expect(await store.swap({ ...row, before: undefined, after: undefined }, [])).toBe(true);
      });

      it("sees rows that write() and set() stored alike", async () => {
        const value = { text: "ä \0 😀", "2": 1, "1": [null, -0.5], at: 1_790_000_000_000 };
        await store.write([put("row", value, "sessions")]);
        expect(await store.swap({ ...row, before: await read(), after: 0 }, [])).toBe(true);
        await store.values("sessions").set("row", value);
        expect(await store.swap({ ...row, before: await read(), after: 0 }, [])).toBe(true);
      });

      it("changes nothing when a write fails", async () => {
        await expect(store.swap({ ...row, before: undefined, after: 1 }, [put("bad", 1n)])).rejects.toThrow(StoreError);
        await expect(store.swap({ ...row, before: undefined, after: 1n }, [])).rejects.toThrow(StoreError);
        expect(await read()).toBeUndefined();
      });

      it("changes several rows of which each is as it was read, made and deleted ones too", async () => {
        await store.write([put("row", 1, "sessions"), put("old", 1), put("other", 1)]);
        const rows = [
          { ...row, before: 1, after: 2 },
          { table: "models", key: "old", before: 1, after: undefined },
          { table: "models", key: "new", before: undefined, after: { made: true } },
          { table: "models", key: "none", before: undefined, after: undefined },
        ] as const;
        expect(await store.swap(rows, [put("turn", 1, "turns"), put("other", undefined)])).toBe(true);
        expect(await read()).toBe(2);
        expect(await store.values("models").entries()).toEqual([["new", { made: true }]]);
        expect(await store.values("turns").get("turn")).toBe(1);
        expect(await store.swap([], [put("other", 3)])).toBe(true);
        expect(await store.values("models").get("other")).toBe(3);
      });

      it.each([
        ["changed", { key: "there", before: 2, after: 3 }],
        ["made", { key: "there", before: undefined, after: 3 }],
        ["deleted", { key: "gone", before: 1, after: 3 }],
        ["made and should stay away", { key: "there", before: undefined, after: undefined }],
      ])("writes none of several rows once one was %s elsewhere", async (_how, other) => {
        await store.write([put("row", 1, "sessions"), put("there", 1)]);
        const made = { table: "models", key: "new", before: undefined, after: 1 } as const;
        const rows = [{ ...row, before: 1, after: 2 }, made, { table: "models", ...other }] as const;
        expect(await store.swap(rows, [put("turn", 1, "turns")])).toBe(false);
        expect(await read()).toBe(1);
        expect(await store.values("models").entries()).toEqual([["there", 1]]);
        expect(await store.values("turns").entries()).toEqual([]);
      });

      it("loses no change of several rows at once, wherever they are, also while they are made", async () => {
        const other = await subject.openAgain();
        const keys = ["a", "b", "c"] as const;
        const addOne = async (opened: Store, without: string): Promise<void> => {
          const wanted = keys.filter((key) => key !== without);
          const found = await opened.values("models").getMany(wanted);
          const rows = wanted.map((key, index) => {
            const before = found[index];
            return { table: "models", key, before, after: Number(before ?? 0) + 1 } as const;
          });
          if (!(await opened.swap(rows, []))) await addOne(opened, without);
        };
        await Promise.all(
          Array.from({ length: 12 }, (_, number) => addOne(number % 2 === 0 ? store : other, keys[number % 3] ?? "")),
        );
        expect(await store.values("models").getMany(keys)).toEqual([8, 8, 8]);
      });

      it("loses no change of many at once, wherever they are", async () => {
        const other = await subject.openAgain();
        const addOne = async (opened: Store): Promise<void> => {
          const before = await opened.values("sessions").get("row");
          const isDone = await opened.swap({ ...row, before, after: Number(before ?? 0) + 1 }, []);
          if (!isDone) await addOne(opened);
        };
        await Promise.all(Array.from({ length: 10 }, (_, number) => addOne(number % 2 === 0 ? store : other)));
        expect(await read()).toBe(10);
        await other.close();
      });
    });

    describe("claim()", () => {
      it("refuses a name that is held, says until when, and gives it when the lease runs out", async () => {
        const first = taken(await store.claim("name", { ttlMs: 1000 }));
        const refused = await store.claim("name", { ttlMs: 1000 });
        expect(refused.held).toBe(false);
        subject.advance(999);
        const again = await store.claim("name", { ttlMs: 1000 });
        expect(again).toEqual(refused);
        subject.advance(1);
        expect(taken(await store.claim("name", { ttlMs: 1000 })).fence).toBeGreaterThan(first.fence);
      });

      it("gives a settled name at once where nothing asks for an interval", async () => {
        const claim = taken(await store.claim("name", { ttlMs: 1000 }));
        expect(await store.commit(claim, [])).toBe(true);
        expect(taken(await store.claim("name", { ttlMs: 1000 })).fence).toBeGreaterThan(claim.fence);
      });

      it("refuses a free name while the last claim is younger than the interval", async () => {
        await store.commit(taken(await store.claim("name", { ttlMs: 10 })), []);
        const refused = await store.claim("name", { ttlMs: 10, minIntervalMs: 1000 });
        expect(refused.held).toBe(false);
        subject.advance(999);
        expect(await store.claim("name", { ttlMs: 10, minIntervalMs: 1000 })).toEqual(refused);
        subject.advance(1);
        taken(await store.claim("name", { ttlMs: 10, minIntervalMs: 1000 }));
      });

      it("counts a claim that was never settled for the interval too", async () => {
        taken(await store.claim("name", { ttlMs: 10 }));
        subject.advance(500);
        expect((await store.claim("name", { ttlMs: 10, minIntervalMs: 1000 })).held).toBe(false);
        taken(await store.claim("name", { ttlMs: 10 }));
      });

      it("keeps an interval of its own after a claim that was never settled", async () => {
        const terms = { ttlMs: 10, minIntervalMs: 100, minIntervalAfterLossMs: 1000 };
        const lost = taken(await store.claim("name", { ttlMs: 10 }));
        subject.advance(999);
        const refused = await store.claim("name", terms);
        expect(refused.held).toBe(false);
        expect(await store.claim("name", { ttlMs: 10, minIntervalMs: 1000 })).toEqual(refused);
        subject.advance(1);
        const settled = taken(await store.claim("name", terms));
        expect(settled.fence).toBeGreaterThan(lost.fence);
        await store.commit(settled, []);
        subject.advance(99);
        expect((await store.claim("name", terms)).held).toBe(false);
        subject.advance(1);
        taken(await store.claim("name", terms));
      });

      it("says how long both the lease and the interval hold", async () => {
        const untilOf = (result: ClaimResult) => (result.held ? Number.NaN : result.until);
        taken(await store.claim("name", { ttlMs: 1000 }));
        const lease = untilOf(await store.claim("name", { ttlMs: 1, minIntervalMs: 10 }));
        const interval = untilOf(await store.claim("name", { ttlMs: 1, minIntervalMs: 5000 }));
        expect(interval - lease).toBe(4000);
      });

      it("keeps names apart", async () => {
        taken(await store.claim("refresh:openai", { ttlMs: 1000 }));
        taken(await store.claim("refresh:anthropic", { ttlMs: 1000 }));
      });

      it("lets one of many at once win, wherever they are", async () => {
        const other = await subject.openAgain();
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, number) => (number % 2 === 0 ? store : other).claim("name", { ttlMs: 1000 })),
        );
        expect(results.filter(({ held }) => held)).toHaveLength(1);
        await other.close();
      });

      it.each([
        { ttlMs: 0 },
        { ttlMs: Number.NaN },
        { ttlMs: 1, minIntervalMs: -1 },
        { ttlMs: 1, minIntervalAfterLossMs: -1 },
      ])("refuses the terms %j", async (terms) => {
        await expect(store.claim("name", terms)).rejects.toThrow(StoreError);
        taken(await store.claim("name", { ttlMs: 1 }));
      });

      it("does not wait for a time that only a clock now set back could reach", async () => {
        subject.advance(3_600_000);
        const claim = taken(await store.claim("name", { ttlMs: 1000 }));
        subject.advance(-3_600_000);
        expect(taken(await store.claim("name", { ttlMs: 1000, minIntervalMs: 1000 })).fence).toBeGreaterThan(
          claim.fence,
        );
      });
    });

    describe("commit()", () => {
      it("writes and frees the name", async () => {
        const claim = taken(await store.claim("name", { ttlMs: 1000 }));
        expect(await store.commit(claim, [put("key", 1), put("key", 2, "settings")])).toBe(true);
        expect(await store.values("models").get("key")).toBe(1);
        expect(await store.values("settings").get("key")).toBe(2);
        taken(await store.claim("name", { ttlMs: 1000 }));
      });

      it("writes still when the lease ran out and nobody took the name", async () => {
        const claim = taken(await store.claim("name", { ttlMs: 1000 }));
        subject.advance(60_000);
        expect(await store.commit(claim, [put("key", 1)])).toBe(true);
      });

      it("writes nothing once another has the name, and leaves it to them", async () => {
        const late = taken(await store.claim("name", { ttlMs: 1000 }));
        subject.advance(1000);
        const other = await subject.openAgain();
        const current = taken(await other.claim("name", { ttlMs: 1000 }));
        expect(await store.commit(late, [put("key", "late")])).toBe(false);
        expect(await store.values("models").get("key")).toBeUndefined();
        expect((await store.claim("name", { ttlMs: 1000 })).held).toBe(false);
        expect(await other.commit(current, [put("key", "current")])).toBe(true);
        expect(await store.values("models").get("key")).toBe("current");
        await other.close();
      });

      it("writes nothing under an older fence of its own", async () => {
        const late = taken(await store.claim("name", { ttlMs: 1000 }));
        subject.advance(1000);
        const current = taken(await store.claim("name", { ttlMs: 1000 }));
        expect(await store.commit(late, [put("key", "late")])).toBe(false);
        expect(await store.commit(current, [put("key", "current")])).toBe(true);
      });

      it("writes once", async () => {
        const claim = taken(await store.claim("name", { ttlMs: 1000 }));
        expect(await store.commit(claim, [put("key", 1)])).toBe(true);
        expect(await store.commit(claim, [put("key", 2)])).toBe(false);
        expect(await store.values("models").get("key")).toBe(1);
      });

      it("refuses a claim that was never made", async () => {
        expect(await store.commit({ name: "name", owner: "nobody", fence: 1 }, [put("key", 1)])).toBe(false);
        expect(await store.values("models").entries()).toEqual([]);
      });

      it("keeps the claim when a write fails", async () => {
        const claim = taken(await store.claim("name", { ttlMs: 1000 }));
        await expect(store.commit(claim, [put("a", 1), put("b", 1n)])).rejects.toThrow(StoreError);
        expect(await store.values("models").entries()).toEqual([]);
        expect(await store.commit(claim, [put("a", 2)])).toBe(true);
      });
    });

    describe("a claim that its holder may take again", () => {
      it("is its own again, and nothing of the first time counts any more", async () => {
        const first = taken(await store.claim("name", { ttlMs: 1000 }));
        const again = taken(await store.claim("name", { ttlMs: 1000, isReentrant: true }));
        expect(again.fence).toBeGreaterThan(first.fence);
        expect(await store.renew(first, 1000)).toBe(false);
        expect(await store.commit(first, [put("key", 1)])).toBe(false);
        expect(await store.commit(again, [put("key", 2)])).toBe(true);
      });

      it("is nobody else's meanwhile", async () => {
        const other = await subject.openAgain();
        const claim = taken(await other.claim("name", { ttlMs: 1000 }));
        expect((await store.claim("name", { ttlMs: 1000, isReentrant: true })).held).toBe(false);
        expect(await other.commit(claim, [])).toBe(true);
        taken(await store.claim("name", { ttlMs: 1000, isReentrant: true }));
      });
    });

    describe("renew()", () => {
      it("protects a claim for longer than it was taken", async () => {
        const claim = taken(await store.claim("name", { ttlMs: 1000 }));
        subject.advance(900);
        expect(await store.renew(claim, 1000)).toBe(true);
        subject.advance(999);
        expect((await store.claim("name", { ttlMs: 1000 })).held).toBe(false);
        subject.advance(1);
        taken(await store.claim("name", { ttlMs: 1000 }));
      });

      it("also protects one that has lapsed, while nobody else took it", async () => {
        const claim = taken(await store.claim("name", { ttlMs: 1000 }));
        subject.advance(5000);
        expect(await store.renew(claim, 1000)).toBe(true);
        expect((await store.claim("name", { ttlMs: 1000 })).held).toBe(false);
      });

      it("refuses one that was settled, taken by another, or never made", async () => {
        const settled = taken(await store.claim("a", { ttlMs: 1000 }));
        await store.commit(settled, []);
        expect(await store.renew(settled, 1000)).toBe(false);
        taken(await store.claim("a", { ttlMs: 1000 }));

        const late = taken(await store.claim("b", { ttlMs: 1000 }));
        subject.advance(1000);
        taken(await store.claim("b", { ttlMs: 1000 }));
        expect(await store.renew(late, 1000)).toBe(false);

        expect(await store.renew({ name: "c", owner: "nobody", fence: 1 }, 1000)).toBe(false);
      });
    });

    describe("close()", () => {
      it("can be called again, and fails what comes after it", async () => {
        const values = store.values("models");
        await store.close();
        await expect(store.close()).resolves.toBeUndefined();
        await expect(values.get("key")).rejects.toThrow(StoreError);
        await expect(values.entries()).rejects.toThrow(StoreError);
        await expect(values.set("key", 1)).rejects.toThrow(StoreError);
        await expect(store.write([put("key", 1)])).rejects.toThrow(StoreError);
        await expect(store.writeOnce("name", 1, [])).rejects.toThrow(StoreError);
        await expect(store.swap({ table: "models", key: "key", before: undefined, after: 1 }, [])).rejects.toThrow(
          StoreError,
        );
        await expect(store.claim("name", { ttlMs: 1 })).rejects.toThrow(StoreError);
      });

      it("leaves another opening of the same data alone", async () => {
        const other = await subject.openAgain();
        await store.values("models").set("key", 1);
        await store.close();
        expect(await other.values("models").get("key")).toBe(1);
        await other.values("models").set("key", 2);
        await other.close();
      });
    });

    it("gives everything back when it is opened again", async () => {
      await store.write([put("key", { a: 1 }), put("key", [2], "sessions")]);
      taken(await store.claim("held", { ttlMs: 1000 }));
      await store.writeOnce("once", 1000, []);
      const again = await subject.openAgain();
      await store.close();
      expect(await again.values("models").get("key")).toEqual({ a: 1 });
      expect(await again.values("sessions").entries()).toEqual([["key", [2]]]);
      expect((await again.claim("held", { ttlMs: 1000 })).held).toBe(false);
      expect(await again.writeOnce("once", 1000, [])).toBe(false);
      await again.close();
    });
  });
}
