import { nextTurn } from "../../base/clock.js";
import { createSerial, type Serial } from "../../base/serial.js";
import { createRowReader } from "../damage-report.js";
import { DamagedRowError, type KeyValue, pagesOf, type Store, StoreError, type Swap, type Write } from "../store.js";
import { comparedCalls } from "./compared-answers.js";
import { eraseCalls } from "./erase-conversations.js";
import { createQuestions, questionCalls } from "./open-questions.js";
import { createRecords, type Records, sessionRow, TURN_DIGITS, turnKey, turnRow, withTurn } from "./session-rows.js";
import type { Asked, EndTerms, NumberedTurn, OpenQuestion, Session, Turn } from "./session-types.js";

export { comparedId } from "./session-rows.js";

export type { Asked, Detour, Ending, EndTerms, OpenQuestion, Pin, Session, Turn } from "./session-types.js";

/** All conversations, each a record and its turns. */
export interface Sessions {
  /** A fresh record where there is none. @throws {StoreError} */
  get(conversation: string): Promise<Session>;
  /**
   * Changes of one conversation's record are applied one after the other, also those of several replicas, and again
   * where one was slower; giving `before` back stores nothing. What `also` makes of the change is written in the same
   * step. @throws {StoreError} and then nothing is changed
   */
  change(
    conversation: string,
    change: (before: Session) => Session,
    also?: (before: Session, after: Session) => readonly Write[],
  ): Promise<Session>;
  /** Leaves all turns so far behind and keeps the pin; a damaged record is replaced. @throws {StoreError} */
  startOver(conversation: string): Promise<Session>;
  /** Reads at the same time what a turn begins with; `channel`: of a thread, where it begins. @throws {StoreError} */
  resume(conversation: string, terms: ResumeTerms): Promise<Resumed>;
  /** The newest `count` turns since `firstTurn`, oldest first. @throws {StoreError} */
  recentTurns(conversation: string, count: number): Promise<readonly Turn[]>;

  /** Stores a question once, and `also` with it: false for a repeated event, whose id is known. @throws {StoreError} */
  open(id: string, question: OpenQuestion, also?: readonly Write[]): Promise<boolean>;
  /** Gives an ended process's question to another: false where it is not `from`'s, or closed. @throws {StoreError} */
  adopt(id: string, from: string, owner: string): Promise<boolean>;
  /** Whether the question is stored and not closed. @throws {StoreError} */
  isOpen(id: string): Promise<boolean>;
  /** The question as it is stored now; undefined where it is closed or damaged. @throws {StoreError} */
  openQuestion(id: string): Promise<OpenQuestion | undefined>;
  /** Asks the process that answers this question to stop; nothing where it is closed. @throws {StoreError} */
  askToStop(id: string): Promise<void>;
  /** @throws {StoreError} */
  isAskedToStop(id: string): Promise<boolean>;
  /** Notes where the answer stands, and what was asked. @throws {StoreError} */
  noteAnswer(id: string, answer: unknown, asked?: Asked): Promise<void>;
  /** Notes that a question of this process was refused: after a kill only its mark is repeated. @throws {StoreError} */
  noteRefused(id: string): Promise<void>;
  /**
   * In one step: saves the turn, counts it in the session, notes the ending in the open question, and does what `also`
   * names. @throws {StoreError}
   */
  end(id: string, conversation: string, turn: Turn, also?: EndTerms): Promise<void>;
  /** The last turn since the last fresh start, and its number. @throws {StoreError} */
  lastTurn(conversation: string): Promise<NumberedTurn | undefined>;
  /** One of the newest 2,000 turns, by the message that its answer ends in, and its number. @throws {StoreError} */
  turnShownIn(conversation: string, message: string): Promise<NumberedTurn | undefined>;
  /** All turns that are kept, oldest first, those before the last fresh start too. @throws {StoreError} */
  allTurns(conversation: string): Promise<readonly NumberedTurn[]>;
  /** The last turns of a channel's threads that were answered in since `since` (epoch ms), newest first. */
  threadsOf(
    conversation: string,
    since: number,
  ): Promise<readonly { readonly conversation: string; readonly turn: Turn }[]>;
  /** Takes over a turn of another conversation as the first of a new one. @throws {StoreError} */
  take(conversation: string, turn: Turn): Promise<void>;

  /** One turn by its number; undefined where it is gone or damaged. @throws {StoreError} */
  turnAt(conversation: string, number: number): Promise<Turn | undefined>;
  /**
   * Like `end`, for an answer beside the history: the turn is kept under the id of its question. Where that was erased
   * meanwhile, only `also` is done. @throws {StoreError}
   */
  endCompared(id: string, turn: Turn, also?: Pick<EndTerms, "writes" | "settle">): Promise<void>;
  /** The newest `count` answers that were given beside a conversation's history, oldest first. @throws {StoreError} */
  comparedAnswers(
    conversation: string,
    count: number,
  ): Promise<readonly { readonly id: string; readonly turn: Turn }[]>;
  /**
   * Puts an answer that was given beside the history into it: in the place of the turn that answered the same question,
   * or else as the last one. Changes the session as `change` does, in the same step. @throws {StoreError}
   */
  choose(
    conversation: string,
    turn: Turn,
    change: (before: Session) => Session,
    also?: (before: Session, after: Session) => readonly Write[],
  ): Promise<void>;
  /**
   * Erases its record, turns and open questions, and writes `also` in the same step; resolves with how many turns there
   * were. @throws {StoreError}
   */
  forget(conversation: string, also?: readonly Write[]): Promise<number>;
  /**
   * When one of these conversations, people (`erasedPersonKey`) or answers (`erasedAnswerKey`) was last erased, by a
   * person or for its age, epoch ms; 0 where none was. Nothing from before may be used again, wherever it can still be
   * read. @throws {StoreError} also where the row is damaged
   */
  erasedAt(keys: readonly string[]): Promise<number>;
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
  /** Reads the questions that were not closed whose ids begin with `prefix`; default: all. @throws {StoreError} */
  openQuestions(prefix?: string): Promise<readonly (readonly [id: string, question: OpenQuestion])[]>;
}

export interface ResumeTerms {
  readonly channel?: string | undefined;
  /** How many of the newest turns are wanted. */
  readonly count: number;
}

export interface Resumed {
  readonly session: Session;
  readonly channel: Session | undefined;
  /** The newest turns of the conversation, oldest first. */
  readonly turns: readonly Turn[];
}

export interface SessionsDeps {
  readonly store: Store;
  readonly now: () => number;
}

const unchanged = (session: Session): Session => session;

export function createSessions({ store, now }: SessionsDeps): Sessions {
  const inOrder = createSerial();
  const records = createRecords(store, now);
  const questions = createQuestions(store);
  return {
    ...recordCalls(records, inOrder, now),
    ...turnCalls(store, records),
    ...questionCalls(store, inOrder, questions),
    end: (id, conversation, turn, { replaces, change = unchanged, writes = [], settle } = {}) =>
      inOrder(`session ${conversation}`, async () => {
        // Usually both rows are known since the turn began, and nothing has to be read.
        let isKnown = records.isKnown(conversation) && questions.known(id) !== undefined;
        await records.update(conversation, async (session) => {
          const open = await questions.stored(id, isKnown);
          isKnown = false; // the next attempt finds out what the first one did not know
          if (open !== undefined && open.question.ended !== null) return { session };
          const { number, after } = withTurn(change(session), turn, replaces);
          const saved: Write = { table: "turns", key: turnKey(conversation, number), value: turn };
          // As it was read, so that of two processes that end it one does.
          const ended: readonly Swap[] =
            open === undefined
              ? []
              : [{ table: "open", key: id, before: open.row, after: { ...open.question, ended: turn.ending } }];
          const settled = (await settle?.(open !== undefined)) ?? [];
          return {
            session: { ...after, updatedAt: now() },
            writes: [saved, ...writes],
            swaps: [...ended, ...settled],
          };
        });
        questions.forget(id);
      }),
    take: (conversation, turn) =>
      inOrder(`session ${conversation}`, async () => {
        await records.update(conversation, (before) => ({
          session: { ...before, nextTurn: before.nextTurn + 1, updatedAt: now() },
          writes: [{ table: "turns", key: turnKey(conversation, before.nextTurn), value: turn }],
        }));
      }),
    ...comparedCalls(store, inOrder, { records, questions, now }),
    ...eraseCalls(store, inOrder, now),
  };
}

type RecordCalls = Pick<Sessions, "get" | "change" | "startOver">;

function recordCalls(records: Records, inOrder: Serial, now: () => number): RecordCalls {
  return {
    get: records.get,
    change: (conversation, change, also = () => []) =>
      inOrder(`session ${conversation}`, () =>
        records.update(conversation, (before) => {
          const after = change(before);
          if (after === before) return { session: before };
          return { session: { ...after, updatedAt: now() }, writes: also(before, after) };
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

type TurnCalls = Pick<Sessions, "resume" | "recentTurns" | "lastTurn" | "turnShownIn" | "allTurns" | "threadsOf">;

/** Checking so many turns takes about a millisecond. */
const TURNS_AT_ONCE = 100;
/** Older answers than these 2,000 are not looked for. */
const SEARCHED_PAGES = 20;
/** A channel has more threads than anybody chooses from. */
const MAX_THREADS = 25;

function turnCalls(store: Store, { get, getMany }: Records): TurnCalls {
  const turns = store.values("turns");
  const readTurn = createRowReader(turns, turnRow);
  const resume = async (conversation: string, { channel, count }: ResumeTerms): Promise<Resumed> => {
    const prefix = `${conversation}#`;
    const [[session, above], page] = await Promise.all([
      getMany(channel === undefined ? [conversation] : [conversation, channel]),
      turns.page(prefix, { limit: Math.max(count, 1) }),
    ]);
    if (session === undefined) throw new StoreError(`the session of ${conversation} was not read`);
    const from = Math.max(session.firstTurn, session.nextTurn - Math.max(count, 0));
    const recent = page.entries.filter(([key]) => {
      const number = Number(key.slice(prefix.length));
      return number >= from && number < session.nextTurn;
    });
    // A conversation goes on without a turn that is damaged.
    return { session, channel: above, turns: recent.flatMap(([key, row]) => readTurn(key, row) ?? []) };
  };
  return {
    resume,
    recentTurns: async (conversation, count) => (await resume(conversation, { count })).turns,
    async lastTurn(conversation) {
      const { firstTurn, nextTurn } = await get(conversation);
      if (nextTurn <= firstTurn) return undefined;
      const key = turnKey(conversation, nextTurn - 1);
      const turn = readTurn(key, (await turns.getMany([key]))[0]);
      return turn && { number: nextTurn - 1, turn };
    },
    turnShownIn: (conversation, message) => findTurn(turns, readTurn, { conversation, message }),
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
      const pages: NumberedTurn[][] = [];
      for await (const page of pagesOf(turns, `${conversation}#`, TURNS_AT_ONCE)) {
        pages.push(
          page.flatMap(([key, row]) => {
            const turn = readTurn(key, row);
            return turn === undefined ? [] : [{ number: Number(key.slice(-TURN_DIGITS)), turn }];
          }),
        );
        await nextTurn();
      }
      return pages.reverse().flat();
    },
  };
}

/** Looks for a turn by the message that its answer ends in, the newest first. @throws {StoreError} */
async function findTurn(
  turns: KeyValue,
  readTurn: (key: string, row: unknown) => Turn | undefined,
  { conversation, message }: { readonly conversation: string; readonly message: string },
) {
  let pagesLeft = SEARCHED_PAGES;
  for await (const page of pagesOf(turns, `${conversation}#`, TURNS_AT_ONCE)) {
    for (const [key, row] of page) {
      const turn = readTurn(key, row);
      if (turn?.shownIn === message) return { number: Number(key.slice(-TURN_DIGITS)), turn };
    }
    pagesLeft -= 1;
    if (pagesLeft === 0) return undefined;
    await nextTurn();
  }
  return undefined;
}
