import { addUp, type Grouping, type UsageGroup } from "../../usage/summarize.js";

/** So many rows are read, and fit into one message of every platform, with bars below. */
const MAX_ROWS = 10;

/** The groups as far as they fit, and the rest as one; days newest first, everything else largest first. */
export function usageRows(groups: readonly UsageGroup[], by: Grouping): readonly UsageGroup[] {
  const ordered = by === "day" ? [...groups].reverse() : groups;
  const rest = ordered.slice(MAX_ROWS);
  if (rest.length === 0) return ordered;
  const label = `${rest.length} ${by === "day" ? "earlier" : "more"}`;
  return [...ordered.slice(0, MAX_ROWS), { key: "", label, ...addUp(rest) }];
}
