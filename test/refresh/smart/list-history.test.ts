import { describe, expect, it } from "vitest";
import {
  createListWatch,
  type ListAttempt,
  type ListHistory,
  newListHistory,
  noteList,
  stretchOf,
} from "../../../src/refresh/smart/list-history.js";
import { entryOf } from "../support.js";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 5);

function lived(
  hours: number,
  news: (hour: number) => ListAttempt,
  from: ListHistory = newListHistory(START),
): ListHistory {
  let list = from;
  for (let hour = 1; hour <= hours; hour++) list = noteList(list, news(hour), list.at + HOUR_MS);
  return list;
}

describe("stretchOf()", () => {
  it("is 1 for a list that nothing is known of", () => {
    expect(stretchOf(newListHistory(START))).toBe(1);
  });

  it("grows while nothing changes, up to its bound", () => {
    const stretches = [24, 100, 2_000].map((hours) => stretchOf(lived(hours, () => "unchanged")));
    expect(stretches).toEqual([...stretches].sort((a, b) => a - b));
    expect(stretches[2]).toBe(1.3);
  });

  it("shrinks for a list that changes every day, down to its bound", () => {
    expect(stretchOf(lived(500, (hour) => (hour % 24 === 0 ? "changed" : "unchanged")))).toBe(0.85);
  });

  it("grows with the share of attempts that fail, and forgets that within days", () => {
    const half = lived(24, (hour) => (hour % 2 === 0 ? "failed" : "unchanged"));
    expect(stretchOf(half)).toBeGreaterThan(stretchOf(lived(24, () => "unchanged")));
    expect(lived(120, () => "unchanged", half).failures).toBeLessThan(0.2);
  });

  it("takes a time in which the bot was off for none in which nothing changed", () => {
    const list = newListHistory(START);
    expect(noteList(list, "unchanged", START + 1_000 * HOUR_MS).watchedMs).toBe(2 * HOUR_MS);
  });
});

describe("createListWatch()", () => {
  it("tells each attempt once, and nothing of what was there at first", () => {
    const told: ListAttempt[] = [];
    const watch = createListWatch((_provider, news) => void told.push(news));
    watch("openai", entryOf({ attemptedAt: 1, outcome: "ok" }), 1);
    watch("openai", entryOf({ attemptedAt: 1, outcome: "ok" }), 1);
    expect(told).toEqual([]);
    watch("openai", entryOf({ attemptedAt: 2, outcome: "ok" }), 1);
    watch("openai", entryOf({ attemptedAt: 3, outcome: "timeout" }), 1);
    watch("openai", entryOf({ attemptedAt: 4, outcome: "ok" }), 4);
    watch("openai", entryOf({ attemptedAt: 4, outcome: "ok" }), 4);
    expect(told).toEqual(["unchanged", "failed", "changed"]);
  });
});
