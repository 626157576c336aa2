import { describe, expect, it } from "vitest";
import { createMessageLimits } from "../../src/usage/question-limits.js";
import { fakeClock } from "../support/fake-clock.js";

const TEN_MINUTES_MS = 600_000;

describe("createMessageLimits()", () => {
  it("takes as many questions of a person as the limit says, and tells when the next one is taken", async () => {
    const clock = fakeClock();
    const limits = createMessageLimits({ userPer10Min: 2, channelPer10Min: 0 }, clock);
    const firstAt = clock.now();
    expect(limits.take("ada", "a")).toEqual({ isAllowed: true });
    await clock.advance(1_000);
    expect(limits.take("ada", "b")).toEqual({ isAllowed: true });
    expect(limits.take("ada", "c")).toEqual({ isAllowed: false, by: "user", until: firstAt + TEN_MINUTES_MS });
    expect(limits.take("grace", "c")).toEqual({ isAllowed: true });
    await clock.advance(TEN_MINUTES_MS - 1_001);
    expect(limits.take("ada", "a").isAllowed).toBe(false);
    await clock.advance(1);
    expect(limits.take("ada", "a").isAllowed).toBe(true);
    expect(limits.take("ada", "a").isAllowed).toBe(false);
  });

  it("limits a channel over all its people, and a refused question counts for neither", async () => {
    const clock = fakeClock();
    const limits = createMessageLimits({ userPer10Min: 1, channelPer10Min: 1 }, clock);
    expect(limits.take("ada", "a").isAllowed).toBe(true);
    expect(limits.take("grace", "a")).toMatchObject({ isAllowed: false, by: "channel" });
    expect(limits.take("grace", "b").isAllowed).toBe(true);
  });

  it("takes everything where the limits are 0", () => {
    const limits = createMessageLimits({ userPer10Min: 0, channelPer10Min: 0 }, fakeClock());
    for (let count = 0; count < 1_000; count++) expect(limits.take("ada", "a").isAllowed).toBe(true);
  });

  it("forgets people whose window has passed", async () => {
    const clock = fakeClock();
    const limits = createMessageLimits({ userPer10Min: 1, channelPer10Min: 0 }, clock);
    for (let person = 0; person < 10_002; person++) limits.take(`person ${person}`, "a");
    await clock.advance(TEN_MINUTES_MS);
    expect(limits.take("person 1", "a").isAllowed).toBe(true);
  });

  it("takes a workspace's own limit where it is lower than the host's, or the host has none", () => {
    const count = (host: number, own: number) => {
      const limits = createMessageLimits({ userPer10Min: host, channelPer10Min: 0 }, fakeClock());
      let taken = 0;
      while (taken < 10 && limits.take("ada", "a", { userPer10Min: own }).isAllowed) taken++;
      return taken;
    };
    expect([count(3, 2), count(2, 3), count(0, 4), count(4, 0), count(0, 0)]).toEqual([2, 2, 4, 4, 10]);
  });
});
