import type { Clock } from "../../base/clock.js";
import type { Catalog } from "../catalog/catalog.js";
import { withRefusal } from "../catalog/refused-models.js";
import type { ModelRef } from "../choose/default-model.js";
import type { Refresher } from "../refresher.js";

export interface UsesDeps {
  readonly catalog: Catalog;
  readonly clock: Pick<Clock, "now">;
  readonly nudge: Refresher["nudge"];
}

/** So many are offered before all others. */
const MOST_RECENT = 10;

/** Learns from how using models goes: which ones are refused, that a provider answers again, and what people use. */
export function createUses({ catalog, clock, nudge }: UsesDeps): Pick<Refresher, "noteUse" | "recentlyUsed"> {
  let recent: readonly ModelRef[] = [];

  const noteUse: Refresher["noteUse"] = ({ provider, model, failure }) => {
    const entry = catalog.snapshot().providers.get(provider);
    // A pin may name a provider that is configured no more.
    if (entry === undefined) return;
    if (failure !== undefined) {
      const refused = withRefusal(entry.refused, { model, as: failure, at: clock.now() });
      catalog.amend(provider, { ...entry, refused });
      if (failure === "unknown-model") nudge("unknown-model", [provider]);
      return;
    }
    const others = recent.filter((one) => one.provider !== provider || one.model !== model);
    recent = [{ provider, model }, ...others].slice(0, MOST_RECENT);
    const refused = entry.refused?.filter((row) => row.model !== model);
    if (refused?.length !== entry.refused?.length) catalog.amend(provider, { ...entry, refused: refused ?? [] });
    if (entry.consecutiveFailures > 0) nudge("recovery", [provider]);
  };
  return { noteUse, recentlyUsed: () => recent };
}
