import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { isAbsent } from "../wire/errors.js";

/** What a workspace, an app or a stand-in for Slack may lack, and the bot can do without. */
export interface OptionalFeatures {
  /** False after it turned out not to be there; asked again after an hour. */
  has(method: string): boolean;
  /** Makes the call where it is there. Undefined where it is not, or failed; never rejects. */
  run<T>(method: string, work: () => Promise<T>): Promise<T | undefined>;
  /** Takes note of a failure: whether it says that the method is not there. Told in the log once. */
  note(method: string, error: unknown): boolean;
}

const ASKED_AGAIN_MS = 3_600_000;

export function createOptionalFeatures({ clock, log }: { readonly clock: Clock; readonly log: Log }): OptionalFeatures {
  const absentUntil = new Map<string, number>();
  const told = new Set<string>();

  const has = (method: string) => (absentUntil.get(method) ?? 0) <= clock.now();
  const note = (method: string, error: unknown) => {
    if (!isAbsent(error)) {
      log.debug({ error, method }, "an extra of slack's failed; the bot does without");
      return false;
    }
    absentUntil.set(method, clock.now() + ASKED_AGAIN_MS);
    if (!told.has(method)) log.info({ error, method }, "slack does not offer this here; the bot does without");
    told.add(method);
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
