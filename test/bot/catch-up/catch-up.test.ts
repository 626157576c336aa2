import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import type { Log } from "../../../src/base/log.js";
import { createCatchUp } from "../../../src/bot/catch-up/catch-up.js";
import { firstStart, knownPlaces } from "../../../src/bot/catch-up/known-places.js";
import { conversationOf } from "../../../src/bot/port/conversation.js";
import type { ChannelKey } from "../../../src/bot/port/platform.js";
import type { MissedMention } from "../../../src/bot/port/platform-definition.js";
import { PlatformError } from "../../../src/bot/port/platform-error.js";
import { fakeClock, settle } from "../../support/fake-clock.js";
import { fakePlatform } from "../../support/fake-platform.js";
import { type MemoryStore, memoryStore } from "../../support/memory-store.js";

const MINUTE_MS = 60_000;
const atOnce = <T>(work: () => Promise<T>) => work();
const place = (channel: string): ChannelKey => ({ platform: "fake", workspace: "w", channel });

/** A process beside a platform whose messages the test writes. */
function world({
  firstStartAt = 0,
  isFirstStart = false,
  clock = fakeClock(),
  store = memoryStore(clock.now),
  windowMinutes = 15,
} = {}) {
  const written = new Map<string, MissedMention[]>();
  const reads: string[] = [];
  const sinces: number[] = [];
  let threadsMs = 0;
  const taken: string[] = [];
  const lines: string[] = [];
  const line = (_fields: unknown, text: string) => void lines.push(text);
  const log = { debug: line, info: line, warn: line, error: line } as unknown as Log;
  const faults = new Map<string, Error[]>();
  let erasedAt = 0;
  let readMs = 10;
  /** Conversations whose answers go on. */
  const busy = new Map<string, () => void>();
  const catchUp = createCatchUp({
    store,
    clock,
    log,
    windowMs: windowMinutes * MINUTE_MS,
    firstStartAt,
    isFirstStart,
    erasedAt: async () => erasedAt,
    idleIn: (conversation) => new Promise((resolve) => busy.set(conversation, resolve)),
    surfaces: [
      {
        platform: fakePlatform("fake"),
        async *readMissed({ channel }, since) {
          reads.push(channel);
          sinces.push(since);
          await clock.sleep(readMs);
          const fault = faults.get(channel)?.shift();
          if (fault !== undefined) throw fault;
          const found = (written.get(channel) ?? []).filter(({ writtenAt }) => writtenAt >= since);
          yield found.filter(({ text }) => !text.startsWith("in a thread"));
          if (threadsMs > 0) await clock.sleep(threadsMs);
          yield found.filter(({ text }) => text.startsWith("in a thread"));
        },
      },
    ],
  });
  const take = async ({ message, text }: { message: { channel: string }; text: string }) => {
    const isNew = await store.writeOnce(`question:${message.channel}:${text}`, 60 * MINUTE_MS, []);
    if (isNew) taken.push(`${message.channel}: ${text}`);
  };
  const mention = (channel: string, text: string, minutesAgo: number): MissedMention => {
    const writtenAt = clock.now() - minutesAgo * MINUTE_MS;
    return {
      message: { ...place(channel), message: `${writtenAt}-${channel}-${text}` },
      author: { id: "ada", name: "Ada" },
      text,
      isDirect: false,
      isOperator: false,
      writtenAt,
    };
  };
  return {
    ...{ clock, store, written, reads, sinces, taken, lines, faults, catchUp, take, mention, busy },
    async know(...channels: readonly string[]) {
      for (const [index, channel] of channels.entries())
        await store.values("sessions").set(conversationOf(place(channel)), { updatedAt: 1_000 - index });
    },
    write: (channel: string, text: string, minutesAgo: number) =>
      void written.set(channel, [...(written.get(channel) ?? []), mention(channel, text, minutesAgo)]),
    begin: (told?: readonly ChannelKey[] | Promise<readonly ChannelKey[]>) => catchUp.begin("fake", told, take),
    erase: (at: number) => {
      erasedAt = at;
    },
    readIn: (ms: number) => {
      readMs = ms;
    },
    readThreadsIn: (ms: number) => {
      threadsMs = ms;
    },
    finish: async (channel: string) => {
      busy.get(conversationOf(place(channel)))?.();
      await settle();
    },
  };
}

describe("createCatchUp()", () => {
  it("hands on what was missed, the oldest first over all places", async () => {
    const { know, write, begin, clock, taken } = world();
    await know("a", "b", "c");
    write("a", "later", 2);
    write("b", "second", 3);
    write("b", "first", 9);
    begin();
    await clock.advance(5_000);
    expect(taken[0]).toBe("b: first");
    expect(taken.filter((one) => one.startsWith("b"))).toEqual(["b: first", "b: second"]);
    expect(taken).toContain("a: later");
  });

  it("goes back as far as it may, and no further than the first start and what was erased", async () => {
    const early = world();
    await early.know("a");
    early.write("a", "too old", 16);
    early.write("a", "in time", 14);
    early.begin();
    await early.clock.advance(5_000);
    expect(early.taken).toEqual(["a: in time"]);

    const young = world({ firstStartAt: fakeClock().now() - 5 * MINUTE_MS });
    await young.know("a");
    young.write("a", "before the first start", 6);
    young.write("a", "after it", 4);
    young.erase(young.clock.now() - 3 * MINUTE_MS);
    young.write("a", "after the erasure", 2);
    young.begin();
    await young.clock.advance(5_000);
    expect(young.taken).toEqual(["a: after the erasure"]);

    const fresh = world({ firstStartAt: fakeClock().now(), isFirstStart: true });
    await fresh.know("a");
    fresh.write("a", "in a gap", 0);
    fresh.begin();
    await fresh.clock.advance(5_000);
    expect(fresh.reads).toEqual([]); // a store's first start cannot have missed anything
    fresh.begin();
    await fresh.clock.advance(5_000);
    expect(fresh.taken).toEqual(["a: in a gap"]);

    const off = world({ windowMinutes: 0 });
    await off.know("a");
    off.write("a", "now", 0);
    off.begin();
    await off.clock.advance(5_000);
    expect(off.reads).toEqual([]);
  });

  it("puts a question that comes by itself behind the missed ones of its conversation", async () => {
    const { know, write, begin, clock, taken, take, mention, catchUp, readIn } = world();
    readIn(400);
    await know("other", "a", "b", "c", "d", "e");
    write("e", "missed", 3);
    begin();
    await settle();
    // Four others are being read; the list is asked for this one at once, and has it already.
    const live = mention("e", "live", 0);
    write("e", "live", 0);
    const isTaken = catchUp.behind(live.message, (place = atOnce) => place(() => take(live)));
    await clock.advance(500);
    await isTaken;
    await clock.advance(10_000);
    expect(taken).toEqual(["e: missed", "e: live"]);
  });

  it("puts of those that come by themselves the one that was written first before the others", async () => {
    const { know, begin, clock, taken, take, mention, catchUp, readIn } = world();
    readIn(2_000);
    await know("a");
    begin();
    await settle();
    // The first was sent through a connection that was lost, and is delivered again.
    for (const live of [mention("a", "later", 1), mention("a", "earlier", 2)])
      void catchUp.behind(live.message, (place = atOnce) => place(() => take(live)));
    await clock.advance(5_000);
    expect(taken).toEqual(["a: earlier", "a: later"]);
  });

  it("hands on what is read of a place while the rest of it is read", async () => {
    const { know, write, begin, clock, taken, finish, readThreadsIn } = world();
    readThreadsIn(60_000);
    await know("a");
    write("a", "in the channel", 2);
    write("a", "in a thread", 5);
    begin();
    await clock.advance(5_000);
    expect(taken).toEqual(["a: in the channel"]);
    await finish("a");
    await clock.advance(60_000);
    expect(taken).toEqual(["a: in the channel", "a: in a thread"]);
  });

  it("reads after another gap only what was written since a minute before the last reading", async () => {
    const { know, begin, clock, sinces } = world();
    await know("a");
    begin();
    await clock.advance(5 * MINUTE_MS);
    const at = clock.now();
    begin();
    await clock.advance(5_000);
    expect(sinces.map((since) => Math.round((at - since) / MINUTE_MS))).toEqual([20, 6]);
  });

  it("lets a question wait until the platform has told where it may look", async () => {
    const { know, write, begin, clock, taken, take, mention, catchUp } = world();
    await know("a");
    write("b", "missed", 3);
    begin();
    begin(clock.sleep(1_000).then(() => [place("b")]));
    await settle();
    const live = mention("b", "live", 0);
    void catchUp.behind(live.message, (place = atOnce) => place(() => take(live)));
    await clock.advance(5_000);
    expect(taken).toEqual(["b: missed", "b: live"]);
  });

  it("keeps no question waiting for a slow platform for more than 10 s", async () => {
    const { know, write, begin, clock, taken, take, mention, catchUp, readIn } = world();
    readIn(60_000);
    await know("a");
    write("a", "missed", 3);
    begin();
    await settle();
    const live = mention("a", "live", 0);
    const isTaken = catchUp.behind(live.message, (place = atOnce) => place(() => take(live)));
    await clock.advance(9_900);
    expect(taken).toEqual([]);
    await clock.advance(100);
    await isTaken;
    expect(taken).toEqual(["a: live"]);
    await clock.advance(70_000);
    expect(taken).toEqual(["a: live", "a: missed"]);
    const idle = world();
    await idle.catchUp.behind(live.message, () => idle.take(live));
    expect(idle.taken).toEqual(["a: live"]);
  });

  it("answers in four conversations at a time, each until it is over or a minute has passed", async () => {
    const { know, write, begin, clock, taken, finish } = world();
    const channels = ["a", "b", "c", "d", "e", "f"];
    await know(...channels);
    for (const [index, channel] of channels.entries()) write(channel, "?", 10 - index);
    begin();
    await clock.advance(5_000);
    expect(taken).toHaveLength(4);
    await finish("b");
    expect(taken).toEqual(["a: ?", "b: ?", "c: ?", "d: ?", "e: ?"]);
    await clock.advance(60_000);
    expect(taken).toHaveLength(6);
  });

  it("tries a place again that could not be read, waits as long as it is told, and leaves a closed one alone", async () => {
    const { know, write, begin, clock, taken, faults, reads, lines } = world();
    await know("a", "b", "c");
    for (const channel of ["a", "b", "c"]) write(channel, "?", 1);
    faults.set("a", [new PlatformError("fake", "unavailable", "down"), new Error("odd")]);
    faults.set("b", [new PlatformError("fake", "rate-limited", "slowly", { retryAfterMs: 40_000 })]);
    faults.set("c", [new PlatformError("fake", "forbidden", "not here")]);
    begin();
    await clock.advance(5_000);
    expect(taken).toEqual([]);
    await clock.advance(25_000);
    expect(taken).toEqual(["a: ?"]);
    await clock.advance(15_000);
    expect(taken).toEqual(["a: ?", "b: ?"]);
    begin();
    await clock.advance(60_000);
    expect(reads.filter((channel) => channel === "c")).toHaveLength(1);
    expect(lines.filter((text) => text.includes("the history there cannot be read"))).toHaveLength(1);
    await clock.advance(60 * MINUTE_MS);
    begin();
    await clock.advance(5_000);
    expect(reads.filter((channel) => channel === "c")).toHaveLength(2);
  });

  it("keeps what could not be stored, and drops it where the bot stops", async () => {
    const { know, write, catchUp, clock, store, take, taken } = world();
    await know("a");
    write("a", "one", 2);
    write("a", "two", 1);
    let isDown = true;
    catchUp.begin("fake", undefined, async (mention) => {
      if (mention.text === "two" && isDown) throw new Error("full");
      await take(mention);
    });
    await clock.advance(5_000);
    expect(taken).toEqual(["a: one"]);
    isDown = false;
    await clock.advance(60_000);
    expect(taken).toEqual(["a: one", "a: two"]);
    const stopping = world({ clock, store: store as MemoryStore });
    stopping.write("a", "three", 1);
    stopping.catchUp.begin("fake", undefined, () => Promise.reject(new UserError("stopping")));
    await clock.advance(5_000);
    stopping.catchUp.stop();
    await clock.advance(60_000);
    expect(stopping.reads).toEqual(["a"]);
  });

  it("is exact over two processes that look at the same time, and keeps the order", async () => {
    const clock = fakeClock();
    const store = memoryStore(clock.now);
    const [one, two] = [world({ clock, store }), world({ clock, store: store.another() })];
    await one.know("a");
    const order: string[] = [];
    for (const process of [one, two])
      for (let question = 0; question < 20; question++) process.write("a", `${question}`, 14 - question / 2);
    for (const process of [one, two])
      process.catchUp.begin("fake", undefined, async ({ text }) => {
        await clock.sleep(5);
        if (await store.writeOnce(`question:${text}`, 60 * MINUTE_MS, [])) order.push(text);
      });
    await clock.advance(20_000);
    expect(order).toEqual(Array.from({ length: 20 }, (_, question) => `${question}`));
  });

  it("looks at places that the platform tells of after those that it knows, once and no more than 25", async () => {
    const { know, begin, clock, reads } = world();
    await know("a");
    begin();
    begin([place("a"), ...Array.from({ length: 40 }, (_, index) => place(`told-${index}`))]);
    begin([place("one-more")]);
    await clock.advance(10_000);
    expect(reads).toHaveLength(26);
    expect(reads.slice(0, 2)).toEqual(["a", "told-0"]);
  });
});

describe("knownPlaces()", () => {
  it("gives the hundred places of a platform where somebody asked last, and the channels of threads", async () => {
    const store = memoryStore(() => 0);
    const rows = store.values("sessions");
    for (let index = 0; index < 300; index++) await rows.set(`fake:w:c${index}`, { updatedAt: index });
    await rows.set("fake:w:parent:thread", { updatedAt: 1_000 });
    await rows.set("other:w:c", { updatedAt: 2_000 });
    const places = await knownPlaces(store, "fake");
    expect(places).toHaveLength(100);
    await store.values("open").set("fake:w:new:1", { conversation: "fake:w:new:1", at: 3_000 });
    await store.values("open").set("other:w:new:1", { conversation: "other:w:new:1", at: 3_000 });
    const withNew = await knownPlaces(store, "fake");
    expect(withNew.slice(0, 2)).toEqual([{ ...place("new"), thread: "1" }, place("new")]);
    expect(places.slice(0, 3)).toEqual([{ ...place("parent"), thread: "thread" }, place("parent"), place("c299")]);
  });
});

describe("firstStart()", () => {
  it("is when the first of all processes on a store has begun", async () => {
    const store = memoryStore(() => 0);
    const both = await Promise.all([firstStart(store, 100), firstStart(store.another(), 200)]);
    const [at] = both.map(({ firstStartAt }) => firstStartAt);
    expect(both.map(({ firstStartAt }) => firstStartAt)).toEqual([at, at]);
    expect(both.filter(({ isFirstStart }) => isFirstStart)).toHaveLength(1);
    expect(await firstStart(store, 999)).toEqual({ firstStartAt: at, isFirstStart: false });
  });
});
