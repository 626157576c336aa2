import { z } from "zod";
import type { ModelInfo, ProviderId } from "../../providers/provider.js";
import { type CatalogEntry, MISSES_UNTIL_UNLISTED, type MissingRow } from "./catalog-types.js";
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
