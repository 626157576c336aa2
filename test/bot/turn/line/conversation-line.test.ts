import { describe, expect, it } from "vitest";
import type { Log } from "../../../../src/base/log.js";
import { createTurnQueue, leaseName, withLease } from "../../../../src/bot/turn/line/conversation-line.js";
import { deferNothing } from "../../../support/chat-deps.js";
import { fakeClock, settle } from "../../../support/fake-clock.js";
import { memoryStore } from "../../../support/memory-store.js";

function gate() {
  let open: () => void = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

describe("createTurnQueue()", () => {
  it("runs one turn of a conversation at a time, in order of arrival", async () => {
    const queue = createTurnQueue();
    const gates = [gate(), gate(), gate()];
    const log: number[] = [];
    const places = gates.map(({ passed }, index) =>
      queue.add("a", async () => {
        log.push(index);
        await passed;
      }),
    );
    expect(places).toEqual(["running", "waiting", "waiting"]);
    await settle();
    expect(log).toEqual([0]);
    gates[0]?.open();
    await settle();
    expect(log).toEqual([0, 1]);
    for (const { open } of gates) open();
    await queue.idle();
    expect(log).toEqual([0, 1, 2]);
    expect(queue.size()).toBe(0);
  });

  it("has what came at the same time in the order of the ids, as other replicas see it", async () => {
    const queue = createTurnQueue();
    const { open, passed } = gate();
    const log: string[] = [];
    queue.add("a", () => passed, { place: { at: 5, id: "a:9" } });
    for (const id of ["a:11", "a:8", "a:10"])
      queue.add("a", async () => void log.push(id), { place: { at: 5, id }, isByTime: true });
    expect(queue.hasEarlier("a", { at: 5, id: "a:9" })).toBe(true);
    expect(queue.hasEarlier("a", { at: 5, id: "a:8" })).toBe(false);
    open();
    await queue.idle();
    expect(log).toEqual(["a:8", "a:10", "a:11"]);
  });

  it("lets as many wait as it is told, and tells the next that the line is full", () => {
    const queue = createTurnQueue(5);
    const { passed } = gate();
    const places = Array.from({ length: 7 }, () => queue.add("a", () => passed));
    expect(places).toEqual(["running", "waiting", "waiting", "waiting", "waiting", "waiting", "full"]);
    expect(queue.size()).toBe(6);
  });

  it("lets conversations pass each other", async () => {
    const queue = createTurnQueue();
    const { passed } = gate();
    queue.add("a", () => passed);
    let hasRun = false;
    expect(
      queue.add("b", async () => {
        hasRun = true;
      }),
    ).toBe("running");
    await settle();
    expect(hasRun).toBe(true);
  });

  it("starts afresh when a conversation's line has run dry", async () => {
    const queue = createTurnQueue();
    queue.add("a", async () => {});
    await queue.idle();
    expect(queue.placeFor("a")).toBe("running");
  });

  it("is idle at once when nothing runs", async () => {
    await expect(createTurnQueue().idle()).resolves.toBeUndefined();
  });
});

const log = { warn: () => {} } as unknown as Log;
const shared = { log, hasPeers: () => true, findPeers: async () => true, defer: deferNothing };
const CONVERSATION = "fake:home:general";

function setup() {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const events: string[] = [];
  const run = (name: string, end: Promise<void>, signal = new AbortController().signal) =>
    withLease(
      { ...shared, store: store.another(), clock },
      CONVERSATION,
      { signal, onWait: () => events.push(`${name} waits`) },
      async () => {
        events.push(`${name} begins`);
        await end;
        events.push(`${name} ends`);
      },
    );
  return { clock, store, events, run };
}

describe("withLease()", () => {
  it("lets the second begin when the first has ended, however long that takes", async () => {
    const { clock, events, run } = setup();
    const first = gate();
    const one = run("one", first.passed);
    await settle();
    const two = run("two", Promise.resolve());
    await clock.advance(120_000);
    expect(events).toEqual(["one begins", "two waits"]);
    first.open();
    await one;
    await clock.advance(500);
    await two;
    expect(events).toEqual(["one begins", "two waits", "one ends", "two begins", "two ends"]);
  });

  it("takes over 30 s after a process that died", async () => {
    const { clock, store, events, run } = setup();
    await store.claim(leaseName(CONVERSATION), { ttlMs: 30_000 });
    const two = run("two", Promise.resolve());
    await clock.advance(29_000);
    expect(events).toEqual(["two waits"]);
    await clock.advance(1_500);
    await two;
    expect(events).toEqual(["two waits", "two begins", "two ends"]);
  });

  it("does not wait for a lease that this process took itself, though no answer said so", async () => {
    const { store, clock } = setup();
    await store.claim(leaseName(CONVERSATION), { ttlMs: 30_000 });
    const terms = { signal: new AbortController().signal, onWait() {} };
    expect(await withLease({ ...shared, store, clock }, CONVERSATION, terms, async () => "at once")).toBe("at once");
  });

  it("lets work begin at once that is called off while it waits: how it ends is its own", async () => {
    const { store, clock, events, run } = setup();
    await store.claim(leaseName(CONVERSATION), { ttlMs: 30_000 });
    const controller = new AbortController();
    const waiting = run("two", Promise.resolve(), controller.signal);
    await settle();
    controller.abort(new Error("stopped"));
    await clock.advance(1);
    await waiting;
    expect(events).toEqual(["two waits", "two begins", "two ends"]);
  });

  it("frees the conversation also when the work fails", async () => {
    const { events, run } = setup();
    await expect(run("one", Promise.reject(new Error("no")))).rejects.toThrow("no");
    await run("two", Promise.resolve());
    expect(events).toEqual(["one begins", "two begins", "two ends"]);
  });

  it("claims nothing without peers, and takes the lease once there are some", async () => {
    const { clock, store, events, run } = setup();
    let hasPeers = false;
    const first = gate();
    const deferred: unknown[] = [];
    const alone = {
      ...shared,
      hasPeers: () => hasPeers,
      findPeers: async () => hasPeers,
      store: store.another(),
      clock,
    };
    const begin = (end: Promise<void>) =>
      withLease(
        { ...alone, defer: (_table, write) => void deferred.push(write) },
        CONVERSATION,
        { signal: new AbortController().signal, onWait() {} },
        (lease) => end.then(() => lease.endWith([{ table: "open", key: "q1", value: undefined }])),
      );
    const calls = store.calls();
    await begin(Promise.resolve());
    expect(store.calls()).toBe(calls);
    expect(deferred).toHaveLength(1);
    const one = begin(first.passed);
    await settle();
    hasPeers = true;
    await clock.advance(10_000);
    const two = run("two", Promise.resolve());
    await clock.advance(60_000);
    expect(events).toEqual(["two waits"]);
    first.open();
    await one;
    await clock.advance(500);
    await two;
    expect(events).toEqual(["two waits", "two begins", "two ends"]);
    expect(deferred).toHaveLength(1);
  });

  it("takes no lease once its work is over, however the store failed before", async () => {
    const { clock, store } = setup();
    let hasPeers = false;
    const first = gate();
    const alone = { ...shared, hasPeers: () => hasPeers, findPeers: async () => hasPeers, store, clock };
    const terms = { signal: new AbortController().signal, onWait() {} };
    const one = withLease(alone, CONVERSATION, terms, () => first.passed);
    await settle();
    hasPeers = true;
    store.breakDown();
    await clock.advance(10_000);
    store.recover();
    first.open();
    await one;
    const calls = store.calls();
    await clock.advance(20_000);
    expect(store.calls()).toBe(calls);
  });

  it("waits for a process that has come since the last heartbeat", async () => {
    const { clock, store, events, run } = setup();
    const first = gate();
    const one = run("one", first.passed);
    await settle();
    const deps = { ...shared, hasPeers: () => false, store: store.another(), clock };
    const asks: string[] = [];
    const terms = {
      signal: new AbortController().signal,
      onAsk: () => void asks.push("asks"),
      onWait: () => void events.push("two waits"),
    };
    const two = withLease(deps, CONVERSATION, terms, async () => void events.push("two begins"));
    await clock.advance(5_000);
    expect(events).toEqual(["one begins", "two waits"]);
    expect(asks).toEqual(["asks"]);
    first.open();
    await one;
    await clock.advance(500);
    await two;
    expect(events).toEqual(["one begins", "two waits", "one ends", "two begins"]);
  });

  it("gives way to an earlier question that was taken over here, without peers as well", async () => {
    const { clock, store, events } = setup();
    const alone = { ...shared, hasPeers: () => false, findPeers: async () => false, store, clock };
    let isNext = false;
    const terms = {
      ...{ signal: new AbortController().signal, isNext: async () => isNext },
      onWait: () => void events.push("waits"),
    };
    const one = withLease(alone, CONVERSATION, terms, async () => void events.push("begins"));
    await clock.advance(3_000);
    expect(events).toEqual(["waits"]);
    isNext = true;
    await clock.advance(500);
    await one;
    expect(events).toEqual(["waits", "begins"]);
  });

  it("takes the lease where a process came while it waited for its turn", async () => {
    const clock = fakeClock();
    const store = memoryStore(clock.now);
    let hasPeers = false;
    let mayGo = false;
    const deps = { ...shared, hasPeers: () => hasPeers, findPeers: async () => false, store, clock };
    const terms = { signal: new AbortController().signal, onWait() {}, isNext: async () => mayGo };
    const { open, passed } = gate();
    const work = withLease(deps, "a", terms, () => passed);
    await clock.advance(1_000);
    [hasPeers, mayGo] = [true, true];
    await clock.advance(1_000);
    const other = await store.another().claim(leaseName("a"), { ttlMs: 1_000 });
    expect(other.held).toBe(false);
    open();
    await work;
  });

  it("answers without a lease while the store is down, once it has been down for 8 s", async () => {
    const { clock, store, events, run } = setup();
    store.breakDown();
    const one = run("one", Promise.resolve());
    await clock.advance(7_000);
    expect(events).toEqual([]);
    await clock.advance(1_000);
    await one;
    expect(events).toEqual(["one begins", "one ends"]);
  });
});
