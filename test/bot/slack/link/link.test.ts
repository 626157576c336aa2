import { describe, expect, it } from "vitest";
import { connectPauseMs } from "../../../../src/bot/slack/link/link.js";

describe("connectPauseMs()", () => {
  it("retries at once, then waits longer after each failure, and never longer than five seconds", () => {
    const pauses = Array.from({ length: 12 }, (_, index) => connectPauseMs(new Error("no answer"), index + 1));
    expect(pauses.slice(0, 5)).toEqual([0, 500, 1_000, 2_000, 4_000]);
    expect(Math.max(...pauses)).toBe(5_000);
  });
});
