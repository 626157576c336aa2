import { describe, expect, it } from "vitest";
import { BoundedMap, BoundedSet } from "../../src/base/bounded-map.js";

describe("BoundedMap", () => {
  it("lets the entry that was set longest ago make room", () => {
    const evicted: string[] = [];
    const map = new BoundedMap<string, number>(2, (key) => evicted.push(key));
    map.set("a", 1).set("b", 2).set("a", 3).set("c", 4);
    expect([...map]).toEqual([
      ["a", 3],
      ["c", 4],
    ]);
    expect(evicted).toEqual(["b"]);
  });
});

describe("BoundedSet", () => {
  it("lets the value that was added longest ago make room", () => {
    const set = new BoundedSet<string>(2);
    set.add("a").add("b").add("a").add("c");
    expect([...set]).toEqual(["a", "c"]);
  });
});
