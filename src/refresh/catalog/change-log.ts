import { z } from "zod";
import { DAY_MS, dayOf } from "../../base/time.js";
import type { ModelInfo } from "../../providers/provider.js";
import type { CatalogEntry } from "./catalog-types.js";
import { type ModelChange, modelChange } from "./model-changes.js";

/** How long changes are remembered, in days. */
export const CHANGE_DAYS = 30;
/** How many models of a kind are named for a day; the rest is counted. */
const MAX_NAMED = 40;

/** Chat models by what happened to them. */
export interface Changes {
  readonly appeared: readonly string[];
  readonly left: readonly string[];
  /** Appeared again after they had left. */
  readonly returned: readonly string[];
}

const named = z.object({ models: z.array(z.string()), more: z.number().nonnegative() });
const dayChanges = z.object({ day: z.string(), appeared: named, left: named, returned: named });
const changeLog = z.object({
  identity: z.string(),
  last: z.object({ at: z.number(), added: z.number(), gone: z.number() }).nullable(),
  days: z.array(dayChanges),
  /** Latest last; unset in rows of older versions. */
  changes: z.array(modelChange).exactOptional(),
});

/** Models that are named, and how many more there were. */
export type NamedModels = Readonly<z.infer<typeof named>>;
/** What changed on a day of UTC, as "2026-01-05". */
export type DayChanges = Readonly<z.infer<typeof dayChanges>>;
/** The changes of one provider's list; days latest first. */
export type ChangeLog = Readonly<z.infer<typeof changeLog>>;

export const emptyLog = (identity: string): ChangeLog => ({ identity, last: null, days: [] });

/** A stored row; undefined where it is not one. */
export function readChangeLog(value: unknown): ChangeLog | undefined {
  const parsed = changeLog.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** Which chat models came and left; a first list is no change. */
export function changesBetween(before: CatalogEntry, after: CatalogEntry): Changes {
  if (before.fetchedAt === null || before.models === after.models) return { appeared: [], left: [], returned: [] };
  const known = new Set(before.missing?.map(({ model }) => model.id));
  const added = chatNotIn(after.models, before.models);
  return {
    appeared: added.filter((id) => !known.has(id)),
    left: chatNotIn(before.models, after.models),
    returned: added.filter((id) => known.has(id)),
  };
}

function chatNotIn(models: readonly ModelInfo[], others: readonly ModelInfo[]): readonly string[] {
  const known = new Set(others.filter(({ isChat }) => isChat).map(({ id }) => id));
  return models.filter(({ id, isChat }) => isChat && !known.has(id)).map(({ id }) => id);
}

/** The log with these changes; the same object where there are none. */
export function withChanges(log: ChangeLog, { appeared, left, returned }: Changes, at: number): ChangeLog {
  const last = { at, added: appeared.length + returned.length, gone: left.length };
  if (last.added + last.gone === 0) return log;
  const day = dayOf(at);
  const nothing: NamedModels = { models: [], more: 0 };
  const before = log.days.find((known) => known.day === day) ?? {
    day,
    appeared: nothing,
    left: nothing,
    returned: nothing,
  };
  const today = {
    day,
    appeared: withNamed(before.appeared, appeared),
    left: withNamed(before.left, left),
    returned: withNamed(before.returned, returned),
  };
  const others = log.days.filter((known) => known.day !== day);
  const days = [today, ...others].sort((a, b) => (a.day < b.day ? 1 : -1)).slice(0, CHANGE_DAYS + 1);
  return { ...log, last, days: recentDays(days, at) };
}

/** How many changes of a list are kept one by one. */
const MAX_CHANGES = 1_000;

/** The log with these changes one by one; the same object where there are none. */
export function withModelChanges(log: ChangeLog, changes: readonly ModelChange[], now: number): ChangeLog {
  if (changes.length === 0) return log;
  const kept = (log.changes ?? []).filter(({ at }) => at >= now - CHANGE_DAYS * DAY_MS);
  return { ...log, changes: [...kept, ...changes].slice(-MAX_CHANGES) };
}

/** The days that are not too old. */
export const recentDays = <T extends { readonly day: string }>(days: readonly T[], now: number): T[] => {
  const first = dayOf(now - CHANGE_DAYS * DAY_MS);
  return days.filter(({ day }) => day >= first);
};

function withNamed({ models, more }: NamedModels, added: readonly string[]): NamedModels {
  const all = [...new Set([...models, ...added])];
  return { models: all.slice(0, MAX_NAMED), more: more + Math.max(0, all.length - MAX_NAMED) };
}
