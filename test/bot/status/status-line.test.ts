import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/base/log.js";
import { createStatusLine } from "../../../src/bot/status/status-line.js";
import type { Indicator, RefreshStatus } from "../../../src/refresh/refresher.js";
import { fakeClock, settle } from "../../support/fake-clock.js";

const REFRESHING = "🔄 Background refresh in progress...";
const FRESH = "✓ Auto-refreshed - models up to date";
const STALE = "⚠️ Using cached models - refresh recommended";

function setup() {
  const clock = fakeClock();
  const surface = () => {
    const statuses: string[] = [];
    return { statuses, showStatus: async (line: string) => void statuses.push(line) };
  };
  const [first, second] = [surface(), surface()];
  const warnings: unknown[] = [];
  let indicator: Indicator = "stale";
  const log = { warn: (fields: object) => void warnings.push(fields) } as unknown as Log;
  const line = createStatusLine({
    clock,
    log,
    status: () => ({ indicator, hasLists: true, providers: [] }) as unknown as RefreshStatus,
    surfaces: [first, {}, second],
  });
  const become = async (next: Indicator, forMs = 0) => {
    indicator = next;
    line.look();
    await clock.advance(forMs);
  };
  return { clock, first, second, warnings, line, become, shown: () => first.statuses };
}

describe("createStatusLine()", () => {
  it("tells every platform that has a place for it when the indicator changes, and nothing when it does not", async () => {
    const { first, second, become } = setup();
    for (const next of ["stale", "stale", "fresh", "fresh", "stale"] as const) await become(next);
    for (const { statuses } of [first, second]) expect(statuses).toEqual([STALE, FRESH, STALE]);
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
    const { first, second, become, warnings } = setup();
    first.showStatus = async () => Promise.reject(new Error("no"));
    await become("fresh");
    await settle();
    expect(second.statuses).toEqual([FRESH]);
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
