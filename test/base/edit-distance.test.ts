import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closestTo, editDistance } from "../../src/base/edit-distance.js";

describe("closestTo()", () => {
  it.each([
    ["models status", 0],
    ["modles status", 1],
    ["models statu", 1],
    ["modelss status", 1],
    ["models stats!", 2],
  ])("%j is %i slips away", (typed, distance) => {
    expect(editDistance(typed, "models status")).toBe(distance);
  });

  it("offers the nearest, and nothing far away", () => {
    expect(closestTo("HLEP", ["help", "models list"])).toEqual(["help"]);
    expect(closestTo("", ["a"])).toEqual([]);
    expect(closestTo("xyz", ["help"])).toEqual([]);
    expect(closestTo("x".repeat(10_000), ["x".repeat(10_000)])).toEqual([]);
  });
});

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["abc", "abd", 1],
    ["abc", "abcd", 1],
    ["kitten", "sitting", 3],
  ])("counts %j to %j", (a, b, distance) => {
    expect(editDistance(a, b, 5)).toBe(distance);
  });

  it("agrees with the plain definition", () => {
    const plain = (a: string, b: string): number =>
      a === "" || b === ""
        ? a.length + b.length
        : Math.min(
            plain(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1),
            plain(a.slice(1), b) + 1,
            plain(a, b.slice(1)) + 1,
            a[0] === b[1] && a[1] === b[0] && a.length > 1 && b.length > 1
              ? plain(a.slice(2), b.slice(2)) + 1
              : Number.POSITIVE_INFINITY,
          );
    const word = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 5 });
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 6 }), (a, b, atMost) => {
        expect(Math.min(editDistance(a, b, atMost), atMost + 1)).toBe(Math.min(plain(a, b), atMost + 1));
      }),
    );
  });

  it("gives up above what is asked for", () => {
    expect(editDistance("kitten", "sitting", 3)).toBe(3);
    expect(editDistance("kitten", "sitting", 2)).toBe(3);
    expect(editDistance("a", "abcdefgh", 2)).toBe(3);
  });
});
