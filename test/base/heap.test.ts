import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHeap } from "../../src/base/heap.js";

describe("createHeap()", () => {
  it("gives back whatever was put in, in order, with pushes and pops mixed", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer(), fc.constant("pop" as const))), (steps) => {
        const heap = createHeap<number>((a, b) => a < b);
        let sorted: number[] = [];
        for (const step of steps) {
          expect(heap.peek()).toBe(sorted[0]);
          if (step === "pop") expect(heap.pop()).toBe(sorted.shift());
          else {
            heap.push(step);
            sorted = [...sorted, step].sort((a, b) => a - b);
          }
          expect(heap.size()).toBe(sorted.length);
        }
      }),
    );
  });
});
