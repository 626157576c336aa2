import { BoundedMap } from "../../base/bounded-map.js";
import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { timeMark } from "../../base/time.js";
import { phrase, t } from "../../languages/translate.js";
import type { Settings } from "../../refresh/settings.js";
import type { MessageLimits, MessageVerdict, QuestionLimits } from "../../usage/question-limits.js";
import { channelOf, workspaceOf } from "../port/conversation.js";
import type { ChannelKey, Person } from "../port/platform.js";

export interface LimitDeps {
  readonly settings: Pick<Settings, "of" | "languageOf">;
  readonly limits: MessageLimits;
  readonly questionLimits: QuestionLimits;
  readonly log: Log;
}

/** Counts a question in this process, and returns what its asker reads where it is one too many. */
export function limitFault({ settings, limits }: LimitDeps, place: ChannelKey, asker: Person): string | undefined {
  const { access } = settings.of(workspaceOf(place));
  return limitText(limits.take(`${place.platform}:${asker.id}`, channelOf(place), access));
}

/**
 * Counts a question over all replicas, and returns what its asker reads where it is one too many. Where the store
 * fails, each process counts by itself. Never rejects.
 */
export async function sharedLimitFault(
  { settings, questionLimits, log }: LimitDeps,
  place: ChannelKey,
  asker: Person,
): Promise<string | undefined> {
  const { access } = settings.of(workspaceOf(place));
  const asked = { platform: place.platform, user: asker.id, channel: channelOf(place) };
  try {
    return limitText(await questionLimits.take(asked, access));
  } catch (error) {
    log.warn({ error }, "question limits: the store failed, a question is counted in this process only");
    return undefined;
  }
}

function limitText(verdict: MessageVerdict): string | undefined {
  if (verdict.isAllowed) return undefined;
  const who =
    verdict.by === "user"
      ? t`⛔ You have reached the limit of questions per person`
      : t`⛔ This channel has reached its limit of questions`;
  return t`${who} in 10 minutes. The next one is accepted ${timeMark(verdict.until)}.`;
}

/** Questions that may wait in one conversation, behind the one that is answered. */
export const MAX_WAITING = 20;
export const FULL_LINE = phrase`⛔ There are already ${MAX_WAITING} questions waiting here. Ask again later, or in
  a thread.`;

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
