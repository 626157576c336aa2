import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { createRateScheduler, GLOBAL, type RateScheduler } from "../../../src/bot/delivery/rate-scheduler.js";
import { createSlidingWindow, type SlidingWindow, type WindowTerms } from "../../../src/bot/delivery/sliding-window.js";
import { RANKS, type Rank } from "../../../src/bot/port/platform.js";
import { type FakeClock, fakeClock, settle } from "../../support/fake-clock.js";
import { rateLimitedService } from "../../support/rate-limited-service.js";

/** A scheduler whose buckets all have the same limit. */
function createScheduler(clock: FakeClock, terms: WindowTerms, global?: WindowTerms): RateScheduler {
  const kept = (rank: Rank) => Math.floor((global?.limit ?? 0) * (rank === "progress" ? 0.2 : 0.3));
  return createRateScheduler({
    clock,
    allowanceOf: () => createSlidingWindow(terms),
    ...(global && { global: { allowance: createSlidingWindow(global), kept } }),
    absorb: (into, from) => into.absorb(from),
  });
}

const RUNS = process.env.SOAK ? 300 : 30;

function setup(limit = 5, windowMs = 5_000, global?: { limit: number; windowMs: number }) {
  const clock = fakeClock();
  const scheduler = createScheduler(clock, { limit, windowMs }, global);
  const startAt = clock.now();
  const taken: { name: string; at: number }[] = [];
  const take = (rank: Rank, name: string = rank, bucket = "b", signal?: AbortSignal) =>
    scheduler.take(bucket, rank, signal, name).then(() => void taken.push({ name, at: clock.now() - startAt }));
  return { clock, scheduler, taken, take, names: () => taken.map(({ name }) => name) };
}

/** Takes `count` calls of a rank that nothing is kept from. */
async function use(scheduler: RateScheduler, count: number, bucket = "b") {
  for (let call = 0; call < count; call++) await scheduler.take(bucket, "error", undefined, `used ${call}`);
}

describe("scheduler.take()", () => {
  it("lets the limit through at once and the next call when the window has passed", async () => {
    const { clock, scheduler, take, taken } = setup();
    await use(scheduler, 5);
    void take("last-text");
    await clock.advance(5_249);
    expect(taken).toEqual([]);
    await clock.advance(1);
    expect(taken).toEqual([{ name: "last-text", at: 5_250 }]);
    expect(clock.sleepers()).toBe(0);
  });

  it("serves the most urgent rank first, whoever came first", async () => {
    const { clock, scheduler, take, names } = setup(2, 1_000);
    await use(scheduler, 2);
    for (const rank of [...RANKS].reverse()) void take(rank);
    await clock.advance(60_000);
    expect(names()).toEqual([...RANKS]);
  });

  it("takes turns between answers of one rank, however often each comes", async () => {
    const { clock, scheduler, take, names } = setup(2, 1_000);
    await use(scheduler, 2);
    for (let time = 0; time < 3; time++) void take("mark", "greedy");
    void take("mark", "modest");
    await clock.advance(60_000);
    expect(names()).toEqual(["greedy", "modest", "greedy", "greedy"]);
  });

  it("keeps three of five calls for a while after the service failed at one, so that a last text can be sent again", async () => {
    const { clock, scheduler, take, names } = setup(5, 5_000);
    scheduler.noteFault();
    await take("first-text", "a");
    for (let edit = 1; edit <= 3; edit++) void take("progress", "a");
    await clock.advance(4_000);
    expect(names()).toEqual(["a", "a"]);
    for (const time of ["once", "twice", "three times"]) void take("last-text", time);
    await settle();
    expect(names().slice(2)).toEqual(["once", "twice", "three times"]);

    const later = setup(5, 5_000);
    later.scheduler.noteFault();
    await later.clock.advance(60_000);
    await later.take("first-text", "a");
    for (let edit = 1; edit <= 3; edit++) void later.take("progress", "a");
    await later.clock.advance(4_000);
    expect(later.names()).toEqual(["a", "a", "a", "a"]);
  });

  it("keeps one call for the last text of every answer that grows in the bucket", async () => {
    const { clock, take, names } = setup(5, 5_000);
    for (const answer of ["a", "b", "c"]) await take("first-text", answer);
    for (const answer of ["a", "b", "c"]) void take("progress", answer);
    await settle();
    expect(names()).toEqual(["a", "b", "c"]);
    for (const answer of ["a", "b"]) void take("last-text", `end of ${answer}`);
    await settle();
    expect(names().slice(3)).toEqual(["end of a", "end of b"]);
    await clock.advance(60_000);
    expect(names()).toHaveLength(8);
  });

  it("lets progress use all but one call while a single answer grows, and spreads the second half", async () => {
    const { clock, taken, take } = setup(9, 8_000);
    for (let edit = 0; edit < 20; edit++) void take("progress", "a");
    await clock.advance(8_000);
    const times = taken.map(({ at }) => at);
    expect(times.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(times.slice(4)).toEqual([1_000, 2_000, 3_000, 4_000]);
    void take("last-text", "end of a");
    await settle();
    expect(taken.at(-1)).toEqual({ name: "end of a", at: 8_000 });
  });

  it("forgets an answer that never got its last text", async () => {
    const { clock, take, names } = setup(2, 1_000);
    await take("first-text", "lost");
    await clock.advance(180_000);
    await take("mark", "x");
    void take("board", "y");
    await settle();
    expect(names()).toEqual(["lost", "x", "y"]);
  });

  it("costs nothing for whoever gives up waiting", async () => {
    const { clock, scheduler, take, names } = setup(1, 1_000);
    await use(scheduler, 1);
    const gaveUp = new AbortController();
    const waiting = expect(take("last-text", "gone", "b", gaveUp.signal)).rejects.toThrow("never mind");
    void take("mark", "stays");
    gaveUp.abort(new Error("never mind"));
    await waiting;
    await clock.advance(1_050);
    expect(names()).toEqual(["stays"]);
    await expect(scheduler.take("b", "mark", AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
    expect(clock.sleepers()).toBe(0);
  });

  it("holds all buckets together to the global limit, the urgent first", async () => {
    const { clock, take, names } = setup(5, 5_000, { limit: 3, windowMs: 1_000 });
    for (let bucket = 0; bucket < 5; bucket++) void take("mark", `mark ${bucket}`, `bucket ${bucket}`);
    await settle();
    expect(names()).toHaveLength(3);
    void take("last-text", "end", "bucket 9");
    await clock.advance(1_050);
    expect(names()[3]).toBe("end");
    expect(names()).toHaveLength(6);
  });

  it("turns everybody away after stop()", async () => {
    const { clock, scheduler, take } = setup(1, 1_000);
    await use(scheduler, 1);
    const waiting = expect(take("mark")).rejects.toThrow("over");
    scheduler.stop(new Error("over"));
    await waiting;
    await expect(take("last-text")).rejects.toThrow("over");
    expect(clock.sleepers()).toBe(0);
  });
});

describe("scheduler.learn()", () => {
  it("follows the limit that the service tells", async () => {
    const { clock, scheduler, take, names } = setup(5, 5_000);
    await use(scheduler, 1);
    scheduler.learn("b", { limit: 2, remaining: 1, resetAfterMs: 1_000 });
    void take("error", "second");
    void take("error", "third");
    await settle();
    expect(names()).toEqual(["second"]);
    await clock.advance(1_050);
    expect(names()).toEqual(["second", "third"]);
  });

  it("waits for the service's window when somebody else has used it up", async () => {
    const { clock, scheduler, take, names } = setup(5, 5_000);
    await use(scheduler, 1);
    scheduler.learn("b", { limit: 5, remaining: 0, resetAfterMs: 3_000 });
    void take("last-text");
    await clock.advance(2_999);
    expect(names()).toEqual([]);
    await clock.advance(1);
    expect(names()).toEqual(["last-text"]);
  });

  it("counts calls that are on their way when a response tells what is left", async () => {
    const { clock, scheduler, take, names } = setup(5, 5_000);
    await use(scheduler, 3);
    // The first of the three is answered by somebody who has seen only it, and another two of a stranger.
    scheduler.learn("b", { limit: 5, remaining: 2, resetAfterMs: 4_000 });
    void take("last-text");
    await clock.advance(3_999);
    expect(names()).toEqual([]);
    await clock.advance(1);
    expect(names()).toEqual(["last-text"]);
  });

  it("counts what it lets out after a response against what that left", async () => {
    const { clock, scheduler, take, names } = setup(5, 5_000);
    await use(scheduler, 1);
    scheduler.learn("b", { limit: 5, remaining: 2, resetAfterMs: 4_000 });
    for (let call = 0; call < 3; call++) void take("error", `call ${call}`);
    await clock.advance(3_999);
    expect(names()).toEqual(["call 0", "call 1"]);
    await clock.advance(1);
    expect(names()).toHaveLength(3);
  });

  it("is not misled by responses that come in another order than their calls", async () => {
    const { clock, scheduler, take, names } = setup(5, 5_000);
    await use(scheduler, 2);
    scheduler.learn("b", { limit: 5, remaining: 1, resetAfterMs: 4_900 });
    scheduler.learn("b", { limit: 5, remaining: 3, resetAfterMs: 5_000 });
    void take("error", "too many");
    await clock.advance(4_000);
    expect(names()).toEqual([]);
  });

  it("counts a call's answer without headers as answered", async () => {
    const { scheduler, take, names } = setup(5, 5_000);
    await use(scheduler, 2);
    scheduler.learn("b");
    scheduler.learn("b", { limit: 5, remaining: 3, resetAfterMs: 5_000 });
    for (let call = 0; call < 3; call++) void take("error", `more ${call}`);
    await settle();
    expect(names()).toHaveLength(3);
  });
});

describe("scheduler.penalize()", () => {
  it("closes the bucket alone, or everything", async () => {
    const { clock, scheduler, take, names } = setup(5, 5_000, { limit: 50, windowMs: 1_000 });
    scheduler.penalize("b", 2_000);
    void take("last-text", "closed");
    void take("last-text", "other", "c");
    await settle();
    expect(names()).toEqual(["other"]);
    scheduler.penalize(GLOBAL, 4_000);
    void take("last-text", "all", "d");
    await clock.advance(3_999);
    expect(names()).toEqual(["other"]);
    await clock.advance(1);
    expect(names().sort()).toEqual(["all", "closed", "other"]);
  });
});

interface Arrival {
  readonly afterMs: number;
  readonly rank: Rank;
  readonly bucket: number;
}

/** Every arrival takes, calls and tells what it learned, as an adapter does. */
async function drive(
  clock: FakeClock,
  scheduler: RateScheduler,
  service: ReturnType<typeof rateLimitedService>,
  arrivals: readonly Arrival[],
) {
  const waits: { rank: Rank; waitedMs: number }[] = [];
  const open = new Set<Promise<void>>();
  const start = ({ rank, bucket }: Arrival, flow: string) => {
    const name = `bucket ${bucket}`;
    const askedAt = clock.now();
    const done = scheduler.take(name, rank, undefined, flow).then(async () => {
      waits.push({ rank, waitedMs: clock.now() - askedAt });
      const { limits, status, retryAfterMs } = await service.call(name);
      if (status === 429) scheduler.penalize(name, retryAfterMs);
      scheduler.learn(name, limits);
    });
    open.add(done);
    void done.finally(() => open.delete(done));
  };
  for (const [index, arrival] of arrivals.entries()) {
    await clock.advance(arrival.afterMs);
    start(arrival, `flow ${index % 7}`);
  }
  for (let round = 0; round < 2_000 && open.size > 0; round++) await clock.advance(1_000);
  expect(open.size).toBe(0);
  return waits;
}

describe("createRateScheduler()", () => {
  const arrival = fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 700 })),
    rank: fc.constantFrom(...RANKS),
    bucket: fc.integer({ min: 0, max: 2 }),
  });

  it("is never refused under random arrivals, round trips and limits, and serves everybody", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arrival, { minLength: 10, maxLength: 60 }),
        fc.array(fc.integer({ min: 10, max: 220 }), { minLength: 1, maxLength: 8 }),
        fc.record({ limit: fc.integer({ min: 1, max: 8 }), windowMs: fc.constantFrom(1_000, 5_000) }),
        async (arrivals, trips, limits) => {
          const clock = fakeClock();
          let trip = 0;
          const global = { limit: 12, windowMs: 1_000 };
          const service = rateLimitedService({
            clock,
            roundTripMs: () => trips[trip++ % trips.length] ?? 60,
            limitOf: () => limits,
          });
          // What is assumed at first is what Discord's adapter assumes, right or not is told by the first answers.
          const scheduler = createScheduler(clock, limits, global);
          const waits = await drive(clock, scheduler, service, arrivals);
          expect(service.refused).toEqual([]);
          expect(waits).toHaveLength(arrivals.length);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("never lets more out than the limit in any window, whatever is asked", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { minLength: 20, maxLength: 80 }), async (arrivals) => {
        const { clock, scheduler } = setup(4, 3_000);
        const times: number[] = [];
        for (const [index, { afterMs, rank }] of arrivals.entries()) {
          await clock.advance(afterMs);
          void scheduler.take("b", rank, undefined, `flow ${index % 5}`).then(() => times.push(clock.now()));
        }
        await clock.advance(120_000);
        expect(times).toHaveLength(arrivals.length);
        for (const [index, at] of times.entries()) expect((times[index + 4] ?? Infinity) - at).toBeGreaterThan(3_000);
      }),
      { numRuns: RUNS },
    );
  });

  it("never lets a last text wait longer than a window behind a flood of other calls", async () => {
    const { clock, scheduler, taken, take } = setup(5, 5_000);
    for (let flood = 0; flood < 200; flood++) {
      void scheduler.take("b", flood % 2 === 0 ? "progress" : "mark", undefined, `flow ${flood % 9}`).catch(() => {});
    }
    await clock.advance(20_000);
    for (let end = 0; end < 5; end++) {
      const before = taken.length;
      void take("last-text", `end ${end}`);
      await clock.advance(5_250);
      expect(taken.length).toBe(before + 1);
    }
    scheduler.stop(new Error("enough"));
  });

  it("serves flows of one rank evenly over a long time", async () => {
    const { clock, scheduler } = setup(5, 5_000);
    const served = new Map<string, number>();
    const loop = async (flow: string) => {
      for (;;) {
        await scheduler.take("b", "progress", undefined, flow);
        served.set(flow, (served.get(flow) ?? 0) + 1);
      }
    };
    for (const flow of ["a", "b", "c"]) loop(flow).catch(() => {});
    await clock.advance(120_000);
    scheduler.stop(new Error("enough"));
    const counts = [...served.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(Math.min(...counts)).toBeGreaterThan(10);
  });

  it.each([
    { where: "in one bucket", buckets: 1 },
    { where: "in 1,000 buckets", buckets: 1_000 },
  ])("takes few steps for each of 10,000 waiters and each call that goes out, $where", async ({ buckets }) => {
    const count = 10_000;
    const clock = fakeClock();
    const { createScheduler: create, steps, countSteps } = await countingScheduler();
    let served = 0;
    const scheduler = create({
      clock,
      allowanceOf: () => countSteps(createSlidingWindow({ limit: 50, windowMs: 1_000 })),
      global: { allowance: countSteps(createSlidingWindow({ limit: 100, windowMs: 1_000 })), kept: () => 20 },
    });
    const most = 6 * Math.log2(count);
    for (let at = 0; at < count; at++) {
      const rank = RANKS[at % RANKS.length] ?? "mark";
      void scheduler.take(`bucket ${at % buckets}`, rank, undefined, `flow ${at % 777}`).then(
        () => {
          served += 1;
        },
        () => {}, // stopped
      );
    }
    await settle();
    expect(steps() / count).toBeLessThan(most);
    for (let second = 0; second < 40; second += 10) {
      const before = { steps: steps(), served };
      await clock.advance(10_000);
      expect(served - before.served).toBeGreaterThan(200);
      expect((steps() - before.steps) / (served - before.served)).toBeLessThan(most);
    }
    scheduler.stop(new Error("enough"));
  });
});

/** A scheduler that counts how often it compares two waiters, or asks an allowance. */
async function countingScheduler() {
  let steps = 0;
  vi.resetModules();
  vi.doMock("../../../src/base/heap.js", async (importOriginal) => {
    const { createHeap } = await importOriginal<typeof import("../../../src/base/heap.js")>();
    return {
      createHeap: <T>(before: (a: T, b: T) => boolean) =>
        createHeap<T>((a, b) => {
          steps += 1;
          return before(a, b);
        }),
    };
  });
  const counted = await import("../../../src/bot/delivery/rate-scheduler.js");
  vi.doUnmock("../../../src/base/heap.js");
  vi.resetModules();
  const countSteps = (window: SlidingWindow): SlidingWindow => ({
    ...window,
    opensAt(...given) {
      steps += 1;
      return window.opensAt(...given);
    },
  });
  return { createScheduler: counted.createRateScheduler, steps: () => steps, countSteps };
}
