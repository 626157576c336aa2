import { z } from "zod";
import { BoundedMap } from "../../base/bounded-map.js";
import { createRowReader } from "../damage-report.js";
import { DamagedRowError, type Store, StoreError, type Swap, type Write } from "../store.js";
import type { Session, Turn } from "./session-types.js";

/** How the rows of conversations look; what reads them trusts them afterwards. */
const count = z.number().int().nonnegative();

const pinRow = z.object({ provider: z.string(), model: z.string(), at: z.number(), by: z.string().nullable() });

export const sessionRow = z.object({
  pin: pinRow.nullable(),
  system: z.string().nullable(),
  showsReasoning: z.boolean().exactOptional(),
  firstTurn: count,
  nextTurn: count,
  startedAt: z.number().default(0),
  updatedAt: z.number(),
  answeredAt: z.number().nullable(),
  noted: z.string().exactOptional(),
  pinNews: z.enum(["chosen", "default"]).exactOptional(),
  systemNews: z.string().exactOptional(),
  detour: z
    .object({
      provider: z.string(),
      model: z.string(),
      until: z.number(),
      isOpenEnded: z.literal(true).exactOptional(),
      window: z.string(),
      at: z.number(),
      by: z.string().nullable(),
      pinAt: z.number(),
    })
    .exactOptional(),
  quotaNotes: z
    .record(z.string(), z.object({ toldAt: z.number().exactOptional(), switchedUntil: z.number().exactOptional() }))
    .exactOptional(),
  triesPin: z.literal(true).exactOptional(),
});

export const endingRow = z.enum(["done", "limited", "stopped", "cut-off", "failed", "interrupted"]);

/** A number out of range costs itself, not the turn. */
const usageRow = z.preprocess(
  (usage) =>
    typeof usage === "object" && usage !== null
      ? Object.fromEntries(Object.entries(usage).filter(([, number]) => count.safeParse(number).success))
      : usage,
  z
    .object({
      inputTokens: z.exactOptional(count),
      outputTokens: z.exactOptional(count),
      cachedTokens: z.exactOptional(count),
    })
    .nullable(),
);

export const turnRow = z.object({
  question: z.object({
    message: z.string(),
    author: z.string(),
    authorId: z.string().exactOptional(),
    text: z.string(),
    sent: z.string().exactOptional(),
    at: z.number(),
  }),
  answer: z.string(),
  shownIn: z.string().exactOptional(),
  ending: endingRow,
  provider: z.string().nullable(),
  model: z.string().nullable(),
  usage: usageRow,
  endedAt: z.number(),
  compared: z.object({ number: count, thread: z.string().exactOptional() }).exactOptional(),
});

export const openQuestionRow = z.object({
  conversation: z.string(),
  message: z.unknown(),
  owner: z.string().default(""),
  authorId: z.string().exactOptional(),
  asked: z.object({ provider: z.string(), model: z.string(), inputTokens: count }).exactOptional(),
  answer: z.unknown(),
  author: z.string(),
  text: z.string(),
  at: z.number(),
  writtenAt: z.number().exactOptional(),
  ended: endingRow.nullable(),
  isStopAsked: z.literal(true).exactOptional(),
  compared: z
    .object({
      provider: z.string(),
      model: z.string(),
      number: count,
      at: z.unknown(),
      by: z.object({ id: z.string(), name: z.string() }),
    })
    .exactOptional(),
});

/** When a conversation was erased last. */
export const forgottenRow = z.object({ at: z.number() });

/** Digits enough that a conversation's turns sort as they were asked. */
export const TURN_DIGITS = 8;

/** Turns are read by their number, never by looking for them. */
export function turnKey(conversation: string, turn: number): string {
  return `${conversation}#${String(turn).padStart(TURN_DIGITS, "0")}`;
}

/** Between a conversation and the id of an answer that was given beside its history; no conversation's key holds it. */
const BESIDE = "~";

/** The id of a question whose answer is given beside the history of its conversation. */
export const comparedId = (conversation: string, answer: string): string => `${conversation}${BESIDE}${answer}`;

/** What the keys of all turns that were given beside a conversation's history begin with. */
export const comparedPrefix = (conversation: string): string => comparedId(conversation, "");

/** The conversation that a turn's key belongs to. */
export const conversationOfTurn = (key: string): string => key.slice(0, -TURN_DIGITS - 1).split(BESIDE)[0] ?? "";

/** @throws {DamagedRowError} when the row is not what it was stored as; only this conversation stands still then */
export function parsedRow<T>(schema: z.ZodType<T>, row: unknown, what: string): T {
  const result = schema.safeParse(row);
  if (result.success) return result.data;
  throw new DamagedRowError(what, result.error);
}

/** Where a turn goes, and what its conversation's record becomes with it. */
export function withTurn(session: Session, turn: Turn, replaces: number | undefined) {
  const isLast = replaces !== undefined && replaces === session.nextTurn - 1 && replaces >= session.firstTurn;
  const number = isLast ? replaces : session.nextTurn;
  const isLeftBehind = turn.question.at < session.startedAt;
  const firstTurn = isLeftBehind ? number + 1 : session.firstTurn;
  return { number, after: { ...session, firstTurn, nextTurn: number + 1, answeredAt: turn.endedAt } };
}

/** Replicas that change one record at the same moment get through one by one; people are never that many. */
const CHANGE_ATTEMPTS = 20;

/** Records that are kept in memory as they are stored; what is evicted is read again. */
const MAX_KNOWN = 1_000;

/** What becomes of a record, and what is written with it; without writes it stays as it is. */
export interface Step {
  readonly session: Session;
  readonly writes?: readonly Write[];
  /** Further rows that have to be as they were read. */
  readonly swaps?: readonly Swap[];
}

export interface Records {
  get(conversation: string): Promise<Session>;
  /** In the order of `conversations`. @throws {StoreError} */
  getMany(conversations: readonly string[]): Promise<readonly Session[]>;
  /** Whether the record as it was read or stored last is in memory. */
  isKnown(conversation: string): boolean;
  /**
   * Changes the record as it is stored now: first as it is known, and again where it was changed since then. A step
   * that changes nothing has seen the stored one. @throws {StoreError}
   */
  update(conversation: string, step: (before: Session) => Step | Promise<Step>): Promise<Session>;
  /**
   * Puts a fresh record in the place of a damaged one; its turns stay, and their numbers go on. @throws {StoreError}
   */
  replaceDamaged(conversation: string, at: number): Promise<Session>;
}

export function createRecords(store: Store, now: () => number): Records {
  const rows = store.values("sessions");
  const readSession = createRowReader(rows, sessionRow);
  const sessionOf = (conversation: string, row: unknown): Session => {
    const session = row === undefined ? freshSession(now()) : readSession(conversation, row);
    if (session === undefined) throw new DamagedRowError(`the session of ${conversation}`);
    return session;
  };
  /** Rows as they were read or stored last. A change that begins with an old one is refused by the store. */
  const known = new BoundedMap<string, unknown>(MAX_KNOWN);
  const noted = (conversation: string, row: unknown): unknown => {
    known.set(conversation, row);
    return row;
  };
  const read = async (conversation: string) => noted(conversation, await rows.get(conversation));
  return {
    get: async (conversation) => sessionOf(conversation, await read(conversation)),
    getMany: async (conversations) =>
      (await rows.getMany(conversations)).map((row, index) => {
        const conversation = conversations[index] ?? "";
        return sessionOf(conversation, noted(conversation, row));
      }),
    isKnown: (conversation) => known.has(conversation),
    async update(conversation, step) {
      let isFresh = !known.has(conversation);
      for (let attempt = 1; attempt <= CHANGE_ATTEMPTS; attempt++) {
        const before = isFresh ? await read(conversation) : known.get(conversation);
        const wasFresh = isFresh;
        isFresh = true;
        const { session, writes, swaps = [] } = await step(sessionOf(conversation, before));
        if (writes === undefined && wasFresh) return session;
        if (writes === undefined) continue;
        const swap: Swap = { table: "sessions", key: conversation, before, after: session };
        if (await store.swap([swap, ...swaps], writes)) {
          noted(conversation, session);
          return session;
        }
      }
      throw new StoreError(`the session of ${conversation} kept changing, giving up after several retries`);
    },
    async replaceDamaged(conversation, at) {
      const keys = (await store.values("turns").entries(`${conversation}#`)).map(([key]) => key);
      const next = keys.reduce((most, key) => Math.max(most, Number(key.slice(-TURN_DIGITS)) + 1), 0);
      const session = { ...freshSession(at), firstTurn: next, nextTurn: next, startedAt: at };
      await rows.set(conversation, session);
      noted(conversation, session);
      return session;
    },
  };
}

function freshSession(updatedAt: number): Session {
  return { pin: null, system: null, firstTurn: 0, nextTurn: 0, startedAt: 0, updatedAt, answeredAt: null };
}
