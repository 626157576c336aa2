import { describe, expect, it } from "vitest";
import { withDeadline } from "../../src/base/deadline.js";
import { TimeoutError } from "../../src/base/errors.js";
import { fakeClock } from "../support/fake-clock.js";

const never = () => new Promise<never>(() => {});

describe("withDeadline()", () => {
  it("passes the result on and calls its timer off", async () => {
    const clock = fakeClock();
    await expect(withDeadline(async () => 7, { what: "it", timeoutMs: 10, clock })).resolves.toBe(7);
    expect(clock.sleepers()).toBe(0);
  });

  it("passes the work's own error on", async () => {
    const clock = fakeClock();
    await expect(
      withDeadline(() => Promise.reject(new Error("own")), { what: "it", timeoutMs: 10, clock }),
    ).rejects.toThrow("own");
  });

  it("gives up at the deadline, not before, even when the work never settles and ignores its signal", async () => {
    const clock = fakeClock();
    let outcome: unknown;
    withDeadline(never, { what: "openai's list", timeoutMs: 10_000, clock }).catch((error) => {
      outcome = error;
    });
    await clock.advance(9_999);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    expect(outcome).toBeInstanceOf(TimeoutError);
    expect((outcome as Error).message).toBe("openai's list gave no answer within 10 s");
  });

  it("aborts the work's signal at the deadline", async () => {
    const clock = fakeClock();
    let signal: AbortSignal | undefined;
    const result = withDeadline(
      (inner) => {
        signal = inner;
        return never();
      },
      { what: "it", timeoutMs: 5, clock },
    ).catch(() => {});
    await clock.advance(5);
    await result;
    expect(signal?.reason).toBeInstanceOf(TimeoutError);
  });

  it("ends with the caller's reason when the caller aborts", async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const result = withDeadline(never, { what: "it", timeoutMs: 5, clock, signal: controller.signal });
    controller.abort(new Error("stopped"));
    await expect(result).rejects.toThrow("stopped");
    expect(clock.sleepers()).toBe(0);
    await expect(withDeadline(never, { what: "it", timeoutMs: 5, clock, signal: controller.signal })).rejects.toThrow(
      "stopped",
    );
  });
});
