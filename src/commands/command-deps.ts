import type { Clock } from "../base/clock.js";
import type { Languages } from "../languages/languages.js";
import type { Quota } from "../quota/quota.js";
import type { AllowedModels } from "../refresh/choose/allowed-models.js";
import type { Preference } from "../refresh/choose/default-model.js";
import type { ModelRef } from "../refresh/choose/model-ref.js";
import type { Refresher } from "../refresh/refresher.js";
import type { Settings } from "../refresh/settings.js";
import type { WatchRows } from "../refresh/watch/watch-rows.js";
import type { Audit } from "../store/audit.js";
import type { Session, Sessions } from "../store/sessions/sessions.js";
import type { Write } from "../store/store.js";
import type { Budgets } from "../usage/budgets/budgets.js";
import type { ChartPainter } from "../usage/chart/chart-painter.js";
import type { Ledger } from "../usage/ledger.js";
import type { FindModelFacts } from "../usage/model-facts.js";
import type { MessageLimitTerms } from "../usage/question-limits.js";
import type { Votes } from "../usage/votes.js";
import type { Control, Invocation } from "./command.js";

/** What commands are made of. */
export interface CommandDeps {
  readonly refresher: Refresher;
  readonly settings: Settings;
  readonly languages: Languages;
  /** Which models each workspace may use. */
  readonly allowed: AllowedModels;
  readonly sessions: Sessions;
  readonly watches: Pick<WatchRows, "channel" | "change">;
  readonly modelFacts: FindModelFacts;
  readonly ledger: Pick<Ledger, "each">;
  readonly votes: Pick<Votes, "each">;
  readonly quota: Pick<Quota, "states" | "ofModel">;
  readonly budgets: Pick<Budgets, "host" | "limitsFor" | "states" | "statesIn">;
  readonly charts: ChartPainter;
  readonly audit: Audit;
  readonly turns: TurnControl;
  readonly board: BoardControl;
  readonly personalData: PersonalData;
  /** The configured providers, in the order of the registry. */
  readonly setups: readonly Preference[];
  readonly host: {
    /** From `DEFAULT_MODEL`. */
    readonly defaultModel?: ModelRef | undefined;
    readonly limits: MessageLimitTerms;
    /** Days that a conversation is kept after its last use; 0: for good. */
    readonly retentionDays: number;
    /** Days that an entry of usage is kept. */
    readonly usageDays: number;
    /** Days that a change stays in the record. */
    readonly auditDays: number;
  };
  /** Why somebody may not chat there, as they read it; undefined where they may. Never rejects. */
  chatRefusal(invocation: Invocation): Promise<string | undefined>;
  /** Whether somebody may see amounts of the host's accounts: whom the host names, and who is at its own machine. */
  isHostOperator(invocation: Pick<Invocation, "platform" | "user">): boolean;
  /** Channels of a workspace that are pinned to models which are gone or retire within 30 days, from memory. */
  affectedPins(workspace: string): readonly AffectedPins[];
  /** What is not right with a chat platform, each with its fix. */
  faults(): readonly string[];
  /** Makes the doctor's checks; a line each, as soon as it is done: "✓ …", "✗ …" or "⚠️ …". Never throws. */
  checks(): AsyncIterable<string>;
  readonly clock: Clock;
}

/** What the store holds about a person, in numbers. */
export interface PersonSummary {
  readonly questions: number;
  readonly conversations: number;
  readonly usageEntries: number;
  /** Conversations whose model or system prompt the person chose, and channels that they let watch, by their name. */
  readonly choices: number;
  /** On answers. */
  readonly votes: number;
  /** Changes in the record. */
  readonly changes: number;
  /** Periods of budgets that count their use under their name. */
  readonly budgets: number;
}

export type ErasedPerson = Pick<PersonSummary, "questions" | "usageEntries">;

/** Somebody as one platform knows them. */
export interface KnownPerson {
  /** "discord", "slack" or "playground". */
  readonly platform: string;
  /** The platform's id of the person. */
  readonly id: string;
  /** The person's current name. */
  readonly name?: string;
}

/** What people may do with what is kept about them. */
export interface PersonalData {
  /** @throws {StoreError} */
  summary(person: KnownPerson): Promise<PersonSummary>;
  /** All of it as JSON. @throws {StoreError} */
  export(person: KnownPerson): Promise<Uint8Array>;
  /**
   * Erases their questions with the answers, and their name; numbers stay. What was posted is replaced behind it, and
   * nothing of theirs from before is read from a platform again. `also` is written in the first step.
   * @throws {UserError} while a question of theirs is answered @throws {StoreError} and then some of it may be left
   */
  erase(person: KnownPerson, also?: readonly Write[]): Promise<ErasedPerson>;
}

/** How many channels are pinned to a model ("provider/model") that is gone or retires. */
export interface AffectedPins {
  readonly model: string;
  readonly channels: number;
  /** Unset where it is no longer listed. */
  readonly retiresAt?: number | undefined;
  /** "provider/model"; undefined where nothing takes its place. */
  readonly successor?: string | undefined;
}

/** What commands may do to the status message; the bot's board does it. */
export interface BoardControl {
  /**
   * Posts the status message into the conversation's channel and keeps it current from then on; one that stood there
   * before is let go. `also` is written in one step with where it stands.
   * @throws {UserError} when it cannot be posted there @throws {StoreError} when it could not be remembered
   */
  post(
    conversation: string,
    also?: readonly Write[],
  ): Promise<{
    readonly hasMoved: boolean;
    /** False where reactions could not be put under it. */
    readonly hasReactions: boolean;
  }>;
}

/** What became of asking again; "refused" with what the person reads. */
export type RetryOutcome =
  | { readonly kind: "started" | "waiting" | "already" | "nothing-asked" | "not-last" | "not-yours" }
  | { readonly kind: "refused"; readonly why: string };

/** What became of a comparison; "already": one is being answered. */
export type CompareOutcome =
  | {
      readonly kind: "started";
      /** Which of them answer. */
      readonly models: readonly ModelRef[];
      /** To the thread, in Markdown; undefined where they answer in the place itself. */
      readonly link: string | undefined;
      /** Why the others do not. */
      readonly fault: string | undefined;
    }
  | { readonly kind: "already" | "nothing-asked" }
  | { readonly kind: "refused"; readonly why: string };

export interface ChosenAnswer {
  readonly model: ModelRef;
  /** False where it was chosen before: nothing has changed. */
  readonly isNew: boolean;
  /** Whether its question was asked before a fresh start, so that it is not sent any more. */
  readonly isLeftBehind: boolean;
}
/**
 * What became of a vote on an answer: the model that it counts for ("provider/model"), and controls that have the
 * question answered again; or that votes are off, or that nobody knows the answer any more.
 */
export type RatingOutcome =
  | {
      readonly kind: "counted";
      /** Whether the person had voted on this answer before. */
      readonly how: "new" | "changed" | "same";
      readonly model: string;
      readonly instead: readonly Control[];
    }
  | { readonly kind: "off" | "unknown" };

/** What commands may do to answers that are on their way; the bot's chat does it. */
export interface TurnControl {
  /**
   * Stops the answers that stream in a conversation, keeping what there is, or one compared `answer` by its id;
   * "not-yours" unless its asker or an operator asks. @throws {StoreError} where another process may be answering
   */
  stop(
    conversation: string,
    by: { readonly id: string; readonly isOperator: boolean },
    answer?: string,
  ): Promise<"stopped" | "nothing-runs" | "not-yours">;
  /**
   * Answers the last question of a conversation again, perhaps with another model. Resolves once that is stored.
   * @throws {StoreError}
   */
  retry(invocation: Invocation, model?: ModelRef): Promise<RetryOutcome>;
  /** Counts what somebody thinks of an answer. @throws {StoreError} */
  rate(invocation: Invocation, isGood: boolean): Promise<RatingOutcome>;
  /**
   * Has the last question of a conversation answered by other models too, in a thread where the platform has threads.
   * Resolves once their questions are stored. @throws {StoreError}
   */
  compare(invocation: Invocation, models: readonly ModelRef[]): Promise<CompareOutcome>;
  /**
   * Pins the model of a compared answer, by its id or its model, and has the history go on from it; writes in the same
   * step what `also` makes of that.
   * @throws {UserError} where there is no such answer, or its model may not be used @throws {StoreError}
   */
  choose(
    invocation: Invocation,
    answer: string,
    also?: (before: Session, after: Session) => readonly Write[],
  ): Promise<ChosenAnswer>;
  /**
   * Begins a thread below the message whose control was pressed, or below the last answer: a conversation of its own
   * that goes on from there. Resolves with how the platform names the thread.
   * @throws {UserError} where there are none
   */
  openThread(invocation: Invocation): Promise<string>;
  /**
   * Stops what runs and erases the conversation, and writes `also` in the same step; resolves with how many turns it
   * had.
   * @throws {UserError} while another replica answers there
   * @throws {StoreError}
   */
  forget(conversation: string, also?: readonly Write[]): Promise<number>;
}
