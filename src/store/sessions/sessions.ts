import { createSerial, type Serial } from "../../base/serial.js";
import { createRowReader } from "../damage-report.js";
import type { Store, Write } from "../store.js";
import { DamagedRowError, StoreError } from "../store-error.js";
import { eraseCalls } from "./erase-conversations.js";
import { openQuestionRow, parsedRow, sessionRow, TURN_DIGITS, turnKey, turnRow } from "./session-rows.js";
import type { Asked, OpenQuestion, Session, Turn } from "./session-types.js";

export type { Asked, Ending, OpenQuestion, Pin, Session, Turn } from "./session-types.js";

/** All conversations, each a record and its turns. */
export interface Sessions {
  /** A fresh record where there is none. @throws {StoreError} */
  get(conversation: string): Promise<Session>;
  /**
   * Changes of one conversation's record are applied one after the other, also those of several replicas, and again
   * where one was slower; giving `before` back stores nothing. @throws {StoreError} and then nothing is changed
   */
  change(conversation: string, change: (before: Session) => Session): Promise<Session>;
  /** Leaves all turns so far behind and keeps the pin; a damaged record is replaced. @throws {StoreError} */
  startOver(conversation: string): Promise<Session>;
  /** The newest `count` turns since `firstTurn`, oldest first. @throws {StoreError} */
  recentTurns(conversation: string, count: number): Promise<readonly Turn[]>;

  /** Stores a question once: false for a repeated event, whose id was stored before. @throws {StoreError} */
  open(id: string, question: OpenQuestion): Promise<boolean>;
  /** Whether the question was stored and not closed yet. @throws {StoreError} */
  isOpen(id: string): Promise<boolean>;
  /** Asks the process that answers this question to stop; nothing where it is closed. @throws {StoreError} */
  askToStop(id: string): Promise<void>;
  /** @throws {StoreError} */
  isAskedToStop(id: string): Promise<boolean>;
  /** Notes where the answer stands, and what was asked. @throws {StoreError} */
  noteAnswer(id: string, answer: unknown, asked?: Asked): Promise<void>;
  /**
   * In one step: saves the turn, counts it in the session, notes the ending in the open question, and makes the other
   * writes. With `replaces` it takes the place of that turn, if it is still the last. @throws {StoreError}
   */
  end(
    id: string,
    conversation: string,
    turn: Turn,
    also?: { readonly replaces?: number | undefined; readonly writes?: readonly Write[] },
  ): Promise<void>;
  /** The last turn since the last fresh start, and its number. @throws {StoreError} */
  lastTurn(conversation: string): Promise<{ readonly number: number; readonly turn: Turn } | undefined>;
  /** All turns that are kept, oldest first, those before the last fresh start too. @throws {StoreError} */
  allTurns(conversation: string): Promise<readonly { readonly number: number; readonly turn: Turn }[]>;
  /** The last turns of a channel's threads that were answered in since `since` (epoch ms), newest first. */
  threadsOf(
    conversation: string,
    since: number,
  ): Promise<readonly { readonly conversation: string; readonly turn: Turn }[]>;
  /** Takes over a turn of another conversation as the first of a new one. @throws {StoreError} */
  take(conversation: string, turn: Turn): Promise<void>;
  /** Erases its record, turns and open questions; resolves with how many turns there were. @throws {StoreError} */
  forget(conversation: string): Promise<number>;
  /**
   * When one of these conversations was last erased, by a person or for its age, epoch ms; 0 where none was. Nothing
   * from before may be used again, wherever it can still be read. @throws {StoreError} also where the row is damaged
   */
  erasedAt(conversations: readonly string[]): Promise<number>;
  /**
   * The end mark is on the question: nothing is left to do for it. `write` may write more with it in one step.
   * @throws {StoreError}
   */
  close(id: string, write?: (writes: readonly Write[]) => Promise<void>): Promise<void>;
  /**
   * Erases conversations that nobody touched since `before` (epoch ms), their turns first, and tells how many.
   * @throws {StoreError} and then the rest is left for the next time
   */
  eraseUntouched(before: number): Promise<number>;
  /** All questions that were not closed. @throws {StoreError} */
  openQuestions(): Promise<readonly (readonly [id: string, question: OpenQuestion])[]>;
}

export interface SessionsDeps {
  readonly store: Store;
  readonly now: () => number;
}

/** A repeated event comes within minutes; an hour is far past the last retry of any platform. */
const QUESTION_ONCE_MS = 3_600_000;

/** Replicas that change one record at the same moment get through one by one; people are never that many. */
const CHANGE_ATTEMPTS = 20;

/** What becomes of a record, and what is written with it; without writes it stays as it is. */
interface Step {
  readonly session: Session;
  readonly writes?: readonly Write[];
}

export function createSessions({ store, now }: SessionsDeps): Sessions {
  const inOrder = createSerial();
  const records = createRecords(store, now);
  return {
    ...recordCalls(records, inOrder, now),
    ...turnCalls(store, records),
    ...questionCalls(store, inOrder),
    end: (id, conversation, turn, { replaces, writes = [] } = {}) =>
      inOrder(`session ${conversation}`, () =>
        inOrder(`question ${id}`, async () => {
          const [row] = await store.values("open").getMany([id]);
          const question = openQuestionRow.safeParse(row).data;
          if (question !== undefined && question.ended !== null) return;
          const ended: readonly Write[] =
            question === undefined ? [] : [{ table: "open", key: id, value: { ...question, ended: turn.ending } }];
          await records.update(conversation, (session) => {
            const { number, after } = withTurn(session, turn, replaces);
            const saved: Write = { table: "turns", key: turnKey(conversation, number), value: turn };
            return { session: { ...after, updatedAt: now() }, writes: [saved, ...writes, ...ended] };
          });
        }),
      ),
    take: (conversation, turn) =>
      inOrder(`session ${conversation}`, async () => {
        await records.update(conversation, (before) => ({
          session: { ...before, nextTurn: before.nextTurn + 1, updatedAt: now() },
          writes: [{ table: "turns", key: turnKey(conversation, before.nextTurn), value: turn }],
        }));
      }),
    ...eraseCalls(store, inOrder, now),
  };
}

interface Records {
  get(conversation: string): Promise<Session>;
  /** Changes the record as it is stored now, and once more where another replica was faster. @throws {StoreError} */
  update(conversation: string, step: (before: Session) => Step): Promise<Session>;
  /**
   * Puts a fresh record in the place of a damaged one; its turns stay, and their numbers go on. @throws {StoreError}
   */
  replaceDamaged(conversation: string, at: number): Promise<Session>;
}

function createRecords(store: Store, now: () => number): Records {
  const rows = store.values("sessions");
  const readSession = createRowReader(rows, sessionRow);
  const sessionOf = (conversation: string, row: unknown): Session => {
    const session = row === undefined ? freshSession(now()) : readSession(conversation, row);
    if (session === undefined) throw new DamagedRowError(`the session of ${conversation}`);
    return session;
  };
  return {
    get: async (conversation) => sessionOf(conversation, await rows.get(conversation)),
    async update(conversation, step) {
      for (let attempt = 1; attempt <= CHANGE_ATTEMPTS; attempt++) {
        const before = await rows.get(conversation);
        const { session, writes } = step(sessionOf(conversation, before));
        if (writes === undefined) return session;
        if (await store.swap({ table: "sessions", key: conversation, before, after: session }, writes)) return session;
      }
      throw new StoreError(`the session of ${conversation} is changed elsewhere all the time`);
    },
    async replaceDamaged(conversation, at) {
      const keys = (await store.values("turns").entries(`${conversation}#`)).map(([key]) => key);
      const next = keys.reduce((most, key) => Math.max(most, Number(key.slice(-TURN_DIGITS)) + 1), 0);
      const session = { ...freshSession(at), firstTurn: next, nextTurn: next, startedAt: at };
      await rows.set(conversation, session);
      return session;
    },
  };
}

/** Where a turn goes, and what its conversation's record becomes with it. */
function withTurn(session: Session, turn: Turn, replaces: number | undefined) {
  const isLast = replaces !== undefined && replaces === session.nextTurn - 1 && replaces >= session.firstTurn;
  const number = isLast ? replaces : session.nextTurn;
  const isLeftBehind = turn.question.at < session.startedAt;
  const firstTurn = isLeftBehind ? number + 1 : session.firstTurn;
  return { number, after: { ...session, firstTurn, nextTurn: number + 1, answeredAt: turn.endedAt } };
}

type RecordCalls = Pick<Sessions, "get" | "change" | "startOver">;

function recordCalls(records: Records, inOrder: Serial, now: () => number): RecordCalls {
  return {
    get: records.get,
    change: (conversation, change) =>
      inOrder(`session ${conversation}`, () =>
        records.update(conversation, (before) => {
          const after = change(before);
          return after === before ? { session: before } : { session: { ...after, updatedAt: now() }, writes: [] };
        }),
      ),
    startOver: (conversation) =>
      inOrder(`session ${conversation}`, async () => {
        const at = now();
        try {
          return await records.update(conversation, (before) => ({
            session: { ...before, firstTurn: before.nextTurn, startedAt: at, updatedAt: at },
            writes: [],
          }));
        } catch (error) {
          if (!(error instanceof DamagedRowError)) throw error;
          return records.replaceDamaged(conversation, at);
        }
      }),
  };
}

type TurnCalls = Pick<Sessions, "recentTurns" | "lastTurn" | "allTurns" | "threadsOf">;

/** A channel has more threads than anybody chooses from. */
const MAX_THREADS = 25;

function turnCalls(store: Store, { get }: Records): TurnCalls {
  const turns = store.values("turns");
  const readTurn = createRowReader(turns, turnRow);
  return {
    async recentTurns(conversation, count) {
      const { firstTurn, nextTurn } = await get(conversation);
      const from = Math.max(firstTurn, nextTurn - Math.max(count, 0));
      const numbers = Array.from({ length: Math.max(nextTurn - from, 0) }, (_, index) => from + index);
      const keys = numbers.map((number) => turnKey(conversation, number));
      const rows = await turns.getMany(keys);
      // A conversation goes on without a turn that is damaged.
      return rows.flatMap((row, index) => readTurn(keys[index] ?? "", row) ?? []);
    },
    async lastTurn(conversation) {
      const { firstTurn, nextTurn } = await get(conversation);
      if (nextTurn <= firstTurn) return undefined;
      const key = turnKey(conversation, nextTurn - 1);
      const turn = readTurn(key, (await turns.getMany([key]))[0]);
      return turn && { number: nextTurn - 1, turn };
    },
    async threadsOf(conversation, since) {
      const recent = (await store.values("sessions").entries(`${conversation}:`))
        .flatMap(([key, row]) => {
          const { answeredAt = null, nextTurn = 0 } = sessionRow.safeParse(row).data ?? {};
          return answeredAt === null || answeredAt < since ? [] : [{ key, answeredAt, nextTurn }];
        })
        .sort((a, b) => b.answeredAt - a.answeredAt)
        .slice(0, MAX_THREADS);
      const rows = await turns.getMany(recent.map(({ key, nextTurn }) => turnKey(key, nextTurn - 1)));
      return recent.flatMap(({ key }, index) => {
        const turn = turnRow.safeParse(rows[index]).data;
        return turn === undefined ? [] : [{ conversation: key, turn }];
      });
    },
    async allTurns(conversation) {
      return (await turns.entries(`${conversation}#`)).flatMap(([key, row]) => {
        const turn = readTurn(key, row);
        return turn === undefined ? [] : [{ number: Number(key.slice(-TURN_DIGITS)), turn }];
      });
    },
  };
}

type QuestionCalls = Pick<
  Sessions,
  "open" | "isOpen" | "askToStop" | "isAskedToStop" | "noteAnswer" | "close" | "openQuestions"
>;

function questionCalls(store: Store, inOrder: Serial): QuestionCalls {
  const questions = store.values("open");
  const readQuestion = createRowReader(questions, openQuestionRow);
  return {
    open: (id, question) =>
      store.writeOnce(`question:${id}`, QUESTION_ONCE_MS, [{ table: "open", key: id, value: question }]),
    isOpen: async (id) => (await questions.getMany([id]))[0] !== undefined,
    askToStop: (id) =>
      inOrder(`question ${id}`, async () => {
        const row = await questions.get(id);
        if (row === undefined) return;
        const after = { ...parsedRow(openQuestionRow, row, `the question ${id}`), isStopAsked: true };
        await store.swap({ table: "open", key: id, before: row, after }, []);
      }),
    async isAskedToStop(id) {
      const [row] = await questions.getMany([id]);
      return openQuestionRow.safeParse(row).data?.isStopAsked ?? false;
    },
    noteAnswer: (id, answer, asked) =>
      inOrder(`question ${id}`, async () => {
        const row = await questions.get(id);
        // Closed meanwhile: storing it again would leave the next start a question that has its answer.
        if (row === undefined) return;
        const question = parsedRow(openQuestionRow, row, `the question ${id}`);
        await questions.set(id, { ...question, answer, ...(asked && { asked }) });
      }),
    close: (id, write = store.write) =>
      inOrder(`question ${id}`, () => write([{ table: "open", key: id, value: undefined }])),
    async openQuestions() {
      const rows = await questions.entries();
      return rows
        .flatMap(([id, row]) => {
          const question = readQuestion(id, row);
          return question === undefined ? [] : [[id, question] as const];
        })
        .sort(([, a], [, b]) => a.at - b.at);
    },
  };
}

function freshSession(updatedAt: number): Session {
  return { pin: null, system: null, firstTurn: 0, nextTurn: 0, startedAt: 0, updatedAt, answeredAt: null };
}
