import { describe, expect, it } from "vitest";
import { createHistory, HISTORY_STEP_MS, KEPT } from "../../../src/bot/observe/history.js";
import { fakeClock } from "../../support/fake-clock.js";
import { memoryStore } from "../../support/memory-store.js";
import { providerStatus } from "../web/console/console-support.js";
import { silentLog } from "../web/http/http-support.js";

const DELAY = { p50: 1, p95: 2, p99: 3, max: 4 };
const TURN = { platform: "discord", provider: null, model: null, durationMs: 1, firstTextMs: null } as const;
const DOWN = providerStatus({ outcome: "timeout", consecutiveFailures: 2, fetchedAt: 1 });

function stage(clock = fakeClock(), store = memoryStore(clock.now)) {
  let provider = providerStatus();
  let fault: string | undefined;
  const recent = {
    restored: [] as unknown[],
    kept: () => ({ minutes: [{ at: clock.now(), turns: 1, errors: 0 }], refreshes: [], samples: [] }),
    restore: (value: unknown) => void recent.restored.push(value),
  };
  const create = () =>
    createHistory({
      recent,
      store,
      clock,
      log: silentLog,
      status: () => ({
        ...{ indicator: "fresh", isFresh: true, hasLists: true, lastRefreshAt: null, nextRefreshAt: null },
        providers: [provider],
      }),
      platforms: () => [{ name: "discord", fault: () => fault }],
    });
  return {
    ...{ clock, store, recent, history: create() },
    set(facts: { provider?: typeof provider; fault?: string | undefined }) {
      provider = facts.provider ?? provider;
      fault = "fault" in facts ? facts.fault : fault;
    },
    async restarted() {
      const again = create();
      await again.load();
      return again;
    },
  };
}
const subjectOf = (history: ReturnType<typeof createHistory>, id: string) =>
  history.view().subjects.find((each) => each.id === id);

describe("the console's history", () => {
  it("counts turns, refreshes and the worst delay by the hour", async () => {
    const { clock, history } = stage();
    history.onTurn({ ...TURN, ending: "done" });
    history.onTurn({ ...TURN, ending: "failed" });
    history.onRefresh({ provider: "openai", trigger: "timer", outcome: "timeout", durationMs: 1 });
    history.look(DELAY);
    history.look({ ...DELAY, p50: 9, max: 2 });
    await clock.advance(HISTORY_STEP_MS);
    history.onTurn({ ...TURN, ending: "cut-off" });
    expect(history.view().hours).toMatchObject([
      { turns: 2, errors: 1, refreshes: 1, failures: 1, delay: { p50: 9, p95: 2, p99: 3, max: 4 } },
      { turns: 1, errors: 1, refreshes: 0, delay: { max: 0 } },
    ]);
  });

  it("knows uptime and incidents with beginning, end and cause, also after a restart", async () => {
    const { clock, history, set, restarted } = stage();
    history.look(DELAY);
    set({ provider: DOWN, fault: "discord: the token is refused" });
    const from = clock.now();
    history.look(DELAY);
    await clock.advance(60_000);
    set({ provider: providerStatus() });
    history.look(DELAY);
    await history.stop();
    const again = await restarted();
    expect(again.view()).toEqual(history.view());
    expect(subjectOf(again, "openai")?.incidents).toEqual([{ from, to: from + 60_000, cause: "openai: timed out" }]);
    expect(subjectOf(again, "discord")?.incidents).toEqual([
      { from, to: null, cause: "discord: the token is refused" },
    ]);
    expect(subjectOf(again, "openai")?.hours.slice(-2)).toEqual([null, 2 / 3]);
    expect(subjectOf(again, "discord")?.days.at(-1)).toBe(1 / 3);
  });

  it("keeps the last three hours in detail every five minutes and at the end, and hands them back", async () => {
    const { clock, store, history, recent, restarted } = stage();
    const stored = () => store.values("history").get("recent");
    for (let minute = 0; minute < 5; minute++) {
      expect(await stored()).toBeUndefined();
      await clock.advance(60_000);
      history.look(DELAY);
    }
    await expect.poll(stored).toEqual(recent.kept());
    await clock.advance(60_000);
    await history.stop();
    expect(await stored()).toEqual(recent.kept());
    await restarted();
    expect(recent.restored).toEqual([recent.kept()]);
  });

  it("leaves the time in which nobody looked unknown", async () => {
    const { clock, history, restarted } = stage();
    history.look(DELAY);
    await history.stop();
    await clock.advance(3 * HISTORY_STEP_MS);
    const again = await restarted();
    again.look(DELAY);
    expect(subjectOf(again, "openai")?.hours.slice(-5)).toEqual([null, 1, null, null, 1]);
  });

  it("keeps as many buckets and incidents as it says, however long it runs", async () => {
    const { clock, history, set } = stage();
    for (let hour = 0; hour < KEPT.hours + 50; hour++) {
      set({ provider: hour % 2 === 0 ? DOWN : providerStatus() });
      history.look(DELAY);
      await clock.advance(HISTORY_STEP_MS);
    }
    const { hours, incidents, days } = subjectOf(history, "openai") ?? {};
    expect([history.view().hours.length, hours?.length, days?.length, incidents?.length]).toEqual([
      ...[KEPT.hours, KEPT.uptimeHours, KEPT.uptimeDays, KEPT.incidents],
    ]);
  });

  it("stores once a minute, begins anew where a row is damaged, and goes on while the store is away", async () => {
    const { clock, store, history, restarted } = stage();
    history.look(DELAY);
    expect(await store.values("history").entries()).toEqual([]);
    await clock.advance(60_000);
    history.look(DELAY);
    await expect.poll(async () => (await store.values("history").entries()).length).toBe(3);
    await store.values("history").set("hours", { not: "hours" });
    const again = await restarted();
    expect([again.view().hours, subjectOf(again, "openai")?.hours.at(-1)]).toEqual([[], 1]);
    const away = () => Promise.reject(new Error("away"));
    const without = createHistory({
      recent: { kept: () => ({ minutes: [], refreshes: [], samples: [] }), restore() {} },
      ...{ clock, log: silentLog, platforms: () => [] },
      store: { values: () => ({ ...store.values("history"), entries: away }), write: away },
      status: () => ({
        ...{ indicator: "fresh", isFresh: true, hasLists: true, lastRefreshAt: null, nextRefreshAt: null },
        providers: [],
      }),
    });
    await without.load();
    without.look(DELAY);
    await without.stop();
    expect(without.view().hours).toHaveLength(1);
  });
});
