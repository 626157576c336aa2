import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/base/log.js";
import { recover } from "../../../src/bot/turn/recover/recover.js";
import type { KeyValue, Store } from "../../../src/store/store.js";
import { settle } from "../../support/fake-clock.js";
import { type FakePlatform, surfacesOf } from "../../support/fake-platform.js";
import type { MemoryStore } from "../../support/memory-store.js";
import { CONVERSATION, ENDED, type World, world } from "../chat-world.js";

/** When a process is killed: before its n-th call to the store or the platform takes effect, or right after that. */
interface Kill {
  readonly call: number;
  readonly isDone: boolean;
}

/** A process that is killed somewhere; what it asks for after that never happens and never comes back. */
function mortal(shared: World, kill: Kill) {
  let calls = 0;
  const forever = new Promise<never>(() => {});
  const gated =
    <A extends unknown[], T>(call: (...terms: A) => Promise<T>) =>
    async (...terms: A): Promise<T> => {
      calls += 1;
      if (calls > kill.call || (calls === kill.call && !kill.isDone)) return forever;
      const result = await call(...terms);
      return calls >= kill.call ? forever : result;
    };
  const gatedTable = (table: KeyValue): KeyValue => ({
    ...table,
    get: gated(table.get),
    getMany: gated(table.getMany),
    set: gated(table.set),
    delete: gated(table.delete),
  });
  const { store, platform } = shared;
  const gatedStore: Omit<Store, "close"> = {
    ...store,
    values: (table) => gatedTable(store.values(table)),
    write: gated(store.write),
    writeOnce: gated(store.writeOnce),
    swap: gated(store.swap),
    claim: gated(store.claim),
    commit: gated(store.commit),
    renew: gated(store.renew),
  };
  const gatedPlatform: FakePlatform = {
    ...platform,
    post: gated(platform.post),
    edit: gated(platform.edit),
    mark: gated(platform.mark),
    append: gated(platform.append),
  };
  const born = { ...shared, store: gatedStore as MemoryStore, platform: gatedPlatform };
  return { ...world(born, { owner: "host/1/first" }), isKilled: () => calls >= kill.call };
}

const deliver = (to: World) => void to.chat.onMention(to.platform, to.platform.mention("hello", { message: "q1" }));

const PARTS = ["part 0 ", "part 1 ", "part 2"];

/** Lets a minute pass, in which the models say part after part. */
async function pass(worlds: readonly World[]) {
  for (let step = 0; step < 12; step++) {
    for (const { openai } of worlds) openai.streams.forEach(sayNext);
    await worlds[0]?.clock.advance(5_000);
  }
}

const said = new WeakMap<World["openai"]["streams"][number], number>();
function sayNext(stream: World["openai"]["streams"][number]) {
  const at = said.get(stream) ?? 0;
  said.set(stream, at + 1);
  const part = PARTS[at];
  if (part !== undefined) stream.send(part);
  if (at === PARTS.length) stream.finish();
}

const recoverIn = ({ sessions, store, chat, platform, clock, ledger, budgets, modelFacts, refresher, onTurn }: World) =>
  recover({
    chat,
    settings: { languageOf: () => undefined },
    store,
    ledger,
    budgets,
    onTurn,
    modelFacts,
    refresher,
    liveness: ENDED,
    behind: (_message, take) => take(),
    retake: async () => {},
    sessions,
    surfaces: surfacesOf(platform),
    clock,
    log: { warn() {}, error() {}, info() {}, debug() {} } as unknown as Log,
  });

/** The orders in which one question comes to a process that is killed, and to the one after it or beside it. */
const ORDERS: Readonly<Record<string, (first: World, next: World) => Promise<void>>> = {
  async "twice at once, to the killed one alone"(first, next) {
    deliver(first);
    deliver(first);
    await pass([first]);
    void recoverIn(next);
    await settle();
  },
  async "twice, the second time in the middle of the answer"(first, next) {
    deliver(first);
    await settle();
    deliver(first);
    await pass([first]);
    void recoverIn(next);
    await settle();
  },
  async "again after the next one has cleared up"(first, next) {
    deliver(first);
    await pass([first]);
    void recoverIn(next);
    await settle();
    deliver(next);
  },
  async "again before the next one clears up"(first, next) {
    deliver(first);
    await pass([first]);
    deliver(next);
    await settle();
    void recoverIn(next);
    await settle();
  },
  async "to both at once"(first, next) {
    deliver(first);
    deliver(next);
    await pass([first, next]);
    void recoverIn(next);
    await settle();
  },
  async "to both at once, the other way round"(first, next) {
    deliver(next);
    deliver(first);
    await pass([first, next]);
    void recoverIn(next);
    await settle();
  },
};

const WHOLE = PARTS.join("");
const ENDS = ["done", "incomplete", "failed"];

/** More than a process makes for one question. */
const MOST_CALLS = 60;

describe("a question that comes more than once", () => {
  it.each(Object.entries(ORDERS))(
    "is answered at most once, and ended, wherever a kill strikes: %s",
    async (_, play) => {
      let kills = 0;
      for (let call = 1, goesOn = true; goesOn; call++) {
        expect(call).toBeLessThan(MOST_CALLS);
        for (const isDone of [false, true]) {
          const shared = world();
          const first = mortal(shared, { call, isDone });
          const next = world(shared);
          await play(first, next);
          await pass([next]);
          const at = `killed ${isDone ? "after" : "before"} call ${call}`;
          const { platform, sessions } = next;
          expect(first.openai.streams.length + next.openai.streams.length, at).toBeLessThanOrEqual(1);
          expect((await sessions.recentTurns(CONVERSATION, 5)).length, at).toBeLessThanOrEqual(1);
          const texts = next.texts().map((text) => text.trim());
          expect(texts.filter((text) => text.includes("part 0")).length, at).toBeLessThanOrEqual(1);
          expect(texts.length, at).toBeLessThanOrEqual(2);
          const marks = platform.marksOf("q1");
          const wasTaken = texts.length > 0 || marks.length > 0;
          if (wasTaken) expect(ENDS, at).toContain(marks.at(-1));
          if (marks.at(-1) === "done") expect(texts, at).toEqual([WHOLE]);
          goesOn = first.isKilled();
          kills += goesOn ? 1 : 0;
          if (!goesOn) expect([texts, marks.at(-1)], at).toEqual([[WHOLE], "done"]);
        }
      }
      expect(kills).toBeGreaterThan(1);
    },
  );
});
