import type { RefreshStatus } from "../refresh/refresher.js";
import type { CommandDeps } from "./command-deps.js";
import { intervalWords } from "./interval-option.js";

const MINUTE_MS = 60_000;

/** What "smart" comes to right now, read off the providers that wait for their next turn undisturbed. */
export function smartLine(
  { settings, setups }: Pick<CommandDeps, "settings" | "setups">,
  workspace: string,
  { providers }: Pick<RefreshStatus, "providers">,
): readonly string[] {
  const isSmart = setups.some(({ id }) => {
    const { isEnabled, interval } = settings.inForce(workspace, id);
    return isEnabled && interval.kind === "smart";
  });
  const waitsMs = providers.flatMap(({ nextAt, attemptedAt, consecutiveFailures }) =>
    nextAt === null || attemptedAt === null || consecutiveFailures > 0 ? [] : [nextAt - attemptedAt],
  );
  if (!isSmart || waitsMs.length === 0) return [];
  const ms = Math.max(1, Math.round(Math.min(...waitsMs) / MINUTE_MS)) * MINUTE_MS;
  return [`Right now that means ${intervalWords({ kind: "fixed", ms })}.`];
}
