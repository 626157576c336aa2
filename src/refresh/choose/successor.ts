import { DAY_MS } from "../../base/time.js";
import type { ModelInfo, ProviderId } from "../../providers/provider.js";
import type { FindModelFacts } from "../../usage/model-facts.js";
import type { Snapshot } from "../catalog/catalog-entry.js";
import { livingModels } from "./closest-models.js";
import { newestFirst } from "./default-model.js";
import { indexOf } from "./model-index.js";
import type { ModelRef } from "./model-ref.js";

/** A model that retires within that time is reported, and is no successor of another. */
export const RETIRING_MS = 30 * DAY_MS;

export const isRetiring = ({ retiresAt }: ModelInfo, now: number): boolean =>
  retiresAt !== undefined && retiresAt <= now + RETIRING_MS;

export interface SuccessorFacts {
  /** The models that may be used. */
  readonly snapshot: Snapshot;
  readonly modelFacts: FindModelFacts;
  readonly now: number;
}

/**
 * The model that takes the place of one that is gone or retires: what its vendor names, else of its family at the same
 * provider what has its abilities, the newest, and of those as new the closest in price; else what is called most
 * alike. Undefined where its provider lists none that stays.
 */
export function successorOf(
  facts: SuccessorFacts,
  { provider, model }: ModelRef,
  row?: ModelInfo,
): ModelRef | undefined {
  const { snapshot, now } = facts;
  const entry = snapshot.providers.get(provider);
  const refused = new Set(entry?.refused?.map((each) => each.model));
  const stays = (entry?.models ?? []).filter(
    (each) => each.isChat && each.id !== model && !refused.has(each.id) && !each.isDeprecated && !isRetiring(each, now),
  );
  if (stays.some(({ id }) => id === row?.replacement)) return { provider, model: row?.replacement ?? "" };
  const family = stays.filter(({ id }) => familyOf(id) === familyOf(model));
  const able = row?.input?.includes("image") ? family.filter(({ input }) => input?.includes("image")) : family;
  const distance = priceDistance(facts, provider, model, row);
  const [best] = (able.length > 0 ? able : family).sort((a, b) => newestFirst(a, b) || distance(a) - distance(b));
  if (best !== undefined) return { provider, model: best.id };
  const ids = new Set(stays.map(({ id }) => id));
  return livingModels(snapshot, { provider, model }, MOST_ALIKE).find(
    (each) => each.provider === provider && ids.has(each.model),
  );
}

/** How many of the most alike are looked through for one that stays. */
const MOST_ALIKE = 20;

/** How far a model's price is from that of the one that it replaces; 0 where either is unknown. */
function priceDistance({ modelFacts }: SuccessorFacts, provider: string, model: string, row?: ModelInfo) {
  const was = modelFacts(provider, model, row).outputPrice;
  return (other: ModelInfo): number => {
    const is = modelFacts(provider, other.id, other).outputPrice;
    return was === undefined || is === undefined ? 0 : Math.abs(is - was);
  };
}

/** The words of an id without versions: "claude-3-5-sonnet-20241022" and "claude-sonnet-4-5" are one family. */
export const familyOf = (id: string): string =>
  id
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/u)
    .filter((word) => word !== "" && !/^\p{N}+$/u.test(word) && !ASIDE.has(word))
    .sort()
    .join(" ");

/** Words for how far a version has come, not for another model; "v" and "b" stand beside numbers. */
const ASIDE = new Set(["preview", "latest", "exp", "experimental", "beta", "v", "it", "instruct"]);

/** The newest listed chat model of the same provider and family that is older; undefined where there is none. */
export function olderSibling(snapshot: Snapshot, provider: ProviderId, model: ModelInfo): ModelInfo | undefined {
  const family = familyOf(model.id);
  const words = family.split(" ");
  const rows = indexOf(snapshot).find(([first]) => first?.provider === provider) ?? [];
  let newest: ModelInfo | undefined;
  for (const { model: other, id } of rows) {
    // Cheaper than taking thousands of ids apart: most have other words.
    if (!other.isChat || other.id === model.id || !words.every((word) => id.includes(word))) continue;
    if (familyOf(other.id) !== family || newestFirst(model, other) >= 0) continue;
    if (newest === undefined || newestFirst(other, newest) < 0) newest = other;
  }
  return newest;
}
