import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../base/clock.js";
import type { Store } from "../store/store.js";
import { createDailyRows, type DailyQuery } from "./daily-rows.js";
import { KEPT_DAYS } from "./ledger.js";

/** What somebody thought of an answer. Holds no text. */
export interface Vote {
  /** When the answer came to its end, epoch ms. */
  readonly at: number;
  /** Key of the workspace in the settings: "discord:123". */
  readonly workspace: string;
  readonly platform: string;
  /** The platform's id of who voted. */
  readonly userId: string;
  /** The model that answered. */
  readonly provider: string;
  readonly model: string;
  readonly isGood: boolean;
}

export const voteRow = z.object({
  at: z.number(),
  workspace: z.string(),
  platform: z.string(),
  userId: z.string(),
  provider: z.string(),
  model: z.string(),
  isGood: z.boolean(),
});

/** One vote a person and answer, kept as long as the ledger's entries. */
export interface Votes {
  /**
   * Counts a vote on the answer that ended in a message, in place of an earlier one of the same person.
   * @throws {StoreError}
   */
  cast(
    vote: Vote,
    answer: { readonly conversation: string; readonly message: string },
  ): Promise<"new" | "changed" | "same">;
  /** Calls back with each of these votes, in any order. @throws {StoreError} */
  each(query: DailyQuery, visit: (vote: Vote) => void): Promise<void>;
  /** Erases the votes of all UTC days that ended at or before `before` (epoch ms), and tells how many. */
  erase(before: number): Promise<number>;
}

/** Characters of a hash by which no two votes of a day are taken for one. */
const ID_CHARS = 32;

export function createVotes({ store, clock }: { readonly store: Store; readonly clock: Clock }): Votes {
  const rows = store.values("votes");
  const { keyOf, each, erase } = createDailyRows({
    store,
    clock,
    table: "votes",
    schema: voteRow,
    keptDays: KEPT_DAYS,
  });
  return {
    async cast(vote, { conversation, message }) {
      // The answer's day, so that a changed vote finds the first one.
      const id = createHash("sha256")
        .update(JSON.stringify([conversation, message, vote.userId]))
        .digest("hex");
      const key = keyOf({ ...vote, id: id.slice(0, ID_CHARS) });
      const [before] = await rows.getMany([key]);
      await rows.set(key, vote);
      const known = voteRow.safeParse(before).data;
      return known === undefined ? "new" : known.isGood === vote.isGood ? "same" : "changed";
    },
    each,
    erase,
  };
}
