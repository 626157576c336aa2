import { BoundedMap } from "../../base/bounded-map.js";
import type { Clock } from "../../base/clock.js";
import { timeMark } from "../../base/time.js";
import { t } from "../../languages/translate.js";
import type { Person } from "../port/platform.js";

const MAX_COMMANDS = 30;
const WINDOW_MS = 60_000;
const MAX_PEOPLE = 10_000;

/**
 * Counts the commands of people on one platform. Returns what somebody reads whose command is one too many, undefined
 * where it is taken.
 */
export function createCommandLimit({ now }: Pick<Clock, "now">): (person: Person) => string | undefined {
  const given = new BoundedMap<string, readonly number[]>(MAX_PEOPLE);
  return ({ id }) => {
    const recent = (given.get(id) ?? []).filter((at) => Math.abs(now() - at) < WINDOW_MS);
    const [oldest = 0] = recent;
    if (recent.length < MAX_COMMANDS) {
      given.set(id, [...recent, now()]);
      return undefined;
    }
    return t`⏳ You have reached the limit of ${MAX_COMMANDS} commands a minute. Nothing was run; the next one is
      taken ${timeMark(oldest + WINDOW_MS)}.`;
  };
}
