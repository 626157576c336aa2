import { describe, expect, it } from "vitest";
import { fixedPolicy, outcomeOf, replay, smartPolicy } from "../../../src/refresh/simulation/replay.js";
import { alignChanges, runSimulate } from "../../../src/refresh/simulation/simulate.js";

const ACTIVITY = "test/fixtures/chat-activity.csv";
const CHANGES = "test/fixtures/catalogue-changes.csv";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 0, 5);

interface Line {
  readonly policy: string;
  readonly callsPerDay: number;
  readonly meanAgeMinutes: number;
  readonly p95AgeMinutes: number;
  readonly callsRatioAtEqualMeanAge: number;
  readonly staleInteractions?: number;
}

function simulate(...words: string[]) {
  const lines: string[] = [];
  const errors: string[] = [];
  const code = runSimulate({ words, print: (line) => lines.push(line), printError: (line) => errors.push(line) });
  const rows = lines.map((line): Line => JSON.parse(line));
  const row = (policy: string) => {
    const found = rows.find((candidate) => candidate.policy === policy);
    if (found === undefined) throw new Error(`no line for ${policy}`);
    return found;
  };
  return { code, rows, row, errors: errors.join("\n") };
}

describe("simulate intervals", () => {
  it("prints a line for each policy, consistent in itself", () => {
    const { code, rows, row } = simulate("intervals", "--activity", ACTIVITY);
    expect(code).toBe(0);
    expect(rows.map(({ policy }) => policy)).toEqual([
      ...["fixed-1", "fixed-3", "fixed-5", "fixed-10", "fixed-15", "smart", "oracle"],
    ]);
    for (const minutes of [1, 3, 5, 10, 15]) {
      const fixed = row(`fixed-${minutes}`);
      expect(fixed.callsPerDay).toBeCloseTo(1440 / minutes, 0);
      expect(fixed.meanAgeMinutes / minutes).toBeCloseTo(0.5, 1);
      expect(fixed.p95AgeMinutes / minutes).toBeCloseTo(0.95, 1);
      expect(fixed.callsRatioAtEqualMeanAge).toBeCloseTo(1, 1);
    }
    for (const { callsPerDay, meanAgeMinutes, callsRatioAtEqualMeanAge, staleInteractions } of rows) {
      expect(callsRatioAtEqualMeanAge).toBeCloseTo((callsPerDay * 2 * meanAgeMinutes) / 1440, 3);
      expect(staleInteractions).toBeUndefined();
    }
    expect(row("oracle")).toMatchObject({ meanAgeMinutes: 0, p95AgeMinutes: 0, callsRatioAtEqualMeanAge: 0 });
  });

  // What it reaches there (0.32, 0.59, 0.86) and a little more: ten weeks are little to learn from at every 20th message.
  it.each([
    [1, 0.34],
    [5, 0.6],
    [20, 0.9],
  ])("reaches with smart at every %dth message a ratio of at most %d", (every, ratio) => {
    const { row } = simulate("intervals", "--activity", ACTIVITY, "--every", String(every));
    expect(row("smart").callsRatioAtEqualMeanAge).toBeLessThanOrEqual(ratio);
  });

  it("counts interactions whose list lacked a change", () => {
    const { rows, row } = simulate("intervals", "--activity", ACTIVITY, "--changes", CHANGES);
    const stale = rows.map(({ staleInteractions }) => staleInteractions ?? Number.NaN);
    expect(stale.slice(0, 5)).toEqual([...stale.slice(0, 5)].sort((a, b) => a - b));
    expect(row("oracle").staleInteractions).toBe(0);
    expect(row("smart").staleInteractions).toBeGreaterThan(0);
    expect(row("smart").staleInteractions).toBeLessThan(row("fixed-15").staleInteractions ?? 0);
  });

  it.each([
    [[], "the simulations are"],
    [["other"], 'no "other"'],
    [["intervals", "more"], 'no "intervals more"'],
    [["intervals"], "--activity needs a file"],
    [["intervals", "--activity"], "--activity"],
    [["intervals", "--activity", ACTIVITY, "--every", "0"], "--every takes a whole number from 1"],
    [["intervals", "--activity", ACTIVITY, "--every", "1.5"], "--every takes a whole number from 1"],
    [["intervals", "--activity", ACTIVITY, "--every", "1000000"], "too few rows"],
    [["intervals", "--activity", ACTIVITY, "--bogus"], "--bogus"],
    [["intervals", "--activity", "no-such-file.csv"], "no-such-file.csv: cannot be read"],
    [["intervals", "--activity", "package.json"], "package.json: the first line must name its columns"],
    [["intervals", "--activity", ACTIVITY, "--changes", "no-such-file.csv"], "no-such-file.csv: cannot be read"],
  ])("refuses %j with 2 and says why", (words, text) => {
    const { code, rows, errors } = simulate(...words);
    expect(code).toBe(2);
    expect(rows).toEqual([]);
    expect(errors).toContain(text);
  });
});

describe("replay()", () => {
  it("refreshes at a tick, and counts a change up to it as seen", () => {
    const trace = {
      interactions: [START + 59_999, START + 60_000, START + 65_000],
      changes: [START + 10_000, START + 62_000],
      startAt: START,
      endAt: START + 70_000,
    };
    expect(replay(fixedPolicy(60_000), trace)).toEqual({ calls: 2, ages: [59_999, 0, 5_000], stale: 2 });
  });
});

describe("alignChanges()", () => {
  it("leaves traces of the same time alone, and lays others over by whole weeks, again and again", () => {
    expect(alignChanges([5, 10, 20], 5, 15)).toEqual([10]);
    const late = START + 100 * DAY_MS;
    const aligned = alignChanges([late, late + DAY_MS], START, START + 21 * DAY_MS);
    expect(aligned).toHaveLength(6);
    expect(aligned.slice(2, 4)).toEqual(aligned.slice(0, 2).map((at) => at + 7 * DAY_MS));
    expect(new Date(aligned[0] ?? 0).getUTCDay()).toBe(new Date(late).getUTCDay());
  });
});

/** The same numbers on every run. */
function random(seed: number) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Poisson arrivals whose rate per hour a function gives, each followed by a burst. */
function channel(days: number, perHour: (hour: number) => number, burst: number): readonly number[] {
  const next = random(7);
  const times: number[] = [];
  for (let minute = 0; minute < days * 1440; minute++) {
    if (next() >= perHour(Math.floor(minute / 60)) / 60) continue;
    let at = START + minute * MINUTE_MS;
    for (let more = burst; more >= 0; more--) {
      times.push(at);
      at += 10_000 + next() * 120_000;
    }
  }
  return times.sort((a, b) => a - b);
}

describe("smart on channels of other kinds", () => {
  const working = (hour: number) => (Math.floor(hour / 24) % 7 < 5 && hour % 24 >= 8 && hour % 24 < 17 ? 1 : 0);
  const ratio = (interactions: readonly number[], days: number) => {
    const trace = { interactions, startAt: START, endAt: START + days * DAY_MS };
    return outcomeOf(replay(smartPolicy(START, false), trace), trace).callsRatioAtEqualMeanAge;
  };

  it.each([
    ["working hours, single messages", channel(60, (hour) => 2 * working(hour), 0), 0.75],
    ["working hours on the other side of the world", channel(60, (hour) => 2 * working(hour + 13), 0), 0.75],
    ["bursts by day", channel(60, (hour) => 0.3 * working(hour), 15), 0.35],
    ["a very busy channel", channel(20, (hour) => 60 * working(hour) + 2, 5), 0.75],
    ["evenly spread, nothing to learn", channel(60, () => 1, 0), 1.1],
  ])("reaches its bound: %s", (_name, interactions, bound) => {
    expect(ratio(interactions, interactions.length > 5_000 ? 20 : 60)).toBeLessThanOrEqual(bound);
  });

  it("comes about once an hour in a channel that died", () => {
    const interactions = channel(10, working, 2);
    const quiet = { interactions, startAt: START, endAt: START + 200 * DAY_MS };
    const { calls } = replay(smartPolicy(START, false), quiet);
    expect(calls / 200).toBeLessThan(36);
  });
});
