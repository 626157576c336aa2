/** What commands may do to the status message; the bot's board does it. */
export interface BoardControl {
  /**
   * Posts the status message into the conversation's channel and keeps it current from then on; one that stood there
   * before is let go.
   * @throws {UserError} when it cannot be posted there @throws {StoreError} when it could not be remembered
   */
  post(conversation: string): Promise<{
    readonly hasMoved: boolean;
    /** False where reactions could not be put under it. */
    readonly hasReactions: boolean;
  }>;
}
