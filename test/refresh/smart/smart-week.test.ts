import { describe, expect, it } from "vitest";
import { fakeClock } from "../../support/fake-clock.js";
import { createWorld } from "../world.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WORKSPACE = "playground:local";
/** A world in memory needs few turns to come to rest. */
const quickClock = () => fakeClock(undefined, 4);

describe("a week on smart", () => {
  it("is never outdated while providers are healthy, and looks oftener when people are there", async () => {
    // It lives through 60,480 ticks.
    const world = await createWorld({ ids: ["openai"], clock: quickClock() });
    await world.settings.change(WORKSPACE, () => ({ interval: "smart" }));
    await world.live(MINUTE_MS);
    const asked = () => world.provider("openai").asked();
    let looks = 0;
    let stale = 0;
    const look = () => {
      looks += 1;
      if (!world.refresher.status().isFresh) stale += 1;
    };
    const perHour: { readonly isWorking: boolean; readonly calls: number }[] = [];
    for (let hour = 0; hour < 7 * 24; hour++) {
      const isWorking = hour % 24 >= 2 && hour % 24 < 6;
      const before = asked();
      for (let part = 0; part < 12; part++) {
        // Somebody says something right after a long silence too: the interval falls from an hour to minutes at once.
        if (isWorking) world.refresher.noteActivity(WORKSPACE);
        await world.live(5 * MINUTE_MS, look);
      }
      perHour.push({ isWorking, calls: asked() - before });
    }
    expect(looks).toBe(2 * 7 * 24 * 360);
    expect(stale).toBe(0);
    const mean = (wanted: boolean) => {
      const hours = perHour.filter(({ isWorking }) => isWorking === wanted);
      return hours.reduce((sum, { calls }) => sum + calls, 0) / hours.length;
    };
    expect(mean(true)).toBeGreaterThan(3 * mean(false));
    expect(mean(false)).toBeLessThan(3);
    expect(world.problems).toEqual([]);
  });

  it("is outdated soon when the provider hangs as somebody comes back", async () => {
    const world = await createWorld({ ids: ["openai"], clock: quickClock() });
    await world.settings.change(WORKSPACE, () => ({ interval: "smart" }));
    await world.live(12 * HOUR_MS);
    while (world.clock.now() - (world.refresher.status().lastRefreshAt ?? 0) < 12 * MINUTE_MS) await world.live(10_000);
    world.provider("openai").hangs();
    for (let message = 0; message < 10; message++) world.refresher.noteActivity(WORKSPACE);
    expect(world.refresher.status().isFresh).toBe(true);
    await world.live(MINUTE_MS);
    expect(world.refresher.status().isFresh).toBe(false);
  });

  it("says in one line what it comes to", async () => {
    const world = await createWorld({ ids: ["openai", "groq"] });
    expect(world.refresher.smartWhy(WORKSPACE)).toBeUndefined();
    await world.settings.change(WORKSPACE, () => ({ interval: "smart" }));
    await world.live(26 * HOUR_MS);
    expect(world.refresher.smartWhy(WORKSPACE)).toMatch(
      /^every \d+ min: nobody here yet, lists unchanged for 26 hours$/,
    );
    world.provider("openai").answers(["openai-1", "openai-9"]);
    await world.live(HOUR_MS);
    for (let message = 0; message < 5; message++) world.refresher.noteActivity(WORKSPACE);
    expect(world.refresher.smartWhy(WORKSPACE)).toMatch(/^every [\d.]+ min: people are active$/);
  });

  it("keeps what it learnt over a restart", async () => {
    const world = await createWorld({ ids: ["openai"] });
    await world.settings.change(WORKSPACE, () => ({ interval: "smart" }));
    await world.live(3 * HOUR_MS, () => world.refresher.noteActivity(WORKSPACE));
    world.refresher.stop();
    const next = await world.restart();
    expect(next.refresher.smartWhy(WORKSPACE)).toMatch(/people are active$/);
  });
});
