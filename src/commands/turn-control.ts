import type { ModelRef } from "../refresh/choose/default-model.js";
import type { Invocation } from "./command.js";

/** What became of asking again; "refused" with what the person reads. */
export type RetryOutcome =
  | { readonly kind: "started" | "waiting" | "already" | "nothing-asked" | "not-last" | "not-yours" }
  | { readonly kind: "refused"; readonly why: string };

/** What commands may do to answers that are on their way; the bot's chat does it. */
export interface TurnControl {
  /**
   * Stops the answer that streams in a conversation, keeping what there is; "not-yours" unless its asker or an operator
   * asks. @throws {StoreError} where another process may be answering
   */
  stop(
    conversation: string,
    by: { readonly id: string; readonly isOperator: boolean },
  ): Promise<"stopped" | "nothing-runs" | "not-yours">;
  /**
   * Answers the last question of a conversation again, perhaps with another model. Resolves once that is stored.
   * @throws {StoreError}
   */
  retry(invocation: Invocation, model?: ModelRef): Promise<RetryOutcome>;
  /**
   * Begins a thread below the message whose control was pressed, or below the last answer: a conversation of its own that
   * goes on from there. Resolves with how the platform names the thread. @throws {UserError} where there are none
   */
  openThread(invocation: Invocation): Promise<string>;
  /** Stops what runs and erases the conversation; resolves with how many turns it had. @throws {UserError} while another replica answers there @throws {StoreError} */
  forget(conversation: string): Promise<number>;
}
