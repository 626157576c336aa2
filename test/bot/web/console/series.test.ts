import { describe, expect, it } from "vitest";
import { createSeries } from "../../../../src/bot/observe/recent.js";
import type { TurnEvent } from "../../../../src/bot/turn/turn-deps.js";
import { fakeClock } from "../../../support/fake-clock.js";
import { fakeRefresher } from "../../../support/fake-refresher.js";
import { providerStatus } from "./console-support.js";

const HOUR_MS = 3_600_000;
const turn = (ending: TurnEvent["ending"]): TurnEvent => ({
  platform: "playground",
  provider: "demo",
  model: "small",
  ending,
  durationMs: 5,
  firstTextMs: null,
});

function setup() {
  const clock = fakeClock();
  let fetchedAt: number | null = null;
  const refresher = fakeRefresher({
    status: () => ({
      indicator: "fresh",
      isFresh: true,
      hasLists: true,
      lastRefreshAt: null,
      nextRefreshAt: null,
      providers: [providerStatus({ id: "demo", fetchedAt })],
    }),
  });
  const series = createSeries({ clock, refresher, readDelay: () => ({ p50: 1, p95: 3, p99: 2, max: 3 }) });
  return {
    clock,
    series,
    fetched: () => {
      fetchedAt = clock.now();
    },
  };
}

describe("createSeries()", () => {
  it("counts turns and errors by the minute, and begins with the start", async () => {
    const { clock, series } = setup();
    for (const ending of ["done", "failed", "cut-off", "stopped"] as const) series.onTurn(turn(ending));
    await clock.advance(120_000);
    series.onTurn(turn("done"));
    const { at, turns, errors } = series.view().minutes;
    expect([turns, errors]).toEqual([
      [4, 0, 1],
      [2, 0, 0],
    ]);
    expect(at.at(-1)).toBe(clock.now() / 1000);
  });

  it("goes on after a restart with a sample a minute, and forgets what is older than three hours", async () => {
    const before = setup();
    before.series.onTurn(turn("failed"));
    before.series.onRefresh({ provider: "demo", trigger: "timer", outcome: "ok", durationMs: 40 });
    before.series.sample();
    await before.clock.advance(10_000);
    before.series.sample();
    const stored = JSON.parse(JSON.stringify(before.series.kept()));
    expect(stored.samples).toHaveLength(1);

    const after = setup();
    await after.clock.advance(HOUR_MS);
    after.series.restore("nonsense");
    after.series.restore(stored);
    const { minutes, refreshes, delay } = after.series.view();
    expect([minutes.errors[0], minutes.at.length, refreshes.length, delay.at.length]).toEqual([1, 61, 1, 1]);
    await after.clock.advance(3 * HOUR_MS);
    after.series.sample();
    expect([after.series.view().refreshes, after.series.view().delay.at.length]).toEqual([[], 1]);
  });

  it("keeps three hours and no more", async () => {
    const { clock, series } = setup();
    series.onTurn(turn("done"));
    series.onRefresh({ provider: "demo", trigger: "timer", outcome: "ok", durationMs: 40 });
    series.sample();
    await clock.advance(2 * HOUR_MS);
    expect(series.view().refreshes).toHaveLength(1);
    series.onTurn(turn("done"));
    await clock.advance(2 * HOUR_MS);
    series.sample();
    const { minutes, refreshes, ages } = series.view();
    expect(minutes.at).toHaveLength(180);
    expect(minutes.turns.reduce((sum, count) => sum + count)).toBe(1);
    expect([refreshes, ages.at]).toEqual([[], [clock.now() / 1000]]);
  });

  it("notes each list's age, and null where there is none", async () => {
    const { clock, series, fetched } = setup();
    series.sample();
    fetched();
    await clock.advance(30_000);
    series.sample();
    expect(series.view().ages.providers).toEqual({ demo: [null, 30] });
    expect(series.view().delay).toMatchObject({ p50: [1, 1], p99: [2, 2], max: [3, 3] });
  });

  it("keeps at most 2,000 refreshes", () => {
    const { series } = setup();
    for (let count = 0; count < 2_010; count++) {
      series.onRefresh({ provider: "demo", trigger: "person", outcome: "ok", durationMs: count });
    }
    expect(series.view().refreshes).toHaveLength(2_000);
    expect(series.view().refreshes[0]?.durationMs).toBe(10);
  });
});
