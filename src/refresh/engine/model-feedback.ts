import { BoundedMap } from "../../base/bounded-map.js";
import type { Clock } from "../../base/clock.js";
import type { Catalog } from "../catalog/catalog.js";
import { withRefusal } from "../catalog/next-entry.js";
import type { ModelRef } from "../choose/model-ref.js";
import type { Refresher } from "../refresher.js";

export interface ModelFeedbackDeps {
  readonly catalog: Catalog;
  readonly clock: Pick<Clock, "now">;
  readonly nudge: Refresher["nudge"];
}

/** How many recently used models are offered before all others. */
const MAX_RECENT = 10;
const MAX_WORKSPACES = 10_000;

/** Learns from answers and failures: which models are refused, that a provider answers again, and what people use. */
export function createModelFeedback(deps: ModelFeedbackDeps): Pick<Refresher, "noteUse" | "recentlyUsed"> {
  const { catalog, clock, nudge } = deps;
  /** By workspace: what is used in one is nothing for others to see. */
  const recent = new BoundedMap<string, readonly ModelRef[]>(MAX_WORKSPACES);

  const noteRecent = (workspace: string, used: ModelRef) => {
    const before = recent.get(workspace) ?? [];
    const others = before.filter(({ provider, model }) => provider !== used.provider || model !== used.model);
    recent.set(workspace, [used, ...others].slice(0, MAX_RECENT));
  };
  const noteUse: Refresher["noteUse"] = ({ provider, model, failure }, workspace) => {
    const entry = catalog.snapshot().providers.get(provider);
    // A pin may name a provider that is configured no more.
    if (entry === undefined) return;
    if (failure !== undefined) {
      const refused = withRefusal(entry.refused, { model, as: failure, at: clock.now() });
      catalog.amend(provider, { ...entry, refused });
      if (failure === "unknown-model") nudge("unknown-model", [provider]);
      return;
    }
    if (workspace !== undefined) noteRecent(workspace, { provider, model });
    const refused = entry.refused?.filter((row) => row.model !== model);
    if (refused?.length !== entry.refused?.length) catalog.amend(provider, { ...entry, refused: refused ?? [] });
    if (entry.consecutiveFailures > 0) nudge("recovery", [provider]);
  };
  return { noteUse, recentlyUsed: (workspace) => recent.get(workspace) ?? [] };
}
