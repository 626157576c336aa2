import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.js";

describe("systemClock", () => {
  it("tells epoch milliseconds", () => {
    expect(systemClock.now()).toBeGreaterThan(Date.UTC(2025, 0, 1));
  });

  it("wakes after the time, with a negative time at once", async () => {
    await expect(systemClock.sleep(1)).resolves.toBeUndefined();
    await expect(systemClock.sleep(-5)).resolves.toBeUndefined();
  });

  it("rejects with the reason as soon as its signal aborts, also before it began", async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
    await expect(systemClock.sleep(60_000, controller.signal)).rejects.toThrow("enough");
  });
});
