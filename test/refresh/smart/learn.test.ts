import { describe, expect, it } from "vitest";
import { newActivity, type WorkspaceActivity } from "../../../src/refresh/smart/activity.js";
import { expectedRate, weightOf } from "../../../src/refresh/smart/expected-rate.js";
import { advance, note } from "../../../src/refresh/smart/learn.js";
import { readActivity, storedActivity } from "../../../src/refresh/smart/memory.js";
import { smartInterval } from "../../../src/refresh/smart/smart-interval.js";
import { cpuMsOf } from "../../support/bounded-time.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 0, 5);

/** Lives through hours, with these interactions. */
function lived(
  until: number,
  interactions: readonly number[],
  activity: WorkspaceActivity = newActivity(START),
): WorkspaceActivity {
  let state = activity;
  const times = [...interactions].sort((a, b) => a - b);
  for (let at = state.at + HOUR_MS; at <= until; at += HOUR_MS) {
    while ((times[0] ?? Number.POSITIVE_INFINITY) < at) state = note(state, times.shift() ?? 0);
    state = advance(state, at);
  }
  return state;
}

/** Ten interactions between 14:00 and 15:00 on working days. */
const meetings = (weeks: number) =>
  Array.from({ length: weeks * 7 }, (_unused, day) => day)
    .filter((day) => day % 7 < 5)
    .flatMap((day) =>
      Array.from({ length: 10 }, (_unused, i) => START + day * DAY_MS + 14 * HOUR_MS + i * 6 * MINUTE_MS),
    );

const intervalAt = (activity: WorkspaceActivity, now: number) =>
  smartInterval(advance(activity, now), undefined, now).ms;

describe("the learnt rate", () => {
  it("is highest at the hour of the week in which people come", () => {
    const until = START + 28 * DAY_MS;
    const activity = lived(
      until + 13 * HOUR_MS + 55 * MINUTE_MS - ((13 * HOUR_MS + 55 * MINUTE_MS) % HOUR_MS),
      meetings(4),
    );
    const atMeeting = intervalAt(activity, until + 13 * HOUR_MS + 55 * MINUTE_MS);
    const atNight = intervalAt(lived(until + 3 * HOUR_MS, meetings(4)), until + 3 * HOUR_MS);
    expect(atMeeting * 3).toBeLessThan(atNight);
  });

  it("jumps with an interaction and falls while nothing follows", () => {
    const quiet = lived(START + 10 * DAY_MS, meetings(1));
    const now = quiet.at + MINUTE_MS;
    const rates = [1, 10, 60].map((minutes) => expectedRate(note(quiet, now), now + minutes * MINUTE_MS).rate);
    expect(expectedRate(quiet, now).rate).toBeLessThan(rates[2] ?? 0);
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
  });

  it("credits the parts that foresaw what came", () => {
    const bursts = Array.from({ length: 40 }, (_unused, burst) => START + burst * 7 * HOUR_MS).flatMap((at) =>
      Array.from({ length: 10 }, (_unused, i) => at + i * 20_000),
    );
    const bursty = lived(START + 14 * DAY_MS, bursts);
    const even = lived(
      START + 14 * DAY_MS,
      Array.from({ length: 400 }, (_unused, i) => START + i * 50 * MINUTE_MS),
    );
    const shortest = 2;
    expect(weightOf(bursty, shortest)).toBeGreaterThan(0.4);
    expect(weightOf(even, shortest)).toBeLessThan(0.1);
  });

  it("stays bounded however much happens", () => {
    let activity = newActivity(START);
    for (let i = 0; i < 5_000; i++) activity = note(activity, START + i * 1_000);
    expect(JSON.stringify(storedActivity(activity)).length).toBeLessThan(4_000);
    expect(smartInterval(activity, undefined, START + 5_000_000).ms).toBeGreaterThanOrEqual(MINUTE_MS);
  });
});

describe("advance()", () => {
  it("learns silence from two hours in which it was awake, and none from a longer gap", () => {
    const activity = newActivity(START);
    expect(advance(activity, START + 2 * HOUR_MS).total.ms).toBeCloseTo(2 * HOUR_MS, -4);
    expect(advance(activity, START + 2 * HOUR_MS + 1).total.ms).toBe(0);
  });

  it("waits for a clock that went back a little, and starts over from one that went back far", () => {
    const activity = note(newActivity(START), START + MINUTE_MS);
    expect(advance(activity, activity.at - HOUR_MS)).toBe(activity);
    expect(advance(activity, activity.at - HOUR_MS - 1).at).toBe(activity.at - HOUR_MS - 1);
  });

  it("comes to the same in one step as in many", () => {
    const activity = note(note(newActivity(START), START + 1), START + 2);
    let many = activity;
    for (let at = START + MINUTE_MS; at <= START + 90 * MINUTE_MS; at += MINUTE_MS) many = advance(many, at);
    const once = advance(activity, START + 90 * MINUTE_MS);
    expect(many.counts).toEqual(once.counts);
    expect(expectedRate(many, many.at).rate / expectedRate(once, once.at).rate).toBeCloseTo(1, 1);
  });
});

describe("smartInterval()", () => {
  it("is 60 minutes where nobody has been for months, 1 minute at the least, and always whole ticks", () => {
    const dead = lived(START + 60 * DAY_MS, [START + HOUR_MS]);
    expect(intervalAt(dead, dead.at)).toBe(60 * MINUTE_MS);
    let busy = lived(START + 20 * DAY_MS, meetings(2));
    for (let i = 0; i < 200; i++) busy = note(busy, busy.at + 500);
    expect(intervalAt(busy, busy.at)).toBe(MINUTE_MS);
    for (let minute = 0; minute < 120; minute++) expect(intervalAt(busy, busy.at + minute * 61_000) % 10_000).toBe(0);
  });

  it("is found in a few microseconds", () => {
    const activity = lived(START + 14 * DAY_MS, meetings(2));
    for (let i = 0; i < 20_000; i++) smartInterval(activity, undefined, activity.at + i);
    const spentMs = cpuMsOf(() => {
      for (let i = 0; i < 20_000; i++) smartInterval(activity, undefined, activity.at + i);
    });
    expect(spentMs).toBeLessThan(1_000);
  });
});

describe("readActivity()", () => {
  it("gives back what was stored, but for digits that nobody misses", () => {
    const activity = lived(START + 10 * DAY_MS, meetings(2));
    const read = readActivity(JSON.parse(JSON.stringify(storedActivity(activity))));
    expect(
      read === undefined ? undefined : expectedRate(read, read.at).rate / expectedRate(activity, activity.at).rate,
    ).toBeCloseTo(1, 3);
  });

  it.each([undefined, null, {}, { ...newActivity(START), counts: [1] }, { ...newActivity(START), at: -1 }])(
    "refuses %#",
    (value) => {
      expect(readActivity(value)).toBeUndefined();
    },
  );
});
