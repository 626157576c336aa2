/** What commands may do to answers that are on their way; the bot's chat does it. */
export interface TurnControl {
  /** Stops the answer that streams in a conversation, keeping what there is; "not-yours" unless its asker or an operator asks. */
  stop(
    conversation: string,
    by: { readonly id: string; readonly isOperator: boolean },
  ): "stopped" | "nothing-runs" | "not-yours";
}
