import { describe, expect, it } from "vitest";
import type { Log } from "../../../../src/base/log.js";
import {
  budgetPauseMs,
  createIdentifyThrottle,
  createSessionStarts,
} from "../../../../src/bot/discord/gateway/session-starts.js";
import { fakeClock, settle } from "../../../support/fake-clock.js";
import { memoryStore } from "../../../support/memory-store.js";

const DAY = 86_400_000;
const startsAt = (...times: number[]) => times;

describe("budgetPauseMs()", () => {
  const now = 10 * DAY;
  const recent = (count: number) => Array.from({ length: count }, (_, index) => now - (count - index) * 1_000);

  it("lets the first 100 of a day through, spreads the next, and keeps the last 100 for people", () => {
    expect(budgetPauseMs([], now)).toBe(0);
    expect(budgetPauseMs(recent(99), now)).toBe(0);
    expect(budgetPauseMs(recent(100), now)).toBe(119_000);
    expect(budgetPauseMs(recent(899), now)).toBe(119_000);
    expect(budgetPauseMs(recent(900), now)).toBe(DAY - 900_000);
    expect(budgetPauseMs([...startsAt(now - 200_000), ...recent(100).map((at) => at - 200_000)], now)).toBe(0);
  });

  it("forgets those of the day before", () => {
    expect(
      budgetPauseMs(
        recent(900).map((at) => at - DAY),
        now,
      ),
    ).toBe(0);
  });

  it("holds a process that starts a session as soon as it may to 820 a day", () => {
    const starts: number[] = [];
    for (let at = 0; at < DAY; at += 1_000) if (budgetPauseMs(starts, at) === 0) starts.push(at);
    expect(starts.length).toBeLessThanOrEqual(820);
    expect(starts.length).toBeGreaterThan(700);
  });
});

describe("createSessionStarts()", () => {
  function twoProcesses() {
    const clock = fakeClock();
    const store = memoryStore(clock.now);
    const warnings: string[] = [];
    const log = { warn: (_fields: unknown, text: string) => void warnings.push(text) } as unknown as Log;
    const process = (token = "t") => createSessionStarts({ store, clock, log, token });
    return { clock, store, warnings, process };
  }
  const signal = new AbortController().signal;

  it("counts the starts of all processes with a token, and over restarts", async () => {
    const { process } = twoProcesses();
    const [first, second] = [process(), process()];
    for (let start = 0; start < 50; start++) await Promise.all([first.note(), second.note()]);
    expect(await process().pauseMs()).toBeGreaterThan(0);
    expect(await process("another").pauseMs()).toBe(0);
  });

  it("gives one turn in 5.5 s to each lane, whichever process asks", async () => {
    const { clock, process } = twoProcesses();
    const startAt = clock.now();
    const turns: number[] = [];
    for (const one of [process(), process(), process()])
      void one.turn(0, signal).then(() => void turns.push(clock.now() - startAt));
    await process().turn(1, signal);
    await clock.advance(20_000);
    expect(turns).toHaveLength(3);
    expect(turns[0]).toBe(0);
    expect((turns[1] ?? 0) - (turns[0] ?? 0)).toBeGreaterThanOrEqual(5_500);
    expect((turns[2] ?? 0) - (turns[1] ?? 0)).toBeGreaterThanOrEqual(5_500);
  });

  it("stops waiting when it is called off", async () => {
    const { process } = twoProcesses();
    await process().turn(0, signal);
    const calledOff = new AbortController();
    const waiting = expect(process().turn(0, calledOff.signal)).rejects.toThrow("over");
    await settle();
    calledOff.abort(new Error("over"));
    await waiting;
  });

  it("lets a session start where the store fails, and says so", async () => {
    const { store, warnings, process } = twoProcesses();
    store.breakDown();
    expect(await process().pauseMs()).toBe(0);
    await process().turn(0, signal);
    await process().note();
    expect(warnings).toHaveLength(3);
  });
});

describe("createIdentifyThrottle()", () => {
  const signal = new AbortController().signal;

  /** Session starts of one token, each by a process that has begun with it or goes on from the one before. */
  function starting(limit: { remaining?: number; reset_after?: number } = {}) {
    const clock = fakeClock();
    const store = memoryStore(clock.now);
    const log = { warn() {}, error() {} } as unknown as Log;
    const session_start_limit = { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1, ...limit };
    const manager = { fetchGatewayInformation: async () => ({ session_start_limit }) };
    const breakDown = () => {
      manager.fetchGatewayInformation = () => Promise.reject(new Error("HTTP 503"));
    };
    type Manager = Parameters<ReturnType<typeof createIdentifyThrottle>>[0];
    const process = () =>
      createIdentifyThrottle({ clock, log, starts: createSessionStarts({ store, clock, log, token: "t" }) })(
        manager as unknown as Manager,
      );
    /** Waits for one start and resolves with how long that took. */
    const start = async (throttle: Awaited<ReturnType<typeof process>>) => {
      const from = clock.now();
      let isOver = false;
      const waiting = throttle.waitForIdentify(0, signal).then(() => {
        isOver = true;
      });
      for (let stepMs = 0; !isOver; stepMs = 30_000) await clock.advance(stepMs);
      await waiting;
      return clock.now() - from;
    };
    return { clock, process, start, breakDown };
  }

  it("lets the first new session in an hour begin at once, and pauses before each further one", async () => {
    const { clock, process, start } = starting();
    const throttle = await process();
    expect(await start(throttle)).toBe(0);
    await clock.advance(60_000);
    expect(await start(throttle)).toBe(0);
    await clock.advance(60_000);
    expect(await start(throttle)).toBeGreaterThanOrEqual(5_000);
    await clock.advance(2 * 3_600_000);
    expect(await start(throttle)).toBe(0);
  });

  it("keeps a process whose sessions end at once far from the day's limit", async () => {
    const { clock, process, start } = starting();
    const throttle = await process();
    const end = clock.now() + DAY;
    let starts = 0;
    for (; clock.now() < end; starts++) await start(throttle);
    expect(starts).toBeLessThan(400);
  });

  it("keeps a process that is started again and again within the day's budget", async () => {
    const { clock, process, start } = starting();
    const end = clock.now() + DAY;
    let starts = 0;
    for (; clock.now() < end; starts++) await start(await process());
    expect(starts).toBeLessThanOrEqual(821);
    expect(starts).toBeGreaterThan(100);
  });

  it("waits for new starts where Discord says that few are left", async () => {
    const { process, start } = starting({ remaining: 20, reset_after: 7_200_000 });
    expect(await start(await process())).toBeGreaterThanOrEqual(7_200_000);
    const { process: other, start: startOther } = starting({ remaining: 21, reset_after: 7_200_000 });
    expect(await startOther(await other())).toBe(0);
  });

  it("starts a session also where Discord does not say how many are left", async () => {
    const { process, breakDown } = starting();
    breakDown();
    await expect((await process()).waitForIdentify(0, signal)).resolves.toBeUndefined();
  });
});
