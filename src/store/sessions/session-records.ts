import { BoundedMap } from "../../base/bounded-map.js";
import { createRowReader } from "../damage-report.js";
import type { Store, Swap, Write } from "../store.js";
import { DamagedRowError, StoreError } from "../store-error.js";
import { sessionRow, TURN_DIGITS } from "./session-rows.js";
import type { Session } from "./session-types.js";

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
