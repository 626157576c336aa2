import { beforeEach, describe, expect, it } from "vitest";
import {
  createSessions,
  type OpenQuestion,
  type Pin,
  type Sessions,
  type Turn,
} from "../../../src/store/sessions/sessions.js";
import { DamagedRowError, type Store, StoreError, type Write, writesOf } from "../../../src/store/store.js";
import { settle } from "../../support/fake-clock.js";
import { type MemoryStore, memoryStore } from "../../support/memory-store.js";

const CONVERSATION = "playground:local:general";
const PIN: Pin = { provider: "openai", model: "gpt-5", at: 1, by: "Ada" };

let now: number;
let store: MemoryStore;
let sessions: Sessions;
beforeEach(() => {
  now = 1_000_000;
  store = memoryStore(() => now);
  sessions = createSessions({ store, now: () => now });
});

const question = (text: string, at = now): OpenQuestion => ({
  conversation: CONVERSATION,
  message: { platform: "playground", channel: "general", message: text },
  owner: "host/1/x",
  answer: null,
  author: "Ada",
  text,
  at,
  ended: null,
});

const turn = (text: string): Turn => ({
  question: { message: `id of ${text}`, author: "Ada", text, at: now },
  answer: `answer to ${text}`,
  ending: "done",
  provider: "openai",
  model: "gpt-5",
  usage: { inputTokens: 12, outputTokens: 3 },
  endedAt: now + 500,
});

async function converse(...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await sessions.open(text, question(text));
    await sessions.end(text, CONVERSATION, turn(text));
    await sessions.close(text);
  }
}

const texts = (turns: readonly Turn[]) => turns.map(({ question: { text } }) => text);

describe("get()", () => {
  it("gives a fresh record where there is none, and stores nothing", async () => {
    expect(await sessions.get(CONVERSATION)).toEqual({
      pin: null,
      system: null,
      firstTurn: 0,
      startedAt: 0,
      nextTurn: 0,
      updatedAt: now,
      answeredAt: null,
    });
    expect(store.peek("sessions", CONVERSATION)).toBeUndefined();
  });

  it.each([
    ["unreadable", undefined],
    ["another shape", { pin: "openai" }],
    ["a counter that is none", { pin: null, system: null, firstTurn: 0, nextTurn: -1, updatedAt: 1, answeredAt: null }],
  ])("fails for a record that is damaged (%s), and for that conversation only", async (_name, row) => {
    if (row === undefined) store.damage("sessions", CONVERSATION);
    else await store.values("sessions").set(CONVERSATION, row);
    await expect(sessions.get(CONVERSATION)).rejects.toThrow(StoreError);
    await expect(sessions.change(CONVERSATION, (before) => ({ ...before, pin: PIN }))).rejects.toThrow(StoreError);
    expect((await sessions.get("playground:local:other")).nextTurn).toBe(0);
  });
});

describe("change()", () => {
  it("stores what came of it, with its time", async () => {
    now += 5;
    const after = await sessions.change(CONVERSATION, (before) => ({ ...before, pin: PIN, system: "Be brief." }));
    expect(after).toMatchObject({ pin: PIN, system: "Be brief.", updatedAt: now });
    expect(await sessions.get(CONVERSATION)).toEqual(after);
  });

  it("stores nothing where nothing changes", async () => {
    const before = await sessions.change(CONVERSATION, (session) => session);
    expect(before.updatedAt).toBe(now);
    expect(store.peek("sessions", CONVERSATION)).toBeUndefined();
  });

  it("applies changes and endings of one conversation one after the other", async () => {
    await Promise.all([
      sessions.change(CONVERSATION, (before) => ({ ...before, pin: PIN })),
      sessions.end("first", CONVERSATION, turn("first")),
      sessions.change(CONVERSATION, (before) => ({ ...before, system: "Be brief." })),
      sessions.end("second", CONVERSATION, turn("second")),
    ]);
    expect(await sessions.get(CONVERSATION)).toMatchObject({ pin: PIN, system: "Be brief.", nextTurn: 2 });
    expect(texts(await sessions.recentTurns(CONVERSATION, 10))).toEqual(["first", "second"]);
  });

  it("changes nothing when the change or the store fails, and goes on with the next", async () => {
    const failed = sessions.change(CONVERSATION, () => {
      throw new Error("no such model");
    });
    await expect(failed).rejects.toThrow("no such model");
    store.breakDown();
    await expect(sessions.change(CONVERSATION, (before) => ({ ...before, pin: PIN }))).rejects.toThrow(StoreError);
    store.recover();
    expect(await sessions.get(CONVERSATION)).toMatchObject({ pin: null });
    expect(await sessions.change(CONVERSATION, (before) => ({ ...before, pin: PIN }))).toMatchObject({ pin: PIN });
  });
});

describe("two replicas on one conversation", () => {
  let other: Sessions;
  beforeEach(() => {
    other = createSessions({ store, now: () => now });
  });

  it("lose no turn and no change of each other", async () => {
    const count = 6;
    await Promise.all(
      Array.from({ length: count }, async (_, number) => {
        const replica = number % 2 === 0 ? sessions : other;
        await replica.open(`id ${number}`, question(`text ${number}`));
        await replica.end(`id ${number}`, CONVERSATION, turn(`text ${number}`));
      }).concat(
        sessions.change(CONVERSATION, (before) => ({ ...before, pin: PIN })).then(() => {}),
        other.change(CONVERSATION, (before) => ({ ...before, system: "Be brief." })).then(() => {}),
      ),
    );
    expect(await sessions.get(CONVERSATION)).toMatchObject({ pin: PIN, system: "Be brief.", nextTurn: count });
    const saved = texts(await other.recentTurns(CONVERSATION, 10));
    expect([...saved].sort()).toEqual(Array.from({ length: count }, (_, number) => `text ${number}`));
  });

  it("decide a change on the record as it is stored now", async () => {
    await sessions.change(CONVERSATION, (before) => ({ ...before, pin: PIN }));
    const seen: (Pin | null)[] = [];
    const swap: Store["swap"] = async (row, writes) => {
      // Between reading and writing the other one comes first.
      if (seen.length === 1) await other.change(CONVERSATION, (before) => ({ ...before, pin: null }));
      return store.swap(row, writes);
    };
    const slow = createSessions({ store: { ...store, swap }, now: () => now });
    const after = await slow.change(CONVERSATION, (before) => {
      seen.push(before.pin);
      return { ...before, system: "Be brief." };
    });
    expect(seen).toEqual([PIN, null]);
    expect(after).toMatchObject({ pin: null, system: "Be brief." });
  });

  it("give up on a record that never stands still", async () => {
    const swap: Store["swap"] = async () => false;
    const unlucky = createSessions({ store: { ...store, swap }, now: () => now });
    await expect(unlucky.change(CONVERSATION, (before) => ({ ...before, pin: PIN }))).rejects.toThrow(/kept changing/);
  });

  it("erase with the untouched what was asked and never closed, as where a platform is no longer configured", async () => {
    await sessions.open("old", question("old", now - 2));
    await sessions.open("young", question("young", now));
    await sessions.eraseUntouched(now - 1);
    expect((await sessions.openQuestions()).map(([id]) => id)).toEqual(["young"]);
  });

  it("leave a conversation alone that came to life while it was chosen for erasing", async () => {
    await converse("text");
    const swap: Store["swap"] = async (row, writes) => {
      now += 100;
      await other.change(CONVERSATION, (before) => ({ ...before, pin: PIN }));
      return store.swap(row, writes);
    };
    const eraser = createSessions({ store: { ...store, swap }, now: () => now });
    expect(await eraser.eraseUntouched(now + 1)).toBe(0);
    expect(texts(await sessions.recentTurns(CONVERSATION, 10))).toEqual(["text"]);
  });
});

describe("recentTurns()", () => {
  it("gives the newest, oldest first", async () => {
    await converse("one", "two", "three");
    expect(texts(await sessions.recentTurns(CONVERSATION, 2))).toEqual(["two", "three"]);
    expect(texts(await sessions.recentTurns(CONVERSATION, 3))).toEqual(["one", "two", "three"]);
    expect(texts(await sessions.recentTurns(CONVERSATION, 4))).toEqual(["one", "two", "three"]);
    expect(await sessions.recentTurns(CONVERSATION, 1)).toEqual([turn("three")]);
    expect(await sessions.recentTurns(CONVERSATION, 0)).toEqual([]);
  });

  it("gives back what was sent, where that was more than what was said", async () => {
    const said = turn("why?");
    const sent: Turn = { ...said, question: { ...said.question, sent: "> quote\n\nwhy?" } };
    await sessions.end("1", CONVERSATION, sent);
    expect(await sessions.recentTurns(CONVERSATION, 1)).toEqual([sent]);
  });

  it("gives none from before the conversation was begun anew", async () => {
    await converse("one", "two");
    await sessions.change(CONVERSATION, (before) => ({ ...before, firstTurn: before.nextTurn }));
    expect(await sessions.recentTurns(CONVERSATION, 10)).toEqual([]);
    await converse("three");
    expect(texts(await sessions.recentTurns(CONVERSATION, 10))).toEqual(["three"]);
  });

  it("keeps conversations apart whose keys begin alike", async () => {
    await converse("one");
    await sessions.end("other", `${CONVERSATION}#00000000`, turn("other"));
    expect(texts(await sessions.recentTurns(CONVERSATION, 10))).toEqual(["one"]);
    expect(texts(await sessions.recentTurns(`${CONVERSATION}#00000000`, 10))).toEqual(["other"]);
  });

  it("leaves out turns that are damaged", async () => {
    await converse("one", "two", "three");
    store.damage("turns", `${CONVERSATION}#00000001`);
    expect(texts(await sessions.recentTurns(CONVERSATION, 10))).toEqual(["one", "three"]);
    await store.values("turns").set(`${CONVERSATION}#00000002`, { answer: 1 });
    expect(texts(await sessions.recentTurns(CONVERSATION, 10))).toEqual(["one"]);
  });
});

describe("open()", () => {
  it("stores a question once, also when its event comes again within the hour", async () => {
    expect(await sessions.open("id", question("first"))).toBe(true);
    expect(await sessions.open("id", question("again"))).toBe(false);
    expect(await sessions.openQuestions()).toEqual([["id", question("first", 1_000_000)]]);
    await sessions.close("id");
    now += 3_599_999;
    expect(await sessions.open("id", question("late"))).toBe(false);
    expect(await sessions.openQuestions()).toEqual([]);
    now += 1;
    expect(await sessions.open("id", question("next"))).toBe(true);
  });

  it("lets one of many at once through", async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => sessions.open("id", question("text"))));
    expect(results.filter(Boolean)).toHaveLength(1);
  });

  it("lets the event come again when the store failed", async () => {
    store.breakDown();
    await expect(sessions.open("id", question("text"))).rejects.toThrow(StoreError);
    store.recover();
    expect(await sessions.open("id", question("text"))).toBe(true);
  });
});

describe("noteAnswer()", () => {
  it("adds where the answer stands", async () => {
    await sessions.open("id", question("text"));
    await sessions.noteAnswer("id", { channel: "general", message: "7" });
    const answer = { channel: "general", message: "7" };
    expect(await sessions.openQuestions()).toEqual([["id", { ...question("text"), answer }]]);
  });

  it("does not bring back a question that is closed", async () => {
    await sessions.open("id", question("text"));
    await Promise.all([sessions.close("id"), sessions.noteAnswer("id", "7")]);
    expect(await sessions.openQuestions()).toEqual([]);
  });

  it("is not undone by an ending that began with it, nor undoes one", async () => {
    await sessions.open("id", question("text"));
    await Promise.all([sessions.noteAnswer("id", "7"), sessions.end("id", CONVERSATION, turn("text"))]);
    expect((await sessions.openQuestions())[0]?.[1]).toMatchObject({ answer: "7", ended: "done" });
    await sessions.open("next", question("next"));
    await Promise.all([sessions.end("next", CONVERSATION, turn("next")), sessions.noteAnswer("next", "8")]);
    expect((await sessions.openQuestions())[1]?.[1]).toMatchObject({ answer: "8", ended: "done" });
  });
});

describe("end()", () => {
  it("saves turn, counters and ending in one step", async () => {
    const steps: (readonly Write[])[] = [];
    const watched: Store = {
      ...store,
      swap: (row, writes) => {
        steps.push([...writesOf(row), ...writes]);
        return store.swap(row, writes);
      },
    };
    sessions = createSessions({ store: watched, now: () => now });
    await sessions.open("id", question("text"));
    now += 10;
    await sessions.end("id", CONVERSATION, turn("text"));
    expect(steps.map((writes) => writes.map(({ table }) => table))).toEqual([["sessions", "open", "turns"]]);
    expect(await sessions.get(CONVERSATION)).toMatchObject({ nextTurn: 1, updatedAt: now, answeredAt: now + 500 });
    expect((await sessions.openQuestions())[0]?.[1].ended).toBe("done");
  });

  it("leaves the question open when the store fails", async () => {
    await sessions.open("id", question("text"));
    store.breakDown();
    await expect(sessions.end("id", CONVERSATION, turn("text"))).rejects.toThrow(StoreError);
    store.recover();
    expect((await sessions.openQuestions())[0]?.[1].ended).toBeNull();
    expect(await sessions.recentTurns(CONVERSATION, 10)).toEqual([]);
    await sessions.end("id", CONVERSATION, turn("text"));
    expect(texts(await sessions.recentTurns(CONVERSATION, 10))).toEqual(["text"]);
  });

  it("saves a turn once, however often it is called for a question", async () => {
    await sessions.open("id", question("text"));
    await Promise.all([
      sessions.end("id", CONVERSATION, turn("text")),
      sessions.end("id", CONVERSATION, { ...turn("text"), ending: "interrupted" }),
    ]);
    expect(await sessions.recentTurns(CONVERSATION, 10)).toEqual([turn("text")]);
  });

  it("saves the turn of a question whose row is damaged", async () => {
    await sessions.open("id", question("text"));
    store.damage("open", "id");
    await sessions.end("id", CONVERSATION, turn("text"));
    await sessions.close("id");
    expect(texts(await sessions.recentTurns(CONVERSATION, 10))).toEqual(["text"]);
  });

  it("costs for turn 1,000 what it costs for turn 10", async () => {
    let bytes = 0;
    let rows = 0;
    const counted: Store = {
      ...store,
      swap: (row, writes) => {
        rows += 1 + writes.length;
        bytes += JSON.stringify([writesOf(row), writes]).length;
        return store.swap(row, writes);
      },
    };
    sessions = createSessions({ store: counted, now: () => now });
    const costOf = async (number: number) => {
      const text = `question ${String(number).padStart(4, "0")}`;
      const before = { calls: store.calls(), rows, bytes };
      await sessions.open(text, question(text));
      await sessions.recentTurns(CONVERSATION, 25);
      await sessions.end(text, CONVERSATION, turn(text));
      await sessions.close(text);
      return { calls: store.calls() - before.calls, rows: rows - before.rows, bytes: bytes - before.bytes };
    };
    const costs = [];
    for (let number = 0; number <= 1000; number++) costs.push(await costOf(number));
    expect(costs[1000]?.calls).toBe(costs[10]?.calls);
    expect(costs[1000]?.rows).toBe(costs[10]?.rows);
    // The counter of the turns has two digits more.
    expect((costs[1000]?.bytes ?? 0) - (costs[10]?.bytes ?? 0)).toBeLessThanOrEqual(2);
  });
});

describe("openQuestions()", () => {
  it("gives what is not closed in the order it was asked, without damaged rows", async () => {
    await sessions.open("c", question("first", 1));
    await sessions.open("a", question("third", 3));
    await sessions.open("b", question("second", 2));
    await sessions.open("bad", question("bad", 4));
    await sessions.open("closed", question("closed", 5));
    store.damage("open", "bad");
    await store.values("open").set("odd", { text: 1 });
    await sessions.close("closed");
    await settle();
    expect((await sessions.openQuestions()).map(([id]) => id)).toEqual(["c", "b", "a"]);
  });
});

describe("erase()", () => {
  it("erases a conversation's record and all its turns, and no other's", async () => {
    await sessions.change(CONVERSATION, (before) => ({ ...before, pin: PIN }));
    await converse("one", "two");
    await sessions.startOver(CONVERSATION);
    await sessions.change(`${CONVERSATION}-2`, (before) => ({ ...before, pin: PIN }));
    await sessions.forget(CONVERSATION);
    expect(await sessions.get(CONVERSATION)).toMatchObject({ pin: null, nextTurn: 0 });
    expect(await store.values("turns").entries()).toEqual([]);
    expect((await sessions.get(`${CONVERSATION}-2`)).pin).toEqual(PIN);
  });

  it("writes with it what else it is given, and with a change what is made of it", async () => {
    const row = (key: string) => ({ table: "audit", key, value: { key } }) as const;
    await sessions.change(
      CONVERSATION,
      (before) => ({ ...before, pin: PIN }),
      (before, { pin }) => [row(`${before.pin}-${pin?.model}`)],
    );
    await sessions.change(
      CONVERSATION,
      (before) => before,
      () => [row("unchanged")],
    );
    await sessions.forget(CONVERSATION, [row("forgotten")]);
    const keys = (await store.values("audit").entries()).map(([key]) => key);
    expect(keys.sort()).toEqual(["forgotten", `null-${PIN.model}`]);
  });

  it("keeps when that was, also of one that was never touched, and of one that grew too old", async () => {
    await converse("one");
    expect(await sessions.erasedAt([CONVERSATION])).toBe(0);
    now += 10;
    await sessions.forget(CONVERSATION);
    expect(await sessions.erasedAt([CONVERSATION])).toBe(1_000_010);
    await sessions.forget("a:b:c");
    now += 10;
    await converse("two");
    now += 10;
    await sessions.eraseUntouched(now);
    expect(await sessions.erasedAt(["a:b:c"])).toBe(1_000_010);
    expect(await sessions.erasedAt([CONVERSATION, "a:b:c", "a:b:d"])).toBe(1_000_030);
    expect(JSON.stringify(await store.values("forgotten").entries())).not.toMatch(/one|two|Ada/);
  });

  it("fails where it is not known when that was", async () => {
    await store.values("forgotten").set(CONVERSATION, { when: "yesterday" });
    await expect(sessions.erasedAt([CONVERSATION])).rejects.toThrow(DamagedRowError);
  });

  it("erases nothing while the store fails", async () => {
    await converse("one");
    store.breakDown();
    await expect(sessions.forget(CONVERSATION)).rejects.toThrow(StoreError);
    store.recover();
    expect(texts(await sessions.recentTurns(CONVERSATION, 5))).toEqual(["one"]);
  });
});
