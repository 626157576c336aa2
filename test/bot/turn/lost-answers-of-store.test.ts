import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/base/log.js";
import type { MessageKey } from "../../../src/bot/port/platform.js";
import { recover } from "../../../src/bot/turn/recover/recover.js";
import type { TakeTerms } from "../../../src/bot/turn/turn.js";
import { StoreError } from "../../../src/store/store.js";
import { settle } from "../../support/fake-clock.js";
import type { MemoryStore } from "../../support/memory-store.js";
import { type World, world } from "../chat-world.js";

const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;
const ID = "fake:home:general:q1";

/** A store whose answers to what claims a question are lost on their way: it is done, and looks as if it had failed. */
function deafTo(store: MemoryStore) {
  const line = { isDeaf: false, reaches: true };
  const lost = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!line.isDeaf) return work();
    if (line.reaches) await work();
    throw new StoreError("its server gave no answer");
  };
  const deaf: MemoryStore = {
    ...store,
    writeOnce: (...call) => lost(() => store.writeOnce(...call)),
    swap: (...call) => lost(() => store.swap(...call)),
  };
  return { line, deaf };
}

/** A replica behind such a line, and one question to it. */
function deafWorld() {
  const origin = world();
  const { line, deaf } = deafTo(origin.store);
  const it = world({ ...origin, store: deaf }, { owner: "host/1/first" });
  const take = (terms: TakeTerms = {}) =>
    it.chat.onMention(it.platform, it.platform.mention("hello", { message: "q1" }), terms);
  return { ...it, line, take };
}

function recoverIn(of: World, isGone: (owner: string) => boolean = () => false) {
  const reread = async ({ message }: MessageKey) => ({
    ...of.platform.mention("hello", { message }),
    writtenAt: of.clock.now(),
  });
  return recover({
    ...of,
    log,
    liveness: { isGone: async (owner) => isGone(owner) },
    behind: (_message, take) => take(),
    retake: (to, mention, terms) => of.chat.onMention(to, mention, terms),
    surfaces: [{ platform: of.platform, reread }],
  });
}

async function answerAll({ openai, clock }: Pick<World, "openai" | "clock">) {
  await settle();
  for (const stream of openai.streams) {
    stream.send("hi");
    stream.finish();
  }
  await clock.advance(5_000);
}

describe("a question whose claim looked as if it had failed", () => {
  it("is answered once by the process that stored it", async () => {
    const it = deafWorld();
    it.line.isDeaf = true;
    const asked = it.take({ isFinal: true });
    await settle();
    it.line.isDeaf = false;
    await it.clock.advance(1_000);
    await asked;
    await it.take();
    await answerAll(it);
    expect(it.texts()).toEqual(["hi"]);
    expect(it.platform.marksOf("q1").at(-1)).toBe("done");
    expect(await it.sessions.openQuestions()).toHaveLength(0);
  });

  it("is answered once when it is delivered a second time meanwhile, here or to another replica", async () => {
    for (const isElsewhere of [false, true]) {
      const it = deafWorld();
      const other = isElsewhere ? world({ ...it, store: it.store.another() }) : it;
      it.line.isDeaf = true;
      it.line.reaches = false;
      const first = it.take();
      await settle();
      it.line.isDeaf = false;
      const second = other.chat.onMention(it.platform, it.platform.mention("hello", { message: "q1" }));
      await it.clock.advance(1_000);
      await Promise.all([first, second]);
      for (const of of [it, other]) await answerAll(of);
      expect(it.texts()).toEqual(["hi"]);
    }
  });

  it("is never answered once its asker was told that it was not kept, also when it is delivered again", async () => {
    const it = deafWorld();
    it.line.isDeaf = true;
    const asked = expect(it.take({ isFinal: true })).rejects.toThrow(StoreError);
    await it.clock.advance(10_000);
    await asked;
    expect(await it.sessions.isOpen(ID)).toBe(true);
    it.line.isDeaf = false;
    await it.clock.advance(60_000);
    expect(await it.sessions.isOpen(ID)).toBe(false);
    await recoverIn(it);
    await it.take();
    await answerAll(it);
    expect(it.texts()).toEqual([]);
  });

  it("is asked again by its own process where the service delivers it again and it is known as repeated", async () => {
    const it = deafWorld();
    it.line.isDeaf = true;
    const asked = expect(it.take()).rejects.toThrow(StoreError);
    await it.clock.advance(10_000);
    await asked;
    it.line.isDeaf = false;
    await it.take();
    await recoverIn(it);
    expect(it.openai.streams).toHaveLength(0);
    await it.clock.advance(30_000);
    await Promise.all([recoverIn(it), recoverIn(it)]);
    await recoverIn(it);
    await answerAll(it);
    await recoverIn(it);
    expect(it.openai.streams).toHaveLength(1);
    expect(it.texts()).toEqual(["hi"]);
    expect(await it.sessions.openQuestions()).toHaveLength(0);
    expect(it.chat.inHand().size).toBe(0);
  });

  it("is answered once where it was taken over from an ended process", async () => {
    const it = deafWorld();
    const ended = world(it, { owner: "host/3/ended" });
    await ended.sessions.open(ID, {
      ...{ conversation: "fake:home:general", message: it.platform.mention("", { message: "q1" }).message },
      ...{ owner: "host/3/ended", answer: null, author: "ada", text: "hello", at: it.clock.now(), ended: null },
    });
    it.line.isDeaf = true;
    const recovered = recoverIn(it, (owner) => owner === "host/3/ended");
    await settle();
    it.line.isDeaf = false;
    await it.clock.advance(1_000);
    await recovered;
    await answerAll(it);
    expect(it.texts()).toEqual(["hi"]);
    expect(await it.sessions.openQuestions()).toHaveLength(0);
  });
});

it("a question that begins while the store fails for seconds is answered all the same", async () => {
  const it = world();
  const { resume } = it.sessions;
  let failures = 3;
  Object.assign(it.sessions, {
    resume: async (...call: Parameters<typeof resume>) => {
      if (failures-- > 0) throw new StoreError("its server gave no answer");
      return resume(...call);
    },
  });
  await it.ask("hello", { message: "q1" });
  await it.clock.advance(3_000);
  await answerAll(it);
  expect(it.texts()).toEqual(["hi"]);
  expect(it.platform.marksOf("q1").at(-1)).toBe("done");
});

it("a process leaves its own questions alone however long they take, and repeats a mark that was not shown", async () => {
  const it = deafWorld();
  await it.take();
  await settle();
  it.openai.streams[0]?.send("hi");
  await it.clock.advance(50_000);
  await recoverIn(it);
  expect(it.texts()).toEqual(["hi"]);
  const mark = it.platform.mark;
  it.platform.mark = () => Promise.reject(new Error("no marks now"));
  it.openai.streams[0]?.finish();
  await it.clock.advance(5_000);
  it.platform.mark = mark;
  await recoverIn(it);
  await it.clock.advance(1_000);
  expect(it.platform.marksOf("q1").at(-1)).toBe("done");
  expect(await it.sessions.openQuestions()).toHaveLength(0);
});

it("a replica that wakes up asks until the store says whose the question is", async () => {
  const origin = world();
  let failures = 0;
  const values: MemoryStore["values"] = (table) => {
    const rows = origin.store.values(table);
    if (table !== "open") return rows;
    return {
      ...rows,
      async getMany(keys) {
        if (failures-- > 0) throw new StoreError("its connection has ended");
        return rows.getMany(keys);
      },
    };
  };
  const it = world({ ...origin, store: { ...origin.store, values } }, { owner: "host/1/first", hasPeers: () => true });
  const blocked = it.chat.inLine("fake:home:general", () => new Promise<void>((resolve) => setTimeout(resolve, 0)));
  await it.chat.onMention(it.platform, it.platform.mention("hello", { message: "q1" }));
  await it.sessions.adopt(ID, "host/1/first", "host/2/next");
  failures = 2;
  await it.clock.leap(60_000);
  await blocked;
  await it.clock.advance(5_000);
  expect(it.openai.streams).toHaveLength(0);
});
