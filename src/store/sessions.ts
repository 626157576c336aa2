import type { ProviderId, Usage } from "../providers/provider.js";

/** A conversation's model: nothing but a person moves it. */
export interface Pin {
  readonly provider: ProviderId;
  readonly model: string;
  readonly at: number;
  /** Name of the person who chose it; null: the default in force at the first message. */
  readonly by: string | null;
}

/** The record of a conversation; its turns are rows of their own. */
export interface Session {
  readonly pin: Pin | null;
  /** Own system prompt; null: the host's. */
  readonly system: string | null;
  /** Turns from here on are sent; `/chat new` moves it up. */
  readonly firstTurn: number;
  readonly nextTurn: number;
  readonly updatedAt: number;
  /** End of the last turn; null where there was none. */
  readonly answeredAt: number | null;
}

export type Ending = "done" | "stopped" | "cut-off" | "failed" | "interrupted";

export interface Turn {
  readonly question: { readonly message: string; readonly author: string; readonly text: string; readonly at: number };
  /** What was shown; empty where it failed before any text. */
  readonly answer: string;
  readonly ending: Ending;
  readonly provider: ProviderId | null;
  readonly model: string | null;
  readonly usage: Usage | null;
  readonly endedAt: number;
}

/** A question that has no end yet: what the next start finds after a kill. */
export interface OpenQuestion {
  readonly conversation: string;
  /** Where the question stands, as the platform's message key. */
  readonly message: unknown;
  /** Where the answer stands, once it has begun. */
  readonly answer: unknown | null;
  readonly author: string;
  readonly text: string;
  readonly at: number;
  /** How its turn ended, once that is saved: only the end mark may be missing then. */
  readonly ended: Ending | null;
}

export interface Sessions {
  /** A fresh record where there is none. @throws {StoreError} */
  get(conversation: string): Promise<Session>;
  /** Changes of one conversation's record are applied one after the other. @throws {StoreError} and then nothing is changed */
  change(conversation: string, change: (before: Session) => Session): Promise<Session>;
  /** The newest `count` turns since `firstTurn`, oldest first. @throws {StoreError} */
  recentTurns(conversation: string, count: number): Promise<readonly Turn[]>;

  /**
   * Stores a question, once: false when a question with this id was stored before (a repeated event).
   * @throws {StoreError}
   */
  open(id: string, question: OpenQuestion): Promise<boolean>;
  /** Notes where the answer stands. @throws {StoreError} */
  noteAnswer(id: string, answer: unknown): Promise<void>;
  /** In one step: saves the turn, counts it in the session, and notes the ending in the open question. @throws {StoreError} */
  end(id: string, conversation: string, turn: Turn): Promise<void>;
  /** The end mark is on the question: nothing is left to do for it. @throws {StoreError} */
  close(id: string): Promise<void>;
  /** All questions that were not closed. @throws {StoreError} */
  openQuestions(): Promise<readonly (readonly [id: string, question: OpenQuestion])[]>;
}
