import { describe, expect, it } from "vitest";
import { smartInterval, wantedInterval } from "../../src/refresh/intervals.js";
import type { RefreshInForce } from "../../src/refresh/settings.js";

const NOW = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const idle = (minutes: number) => smartInterval({ lastInteractionAt: NOW - minutes * MINUTE_MS }, NOW);

describe("smartInterval", () => {
  it.each([
    [0, 3],
    [15, 3],
    [16, 3.2],
    [100, 20],
    [299, 59.8],
    [300, 60],
    [100_000, 60],
  ])("after %d quiet minutes is %d minutes", (quiet, minutes) => {
    expect(idle(quiet).ms).toBeCloseTo(minutes * MINUTE_MS);
  });

  it("says why in one line", () => {
    expect(idle(1).why).toBe("every 3 minutes, as people are active");
    expect(idle(100).why).toBe("every 20 minutes, as it has been quiet for 100 minutes");
    expect(idle(300).why).toBe("every 60 minutes, as it has been quiet for 5 hours");
    expect(idle(7 * 1440).why).toBe("every 60 minutes, as it has been quiet for 7 days");
  });

  it("takes an interaction in the future for one just now", () => {
    expect(idle(-500).ms).toBe(3 * MINUTE_MS);
  });
});

describe("wantedInterval", () => {
  const wish = (isEnabled: boolean, interval: RefreshInForce["interval"]) => ({
    inForce: { isEnabled, enabledBy: "host", interval, intervalBy: "host" } as const,
    use: { lastInteractionAt: NOW },
  });

  it("is the shortest of those with auto-refresh on", () => {
    const wishes = [
      wish(true, { kind: "fixed", ms: 600_000 }),
      wish(false, { kind: "fixed", ms: 60_000 }),
      wish(true, { kind: "smart" }),
    ];
    expect(wantedInterval(wishes, NOW)).toBe(180_000);
    expect(wantedInterval(wishes.slice(0, 2), NOW)).toBe(600_000);
  });

  it("is none where it is off for all", () => {
    expect(wantedInterval([wish(false, { kind: "smart" })], NOW)).toBeNull();
    expect(wantedInterval([], NOW)).toBeNull();
  });
});
