import { describe, expect, it } from "vitest";
import { wantedInterval } from "../../../src/refresh/decide/intervals.js";
import type { RefreshInForce } from "../../../src/refresh/settings.js";

describe("wantedInterval()", () => {
  const wish = (isEnabled: boolean, interval: RefreshInForce["interval"]) => ({
    inForce: { isEnabled, enabledBy: "host", interval, intervalBy: "host" } as const,
    smartMs: () => 180_000,
  });

  it("is the shortest of those with auto-refresh on", () => {
    const wishes = [
      wish(true, { kind: "fixed", ms: 600_000 }),
      wish(false, { kind: "fixed", ms: 60_000 }),
      wish(true, { kind: "smart" }),
    ];
    expect(wantedInterval(wishes)).toBe(180_000);
    expect(wantedInterval(wishes.slice(0, 2))).toBe(600_000);
  });

  it("is none where it is off for all", () => {
    expect(wantedInterval([wish(false, { kind: "smart" })])).toBeNull();
    expect(wantedInterval([])).toBeNull();
  });
});
