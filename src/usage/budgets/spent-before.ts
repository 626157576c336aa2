import type { Clock } from "../../base/clock.js";
import { createLookupCache } from "../../base/lookup-cache.js";
import type { Ledger, UsageEntry } from "../ledger.js";
import { NOTHING_SPENT, type Spent, withEntry } from "./account.js";
import { ALL_WORKSPACES, personAccount } from "./budget.js";

/** What was used of an account from `from` (epoch ms) on, as the ledger tells. @throws {StoreError} */
export type SpentBefore = (account: string, workspace: string, from: number) => Promise<Spent>;

/** People who ask at the same moment share a reading of the ledger. */
const FRESH_MS = 2_000;
const WAIT_MS = 20_000;

/** Adds up what was used before a budget was set, in one pass for all accounts of a workspace. */
export function createSpentBefore({
  ledger,
  clock,
}: {
  readonly ledger: Pick<Ledger, "each">;
  readonly clock: Clock;
}): SpentBefore {
  const sums = createLookupCache(
    async (key) => {
      const [from = "", workspace = ALL_WORKSPACES] = key.split(" ");
      const spent = new Map<string, Spent>();
      const of = workspace === ALL_WORKSPACES ? {} : { workspace };
      // An answer bears the time of its question, and another replica's clock may be ahead.
      await ledger.each({ ...of, from: Number(from), to: Number.POSITIVE_INFINITY }, (entry) => {
        for (const account of accountsOf(entry))
          spent.set(account, withEntry(spent.get(account) ?? NOTHING_SPENT, entry));
      });
      return spent;
    },
    { clock, what: "the ledger", freshMs: FRESH_MS, waitMs: WAIT_MS },
  );
  return async (account, workspace, from) => (await sums.get(`${from} ${workspace}`)).get(account) ?? NOTHING_SPENT;
}

/** Every account that an entry counts in. */
const accountsOf = ({ id, platform, workspace, user }: UsageEntry): readonly string[] => [
  personAccount(workspace, platform, user.id),
  personAccount(ALL_WORKSPACES, platform, user.id),
  // A question's id begins with its channel: platform, workspace, channel; "~" follows where it was compared.
  `channel/${id.split(/[:~]/, 3).join(":")}`,
  `workspace/${workspace}`,
];
