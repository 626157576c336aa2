import { describe, expect, it } from "vitest";
import { backoffMs, retry } from "../../src/base/retry.js";
import { fakeClock } from "../support/fake-clock.js";

describe("backoffMs()", () => {
  it.each([
    [1, 500],
    [2, 1_000],
    [4, 4_000],
    [5, 5_000],
    [10_000, 5_000],
  ])("after %i failures is %i ms", (failures, expected) => {
    expect(backoffMs(failures, { firstMs: 500, maxMs: 5_000 })).toBe(expected);
  });
});

describe("retry()", () => {
  const failing = (times: number) => {
    let calls = 0;
    return {
      calls: () => calls,
      work: async () => {
        calls += 1;
        if (calls <= times) throw new Error(`failure ${calls}`);
        return calls;
      },
    };
  };

  it("calls again after each pause until it succeeds", async () => {
    const clock = fakeClock();
    const { work } = failing(2);
    const pauses: number[] = [];
    const result = retry(work, { clock, delays: [100, 200], onRetry: (_error, pauseMs) => pauses.push(pauseMs) });
    await clock.advance(100);
    await clock.advance(200);
    expect(await result).toBe(3);
    expect(pauses).toEqual([100, 200]);
  });

  it("throws the last error after the last pause, and at once for what does not pass", async () => {
    const clock = fakeClock();
    const patient = failing(9);
    const result = retry(patient.work, { clock, delays: [100] });
    const caught = expect(result).rejects.toThrow("failure 2");
    await clock.advance(100);
    await caught;
    await expect(retry(failing(9).work, { clock, delays: [1], shouldRetry: () => false })).rejects.toThrow("failure 1");
  });

  it("begins no attempt after its end", async () => {
    const clock = fakeClock();
    await expect(retry(failing(9).work, { clock, delays: () => 100, until: clock.now() + 99 })).rejects.toThrow(
      "failure 1",
    );
  });

  it("ends with the reason of its signal, before an attempt and in a pause", async () => {
    const clock = fakeClock();
    const aborting = new AbortController();
    const { work, calls } = failing(9);
    const result = retry(work, { clock, delays: () => 1_000, signal: aborting.signal });
    const caught = expect(result).rejects.toThrow("stop");
    await clock.advance(10);
    aborting.abort(new Error("stop"));
    await caught;
    expect(calls()).toBe(1);
  });
});
