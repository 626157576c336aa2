import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { isAbsent } from "../wire/errors.js";

/** Methods that a workspace, an app or a stand-in for Slack may lack, and that the bot can do without. */
export interface OptionalFeatures {
  /** False for an hour after the method turned out to be missing. */
  has(method: string): boolean;
  /** Makes the call unless the method is missing. Resolves with undefined when it is, or failed. Never rejects. */
  run<T>(method: string, work: () => Promise<T>): Promise<T | undefined>;
  /** Returns whether a failure says that the method is missing, and remembers it. Logged once. */
  note(method: string, error: unknown): boolean;
}

const RETRY_MS = 3_600_000;

export function createOptionalFeatures({ clock, log }: { readonly clock: Clock; readonly log: Log }): OptionalFeatures {
  const absentUntil = new Map<string, number>();
  const logged = new Set<string>();

  const has = (method: string) => (absentUntil.get(method) ?? 0) <= clock.now();
  const note = (method: string, error: unknown) => {
    if (!isAbsent(error)) {
      log.debug({ error, method }, "slack: optional feature failed, going on without it");
      return false;
    }
    absentUntil.set(method, clock.now() + RETRY_MS);
    if (!logged.has(method)) log.info({ error, method }, "slack: feature not available here, going on without it");
    logged.add(method);
    return true;
  };
  return {
    has,
    note,
    async run(method, work) {
      if (!has(method)) return undefined;
      try {
        return await work();
      } catch (error) {
        note(method, error);
        return undefined;
      }
    },
  };
}
