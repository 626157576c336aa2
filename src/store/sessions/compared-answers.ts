import type { Serial } from "../../base/serial.js";
import { createRowReader } from "../damage-report.js";
import { type Store, StoreError, type Write } from "../store.js";
import type { Questions } from "./open-questions.js";
import {
  comparedPrefix,
  openQuestionRow,
  type Records,
  TURN_DIGITS,
  turnKey,
  turnRow,
  withTurn,
} from "./session-rows.js";
import type { EndTerms, Session, Turn } from "./session-types.js";

/** A stop that another process asks for changes the stored question at most once, but others count at the same time. */
const END_ATTEMPTS = 50;

/** What is stored in the step of an end. */
type EndsWith = Pick<EndTerms, "writes" | "settle">;

/** The calls of answers that are given beside a conversation's history, each a turn under its question's own id. */
export function comparedCalls(
  store: Store,
  inOrder: Serial,
  { records, questions, now }: { readonly records: Records; readonly questions: Questions; readonly now: () => number },
) {
  const turns = store.values("turns");
  const readTurn = createRowReader(turns, turnRow);
  const turnAt = async (conversation: string, number: number): Promise<Turn | undefined> => {
    const key = turnKey(conversation, number);
    return readTurn(key, (await turns.getMany([key]))[0]);
  };
  const numberOf = async (conversation: string, { nextTurn }: Session, turn: Turn): Promise<number | undefined> => {
    for (const number of [turn.compared?.number, nextTurn - 1]) {
      if (number === undefined || number < 0 || number >= nextTurn) continue;
      const there = await turnAt(conversation, number);
      if (there?.question.message === turn.question.message) return number;
    }
    return undefined;
  };
  return {
    turnAt,
    endCompared: (id: string, turn: Turn, also: EndsWith = {}) =>
      inOrder(`question ${id}`, () => endCompared(store, id, turn, also)).then(() => questions.forget(id)),
    async comparedAnswers(conversation: string, count: number) {
      const { entries } = await turns.page(comparedPrefix(conversation), { limit: count });
      return entries.flatMap(([key, row]) => {
        const turn = readTurn(key, row);
        return turn === undefined ? [] : [{ id: key.slice(0, -TURN_DIGITS - 1), turn }];
      });
    },
    choose: (
      conversation: string,
      turn: Turn,
      change: (before: Session) => Session,
      also: (before: Session, after: Session) => readonly Write[] = () => [],
    ) =>
      inOrder(`session ${conversation}`, async () => {
        await records.update(conversation, async (before) => {
          const replaced = await numberOf(conversation, before, turn);
          const changed = change(before);
          const { number, after } =
            replaced === undefined ? withTurn(changed, turn, undefined) : { number: replaced, after: changed };
          const write: Write = { table: "turns", key: turnKey(conversation, number), value: turn };
          return { session: { ...after, updatedAt: now() }, writes: [write, ...also(before, changed)] };
        });
      }),
  };
}

/** Keeps the turn in the step that notes the ending, so that nothing of an erased question comes back. */
async function endCompared(store: Store, id: string, turn: Turn, { writes = [], settle }: EndsWith): Promise<void> {
  for (let attempt = 1; attempt <= END_ATTEMPTS; attempt++) {
    const before = await store.values("open").get(id);
    const question = openQuestionRow.safeParse(before).data;
    if (question !== undefined && question.ended !== null) return;
    const settled = (await settle?.(question !== undefined)) ?? [];
    if (question === undefined) {
      if (await store.swap(settled, writes)) return;
      continue;
    }
    const kept: Write = { table: "turns", key: turnKey(id, 0), value: turn };
    const after = { ...question, ended: turn.ending };
    if (await store.swap([{ table: "open", key: id, before, after }, ...settled], [kept, ...writes])) return;
  }
  throw new StoreError(`the question ${id} kept changing, giving up after several retries`);
}
