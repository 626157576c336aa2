import { outcomeHint, outcomeWords } from "../refresh/indicator.js";
import type { ProviderStatus, RefreshStatus } from "../refresh/refresher.js";
import { timeMark } from "../time-mark.js";
import { plural } from "./wording.js";

export const lastRefreshLine = ({ lastRefreshAt }: RefreshStatus): string =>
  `Last refresh: ${lastRefreshAt === null ? "none yet" : timeMark(lastRefreshAt)}`;

/** `isEnabledHere`: in this workspace, for any provider; another workspace may keep the shared lists fresh. */
export function nextRefreshLine({ nextRefreshAt }: RefreshStatus, isEnabledHere: boolean, now: number): string {
  if (nextRefreshAt === null) return "Next refresh: none, because auto-refresh is off; the button still works";
  const when = nextRefreshAt <= now ? "within 10 seconds" : timeMark(nextRefreshAt);
  return `Next refresh: ${when}${isEnabledHere ? "" : " (auto-refresh is off here, but another workspace keeps it on)"}`;
}

/** "✓ openai: 61 models, list from …", "⚠️ anthropic: timed out, using the list of 12 models from …", "– ollama: no list yet". */
export function providerLine(status: ProviderStatus): string {
  const { id, outcome, models, fetchedAt, isFresh, isFetching } = status;
  const now = isFetching ? " (refreshing now)" : "";
  const count = plural(models, "model");
  if (outcome === null || outcome === "ok") {
    if (fetchedAt === null) return `– ${id}: no list yet${now}`;
    return `${isFresh ? "✓" : "⚠️"} ${id}: ${count}, list from ${timeMark(fetchedAt)}${isFresh ? "" : ", outdated"}${now}`;
  }
  const rest = fetchedAt === null ? "no list yet" : `using the list of ${count} from ${timeMark(fetchedAt)}`;
  const often = status.consecutiveFailures > 1 ? ` (${status.consecutiveFailures} times in a row)` : "";
  return `⚠️ ${id}: ${outcomeWords(outcome)}${often}, ${rest}${now}\n  ${outcomeHint(outcome) ?? ""}`.trimEnd();
}
