import { z } from "zod";
import { DAY_MS, dayOf } from "../../base/time.js";
import type { ModelInfo, ProviderId } from "../../providers/provider.js";
import { type CatalogEntry, MISSES_UNTIL_UNLISTED, type MissingRow } from "./catalog-entry.js";
import { MAX_MISSING } from "./next-entry.js";

const price = z.number().nonnegative().exactOptional();
/** What a change of a model was about. Prices are USD per 1,000,000 tokens; unset is unknown. */
const changedFacts = z.object({
  inputPrice: price,
  outputPrice: price,
  contextTokens: z.number().exactOptional(),
  retiresAt: z.number().exactOptional(),
  isDeprecated: z.literal(true).exactOptional(),
  replacement: z.string().exactOptional(),
});
export type ChangedFacts = Readonly<z.infer<typeof changedFacts>>;

export const modelChange = z.object({
  at: z.number(),
  provider: z.string(),
  model: z.string(),
  kind: z.enum(["new", "gone", "back", "price", "context", "retire"]),
  before: changedFacts.exactOptional(),
  after: changedFacts.exactOptional(),
});

/**
 * What happened to a chat model of a list:
 * - `new` it appeared for the first time; `gone` two good lists in a row lack it; `back` it is there again after that
 * - `price`, `context` it has another one, where both are known
 * - `retire` its vendor says, or says otherwise, that or when it retires
 */
export type ModelChange = Readonly<z.infer<typeof modelChange>>;

/** What an attempt changed, a change a model and kind. A first list and a failed attempt change nothing. */
export function modelChangesBetween(
  provider: ProviderId,
  before: CatalogEntry,
  after: CatalogEntry,
  at: number,
): readonly ModelChange[] {
  if (before.fetchedAt === null || after.outcome !== "ok") return [];
  const left = (after.missing ?? []).filter(({ misses, model }) => misses === MISSES_UNTIL_UNLISTED && model.isChat);
  const gone = left.map(({ model }) => ({ at, provider, model: model.id, kind: "gone" as const }));
  if (before.models === after.models) return gone;
  return [...comings(provider, before, after, at), ...gone, ...forgotten(provider, before, after, at)];
}

/** What left and is not remembered, so many have: no second list can tell of it. */
function forgotten(provider: ProviderId, before: CatalogEntry, after: CatalogEntry, at: number) {
  const { missing = [] } = after;
  if (missing.length < MAX_MISSING) return [];
  const known = new Set([...after.models, ...missing.map(({ model }) => model)].map(({ id }) => id));
  const lost = before.models.filter(({ id, isChat }) => isChat && !known.has(id));
  return lost.map(({ id }) => ({ at, provider, model: id, kind: "gone" as const }));
}

/** What appeared, came back, has other facts, or is no longer for chat. */
function comings(provider: ProviderId, before: CatalogEntry, after: CatalogEntry, at: number): readonly ModelChange[] {
  const found: ModelChange[] = [];
  let known: ReadonlyMap<string, ModelInfo> | undefined;
  let missing: ReadonlyMap<string, MissingRow> | undefined;
  for (const [index, model] of after.models.entries()) {
    // Lists keep their order: most rows stand where they stood.
    const there = before.models[index];
    if (there?.id !== model.id) known ??= new Map(before.models.map((row) => [row.id, row]));
    const was = there?.id === model.id ? there : known?.get(model.id);
    const about = { at, provider, model: model.id };
    if (was?.isChat === true) {
      if (!model.isChat) found.push({ ...about, kind: "gone" });
      // Nearly all rows are as they were.
      else if (FACTS.some((fact) => was[fact] !== model[fact])) found.push(...factChanges(was, model, about));
    } else if (model.isChat) {
      missing ??= new Map(before.missing?.map((row) => [row.model.id, row]));
      const misses = missing.get(model.id)?.misses ?? 0;
      // What one list left out by mistake was never gone.
      if (misses === 0 || misses >= MISSES_UNTIL_UNLISTED) found.push({ ...about, kind: misses > 0 ? "back" : "new" });
    }
  }
  return found;
}

const TOPICS = [
  ["price", ["inputPrice", "outputPrice"]],
  ["context", ["contextTokens"]],
] as const;

function factChanges(
  was: ModelInfo,
  is: ModelInfo,
  about: Pick<ModelChange, "at" | "provider" | "model">,
): readonly ModelChange[] {
  const changes = TOPICS.flatMap(([kind, fields]): readonly ModelChange[] => {
    // What nobody told before is no change, nor is what nobody tells any more.
    const differing = fields.some((field) => isOther(was[field], is[field]));
    return differing ? [{ ...about, kind, before: pick(was, fields), after: pick(is, fields) }] : [];
  });
  const [before, after] = [pick(was, RETIREMENT), pick(is, RETIREMENT)];
  if (JSON.stringify(before) === JSON.stringify(after)) return changes;
  return [...changes, { ...about, kind: "retire", before, after }];
}

const RETIREMENT = ["retiresAt", "isDeprecated", "replacement"] as const;
const FACTS = [...TOPICS.flatMap(([, fields]) => fields), ...RETIREMENT];

const isOther = (was: number | undefined, is: number | undefined) =>
  was !== undefined && is !== undefined && was !== is;

function pick(model: ModelInfo, fields: readonly (keyof ChangedFacts)[]): ChangedFacts {
  return Object.fromEntries(fields.flatMap((field) => (model[field] === undefined ? [] : [[field, model[field]]])));
}

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
