const WEEK_MS = 7 * 86_400_000;

/**
 * The changes within the time of the activity. Where the two traces come from different years, the changes are laid
 * over the activity from its start on, again and again as often as it takes, moved by whole weeks, so that days of
 * the week stay what they were.
 */
export function alignChanges(changes: readonly number[], startAt: number, endAt: number): readonly number[] {
  const first = changes[0] ?? startAt;
  const last = changes.at(-1) ?? first;
  const within = (times: readonly number[]) => times.filter((at) => at > startAt && at <= endAt);
  if (first <= endAt && last >= startAt) return within(changes);
  const aligned: number[] = [];
  const lengthMs = Math.ceil((last - first + 1) / WEEK_MS) * WEEK_MS;
  let shiftMs = Math.ceil((startAt - first) / WEEK_MS) * WEEK_MS;
  for (; first + shiftMs <= endAt; shiftMs += lengthMs) for (const at of changes) aligned.push(at + shiftMs);
  return within(aligned);
}
