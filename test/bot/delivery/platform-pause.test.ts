import { describe, expect, it } from "vitest";
import { pauseBeforeAgain } from "../../../src/bot/delivery/platform-pause.js";
import { PlatformError, type PlatformErrorReason } from "../../../src/bot/port/platform-error.js";

const error = (reason: PlatformErrorReason, retryAfterMs?: number) =>
  new PlatformError("fake", reason, "no", { retryAfterMs });

describe("pauseBeforeAgain()", () => {
  it("is short at first, and 5 s at most", () => {
    const pauses = [1, 2, 3, 4, 20].map((failures) => pauseBeforeAgain(error("unavailable"), failures));
    expect(pauses).toEqual([100, 250, 500, 1_000, 5_000]);
    expect(pauseBeforeAgain(new Error("?"), 1)).toBe(100);
  });

  it("is what the platform asks for, to the millisecond, however often it failed", () => {
    for (const failures of [1, 9]) expect(pauseBeforeAgain(error("rate-limited", 317), failures)).toBe(317);
  });

  it("is long for a message that may not be edited for a while, and none for what will not be accepted", () => {
    expect(pauseBeforeAgain(error("edit-cap"), 1)).toBe(5_000);
    for (const reason of ["refused", "gone", "forbidden"] as const)
      expect(pauseBeforeAgain(error(reason), 1)).toBeUndefined();
  });
});
