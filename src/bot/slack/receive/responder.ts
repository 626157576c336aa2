import type { Reply } from "../../../commands/command.js";

/** Shows one reply; `isFirst` where nothing of this call is shown yet. */
export type Show = (reply: Reply, isFirst: boolean) => Promise<void>;

export interface RespondTerms {
  readonly show: Show;
  /** How many replies may be shown at most; the last one always is. */
  readonly mostReplies: number;
  onError(error: unknown): void;
}

/** A response_url takes five uses in 30 minutes; one is kept for another try. */
export const MOST_RESPONSES = 4;

/** Shows a command's replies, of which each replaces the last: the first ones as they come, and the last in any case. */
export async function respond(
  replies: AsyncIterable<Reply>,
  { show, mostReplies, onError }: RespondTerms,
): Promise<void> {
  let shown = 0;
  let waiting: Reply | undefined;
  const showNow = async (reply: Reply) => {
    await show(reply, shown === 0);
    shown += 1;
    waiting = undefined;
  };
  for await (const reply of replies) {
    waiting = reply;
    if (shown < mostReplies - 1) await showNow(reply).catch(onError);
  }
  if (waiting === undefined) return;
  const last = waiting;
  await showNow(last).catch(() => showNow(last).catch(onError));
}
