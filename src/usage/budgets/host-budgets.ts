import { z } from "zod";
import type { Clock } from "../../base/clock.js";
import type { Store } from "../../store/store.js";
import type { HostBudget } from "./budget.js";

/** Since when the host's budgets are counted without a gap. */
export interface HostBudgets {
  countedFrom(budget: HostBudget): number;
  /** Takes that over from the store, and notes there what is set today. @throws {StoreError} */
  load(): Promise<void>;
}

const KEY = "host-budgets";
const hostRow = z.object({ countedFrom: z.record(z.string(), z.number()) });
const ATTEMPTS = 10;

const kindOf = ({ scope, per }: HostBudget) => `${scope}/${per}`;

export function createHostBudgets(deps: {
  readonly store: Store;
  readonly host: readonly HostBudget[];
  readonly clock: Pick<Clock, "now">;
}): HostBudgets {
  const { store, host, clock } = deps;
  let countedFrom: Readonly<Record<string, number>> = {};
  return {
    // Before anything was read, nothing is known of what was counted.
    countedFrom: (budget) => countedFrom[kindOf(budget)] ?? clock.now(),
    async load() {
      const kinds = [...new Set(host.map(kindOf))];
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const [before] = await store.values("counts").getMany([KEY]);
        const known = hostRow.safeParse(before).data?.countedFrom ?? {};
        // What is not set today is not counted, so that it starts at 0 once it is set again.
        countedFrom = Object.fromEntries(kinds.map((kind) => [kind, known[kind] ?? clock.now()]));
        const isSame = JSON.stringify(known) === JSON.stringify(countedFrom);
        if (isSame || (kinds.length === 0 && before === undefined)) return;
        if (await store.swap({ table: "counts", key: KEY, before, after: { countedFrom } }, [])) return;
      }
    },
  };
}
