import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/base/log.js";
import { createStatusLine } from "../../../src/bot/status/status-line.js";
import type { Indicator } from "../../../src/refresh/refresher.js";
import { fakeClock, settle } from "../../support/fake-clock.js";
import { fakePlatform } from "../../support/fake-platform.js";

const REFRESHING = "🔄 Background refresh in progress...";
const FRESH = "✓ Auto-refreshed - models up to date";
const STALE = "⚠️ Using cached models - refresh recommended";

function setup() {
  const clock = fakeClock();
  const platforms = [fakePlatform("one"), fakePlatform("two")];
  const warnings: unknown[] = [];
  let indicator: Indicator = "stale";
  const log = { warn: (fields: object) => void warnings.push(fields) } as unknown as Log;
  const line = createStatusLine({ clock, log, indicator: () => indicator, platforms: () => platforms });
  const become = async (next: Indicator, forMs = 0) => {
    indicator = next;
    line.look();
    await clock.advance(forMs);
  };
  return { clock, platforms, warnings, line, become, shown: () => platforms[0]?.statuses ?? [] };
}

describe("createStatusLine()", () => {
  it("tells every platform when the indicator changes, and nothing when it does not", async () => {
    const { platforms, become } = setup();
    for (const next of ["stale", "stale", "fresh", "fresh", "stale"] as const) await become(next);
    for (const { statuses } of platforms) expect(statuses).toEqual([STALE, FRESH, STALE]);
  });

  it("does not tell of a refresh that is over within a second", async () => {
    const { become, shown, clock } = setup();
    await become("fresh");
    for (let refresh = 0; refresh < 10; refresh++) {
      await become("refreshing", 999);
      await become("fresh", 10_000);
    }
    expect(shown()).toEqual([FRESH]);
    expect(clock.sleepers()).toBe(0);
  });

  it("tells of a refresh that lasts a second, once, and of its end", async () => {
    const { become, shown } = setup();
    await become("fresh");
    await become("refreshing", 1_000);
    await become("refreshing", 5_000);
    await become("fresh");
    expect(shown()).toEqual([FRESH, REFRESHING, FRESH]);
  });

  it("counts the second of every refresh anew", async () => {
    const { become, shown } = setup();
    await become("fresh");
    await become("refreshing", 600);
    await become("fresh", 200);
    await become("refreshing", 999);
    expect(shown()).toEqual([FRESH]);
    await become("refreshing", 1);
    expect(shown()).toEqual([FRESH, REFRESHING]);
  });

  it("goes on after a platform that cannot show it", async () => {
    const { platforms, become, warnings } = setup();
    const [first] = platforms;
    if (first !== undefined) first.showStatus = async () => Promise.reject(new Error("no"));
    await become("fresh");
    await settle();
    expect(platforms[1]?.statuses).toEqual([FRESH]);
    expect(warnings).toHaveLength(1);
  });

  it("tells nothing after stop()", async () => {
    const { become, line, shown, clock } = setup();
    await become("refreshing");
    line.stop();
    await become("fresh", 5_000);
    expect(shown()).toEqual([]);
    expect(clock.sleepers()).toBe(0);
  });
});
