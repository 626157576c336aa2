import { DAY_MS } from "../../base/time.js";
import { HOUR_MS, LEVEL_MS, RECENT_MS, type WorkspaceActivity } from "./activity.js";
import { expectedRate, FIRST_RECENT, partsAt } from "./expected-rate.js";
import { habitAt, habitNear, hourOfWeek } from "./habit.js";

/** What a week still counts for a week later: half after about half a year. */
const WEEK_KEPT = 0.97;
/** How long the mean and the credit of the parts last. */
const LONG_MS = 60 * DAY_MS;
/** Nobody watched for so long: that was no silence, the bot was off (it looks every 10 s). */
const ASLEEP_MS = 2 * HOUR_MS;

/** Lives through the time until `now` in which nothing happened. */
export function advance(activity: WorkspaceActivity, now: number): WorkspaceActivity {
  const ms = now - activity.at;
  if (ms >= 0 && ms <= ASLEEP_MS) {
    let lived = activity;
    while (lived.at < now) {
      const hourEndsAt = (Math.floor(lived.at / HOUR_MS) + 1) * HOUR_MS;
      lived = live(lived, Math.min(now, hourEndsAt));
      if (lived.at === hourEndsAt) lived = closeHour(lived);
    }
    return lived;
  }
  // A clock that went back a little catches up by itself.
  return ms < 0 && -ms <= HOUR_MS ? activity : wake(activity, now);
}

/** Takes in the hours that have ended; within an hour nothing has to be brought up to date to be read. */
export const keepUp = (activity: WorkspaceActivity, now: number): WorkspaceActivity =>
  Math.floor(now / HOUR_MS) === Math.floor(activity.at / HOUR_MS) ? activity : advance(activity, now);

/** A person did something at `now`. */
export function note(before: WorkspaceActivity, now: number): WorkspaceActivity {
  const activity = advance(before, now);
  const { rate, shares } = expectedRate(activity, now);
  return {
    ...activity,
    lastAt: Math.max(activity.lastAt ?? now, now),
    inThisHour: activity.inThisHour + 1,
    total: { ...activity.total, count: activity.total.count + 1 },
    recent: activity.recent.map((count) => count + 1),
    happened: activity.happened.map((count) => count + 1),
    credited: activity.credited.map((credit, index) => credit + (shares[index] ?? 0) / rate),
  };
}

/** Fades and counts up to a time within the hour under way. */
function live(activity: WorkspaceActivity, until: number): WorkspaceActivity {
  const ms = until - activity.at;
  const kept = Math.exp(-ms / LONG_MS);
  const middle = activity.at + ms / 2;
  const habit = habitAt(activity, middle);
  const parts = partsAt(activity, middle);
  return {
    ...activity,
    at: until,
    total: { count: activity.total.count * kept, ms: activity.total.ms * kept + ms },
    recent: fade(activity.recent, RECENT_MS, ms),
    happened: fade(activity.happened, LEVEL_MS, ms),
    habitual: fade(activity.habitual, LEVEL_MS, ms).map((count) => count + habit * ms),
    credited: activity.credited.map((credit) => credit * kept),
    foretold: activity.foretold.map((count, index) => {
      const recent = index - FIRST_RECENT;
      const memoryMs = RECENT_MS[recent];
      // A short memory bends too much within an hour to be read off at the middle; it is summed exactly.
      const foretold =
        memoryMs === undefined
          ? (parts[index] ?? 0) * ms
          : (activity.recent[recent] ?? 0) * (1 - Math.exp(-ms / memoryMs));
      return count * kept + foretold;
    }),
  };
}

/** Takes the hour that has just ended into the habit. */
function closeHour(activity: WorkspaceActivity): WorkspaceActivity {
  const ended = hourOfWeek(Math.floor(activity.at / HOUR_MS) - 1);
  const blend = (values: WorkspaceActivity["counts"], added: number) =>
    values.map((value, index) => (index === ended ? value * WEEK_KEPT + added : value));
  const next = {
    ...activity,
    inThisHour: 0,
    counts: blend(activity.counts, activity.inThisHour),
    weeks: blend(activity.weeks, 1),
  };
  return { ...next, nearby: habitNear(next, next.at) };
}

/** After a time in which nobody watched: what is recent fades, but no silence is learnt. */
function wake(activity: WorkspaceActivity, now: number): WorkspaceActivity {
  const ms = Math.max(0, now - activity.at);
  return {
    ...activity,
    at: now,
    inThisHour: 0,
    recent: fade(activity.recent, RECENT_MS, ms),
    happened: fade(activity.happened, LEVEL_MS, ms),
    habitual: fade(activity.habitual, LEVEL_MS, ms),
    nearby: habitNear(activity, now),
  };
}

const fade = (counts: readonly number[], memories: readonly number[], ms: number): readonly number[] =>
  counts.map((count, index) => count * Math.exp(-ms / (memories[index] ?? 1)));
