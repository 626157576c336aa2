import { describe, expect, it } from "vitest";
import { type Explained, explain } from "../../../src/refresh/smart/smart-interval.js";

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const line = (part: Partial<Explained>) =>
  explain({ ms: 12 * MINUTE_MS, use: "quiet-hour", idleMs: 0, unchangedMs: 3 * DAY_MS, lists: 1, ...part });

describe("explain()", () => {
  it.each([
    [{}, "every 12 min: quiet hour, list unchanged for 3 days"],
    [{ lists: 2 }, "every 12 min: quiet hour, lists unchanged for 3 days"],
    [{ ms: 90_000, use: "active" }, "every 1.5 min: people are active, list unchanged for 3 days"],
    [{ unchangedMs: DAY_MS - 1 }, "every 12 min: quiet hour"],
    [{ unchangedMs: DAY_MS }, "every 12 min: quiet hour, list unchanged for 24 hours"],
    [{ unchangedMs: 2 * DAY_MS }, "every 12 min: quiet hour, list unchanged for 2 days"],
    [{ idleMs: DAY_MS - 1, unchangedMs: 0 }, "every 12 min: quiet hour"],
    [{ idleMs: 5 * DAY_MS, unchangedMs: 0 }, "every 12 min: nobody here for 5 days"],
    [{ idleMs: null, unchangedMs: 0 }, "every 12 min: nobody here yet"],
    [{ use: "busy-time", unchangedMs: 0 }, "every 12 min: busy time of the week"],
    [{ use: "usual", unchangedMs: 0 }, "every 12 min: usual activity"],
  ] as const)("says %o as %s", (part, text) => {
    expect(line(part)).toBe(text);
  });
});
