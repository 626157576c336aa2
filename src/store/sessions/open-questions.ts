import { BoundedMap } from "../../base/bounded-map.js";
import type { Serial } from "../../base/serial.js";
import { createRowReader } from "../damage-report.js";
import type { Store, Write } from "../store.js";
import { openQuestionRow, parsedRow } from "./session-rows.js";
import type { Asked, OpenQuestion } from "./session-types.js";

/** A repeated event comes within minutes; an hour is far past the last retry of any platform. */
const QUESTION_ONCE_MS = 3_600_000;

/** Questions that are kept in memory as they are stored; what is evicted is read again. */
const MAX_KNOWN = 1_000;

/** The open questions of this process as they are stored, so that they need not be read again. */
export interface Questions {
  known(id: string): OpenQuestion | undefined;
  note(id: string, question: OpenQuestion): void;
  forget(id: string): void;
  /** Undefined where it is closed or damaged. @throws {StoreError} */
  read(id: string): Promise<OpenQuestion | undefined>;
  /** Reads it with its row, or gives both as they were stored last where it `isKnown`. @throws {StoreError} */
  stored(id: string, isKnown: boolean): Promise<{ readonly row: unknown; readonly question: OpenQuestion } | undefined>;
}

export function createQuestions(store: Store): Questions {
  const known = new BoundedMap<string, OpenQuestion>(MAX_KNOWN);
  const stored: Questions["stored"] = async (id, isKnown) => {
    const row = isKnown ? known.get(id) : (await store.values("open").getMany([id]))[0];
    const question = isKnown ? known.get(id) : openQuestionRow.safeParse(row).data;
    return question && { row, question };
  };
  return {
    known: (id) => known.get(id),
    note: (id, question) => void known.set(id, question),
    forget: (id) => void known.delete(id),
    read: async (id) => (await stored(id, false))?.question,
    stored,
  };
}

/** The calls of open questions. */
export function questionCalls(store: Store, inOrder: Serial, kept: Questions) {
  const questions = store.values("open");
  const readQuestion = createRowReader(questions, openQuestionRow);
  return {
    async open(id: string, question: OpenQuestion, also: readonly Write[] = []) {
      const writes: readonly Write[] = [{ table: "open", key: id, value: question }, ...also];
      const isFirst = await store.writeOnce(`question:${id}`, QUESTION_ONCE_MS, writes);
      if (isFirst) kept.note(id, question);
      return isFirst;
    },
    adopt: createAdopt(store, inOrder, kept),
    isOpen: async (id: string) => (await questions.getMany([id]))[0] !== undefined,
    openQuestion: kept.read,
    askToStop: (id: string) =>
      inOrder(`question ${id}`, async () => {
        const row = await questions.get(id);
        if (row === undefined) return;
        const after = { ...parsedRow(openQuestionRow, row, `the question ${id}`), isStopAsked: true };
        await store.swap({ table: "open", key: id, before: row, after }, []);
      }),
    async isAskedToStop(id: string) {
      const [row] = await questions.getMany([id]);
      return openQuestionRow.safeParse(row).data?.isStopAsked ?? false;
    },
    noteAnswer(id: string, answer: unknown, asked?: Asked) {
      const noted = (question: OpenQuestion) => ({ ...question, answer, ...(asked && { asked }) });
      const before = kept.known(id);
      // At once, so that an ending that overtakes this write stores it too.
      if (before !== undefined) kept.note(id, noted(before));
      return inOrder(`question ${id}`, async () => {
        const change = async (row: unknown, question: OpenQuestion) =>
          store.swap({ table: "open", key: id, before: row, after: noted(question) }, []);
        if (before !== undefined && (await change(before, before))) return;
        // Ended or stopped meanwhile, or closed: stored again, the next start would find a question with its answer.
        const row = await questions.get(id);
        if (row !== undefined) await change(row, parsedRow(openQuestionRow, row, `the question ${id}`));
      });
    },
    noteRefused: createNoteRefused(store, inOrder, kept),
    close: (id: string, write: (writes: readonly Write[]) => Promise<void> = store.write) =>
      inOrder(`question ${id}`, async () => {
        kept.forget(id);
        await write([{ table: "open", key: id, value: undefined }]);
      }),
    async openQuestions(prefix?: string) {
      const rows = await questions.entries(prefix);
      return rows
        .flatMap(([id, row]) => {
          const question = readQuestion(id, row);
          return question === undefined ? [] : [[id, question] as const];
        })
        .sort(([, a], [, b]) => a.at - b.at);
    },
  };
}

const createAdopt =
  (store: Store, inOrder: Serial, kept: Questions) =>
  (id: string, from: string, owner: string): Promise<boolean> =>
    inOrder(`question ${id}`, async () => {
      const row = await store.values("open").get(id);
      const question = openQuestionRow.safeParse(row).data;
      if (question === undefined || question.owner !== from) return false;
      const after = { ...question, owner };
      const isOurs = await store.swap({ table: "open", key: id, before: row, after }, []);
      if (isOurs) kept.note(id, after);
      return isOurs;
    });

const createNoteRefused =
  (store: Store, inOrder: Serial, kept: Questions) =>
  (id: string): Promise<void> =>
    inOrder(`question ${id}`, async () => {
      const before = kept.known(id);
      if (before === undefined) return;
      const after: OpenQuestion = { ...before, ended: "failed" };
      if (await store.swap({ table: "open", key: id, before, after }, [])) kept.note(id, after);
    });
