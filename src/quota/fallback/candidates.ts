import type { ModelInfo } from "../../providers/provider.js";
import type { Snapshot } from "../../refresh/catalog/catalog-entry.js";
import { defaultModelOf, type Preference } from "../../refresh/choose/default-model.js";
import { listedRow, type ModelRef, modelName } from "../../refresh/choose/model-ref.js";
import type { FindModelFacts, ModelFacts } from "../../usage/model-facts.js";
import type { ModelQuota } from "../quota.js";

/** A model that may answer in another's place. */
export interface Candidate extends ModelRef {
  /** False where nobody has told what is left of its own quota. */
  readonly isQuotaKnown: boolean;
}

export interface CandidateTerms {
  /** The model in whose place it would answer. */
  readonly pinned: ModelRef;
  /** What operators have listed, best first; where they have, nothing else is taken. */
  readonly listed: readonly ModelRef[];
  /** The lists, without what may not be used there. */
  readonly snapshot: Snapshot;
  /** The configured providers, in their order. */
  readonly setups: readonly Preference[];
  readonly modelFacts: FindModelFacts;
  /** Tokens of a conversation that are sent at most. */
  readonly historyTokens: number;
  quotaOf(model: ModelRef): ModelQuota;
}

/**
 * Returns the model that may answer in the pinned one's place: what operators listed; else the same family by another
 * vendor, then other providers' defaults, then what comes closest in price. Skipped are models that are more expensive
 * than the pinned one, too small for the conversation, without images where the pinned one takes them, and those out of
 * quota or at risk.
 */
export function chooseCandidate(terms: CandidateTerms): Candidate | undefined {
  const { pinned, listed, quotaOf } = terms;
  const found = listed.length > 0 ? listed : byLikeness(terms);
  for (const model of found) {
    if (modelName(model) === modelName(pinned)) continue;
    const { out, risk, isKnown } = quotaOf(model);
    if (out === undefined && risk === undefined) return { ...model, isQuotaKnown: isKnown };
  }
  return undefined;
}

/** Returns a model that costs nothing: of the first provider that has one, its default if that is one. */
export function freeModel({
  snapshot,
  setups,
  modelFacts,
  quotaOf,
}: Pick<CandidateTerms, "snapshot" | "setups" | "modelFacts" | "quotaOf">): ModelRef | undefined {
  for (const setup of setups) {
    const { models = [], refused = [] } = snapshot.providers.get(setup.id) ?? {};
    const free = models.filter((info) => {
      const { inputPrice, outputPrice } = modelFacts(setup.id, info.id, info);
      const isUsable = info.isChat && !refused.some(({ model }) => model === info.id);
      return isUsable && inputPrice === 0 && outputPrice === 0;
    });
    const usual = defaultModelOf(snapshot, setup)?.model;
    const sorted = [...free.filter(({ id }) => id === usual), ...free];
    const found = sorted.find(({ id }) => quotaOf({ provider: setup.id, model: id }).out === undefined);
    if (found !== undefined) return { provider: setup.id, model: found.id };
  }
  return undefined;
}

interface Row extends ModelRef {
  readonly info: ModelInfo;
  readonly facts: ModelFacts;
  /** 2: the same model; 1: the same family; 0: another. */
  readonly likeness: 0 | 1 | 2;
  readonly isDefault: boolean;
}

function byLikeness({ pinned, snapshot, setups, modelFacts, historyTokens }: CandidateTerms): readonly ModelRef[] {
  const rowOf = (provider: string, info: ModelInfo, isDefault: boolean): Row => ({
    ...{ provider, model: info.id, info, isDefault },
    facts: modelFacts(provider, info.id, info),
    likeness: provider === pinned.provider ? 0 : likenessOf(pinned.model, info.id),
  });
  const rows = setups.flatMap((setup) => {
    const entry = snapshot.providers.get(setup.id);
    const refused = new Set(entry?.refused?.map(({ model }) => model));
    const usual = setup.id === pinned.provider ? undefined : defaultModelOf(snapshot, setup)?.model;
    return (entry?.models ?? [])
      .filter(({ id, isChat }) => isChat && !refused.has(id))
      .map((info) => rowOf(setup.id, info, info.id === usual));
  });
  const facts = modelFacts(pinned.provider, pinned.model, listedRow(snapshot, pinned));
  return rows
    .filter((row) => isEnough(row.facts, facts, historyTokens))
    .sort(
      (a, b) =>
        b.likeness - a.likeness ||
        Number(b.isDefault) - Number(a.isDefault) ||
        (b.facts.outputPrice ?? 0) - (a.facts.outputPrice ?? 0),
    );
}

/** Whether a candidate is not more expensive, large enough, and reads images where the pinned model does. */
function isEnough(candidate: ModelFacts, pinned: ModelFacts, historyTokens: number): boolean {
  const isCheap = (price: "inputPrice" | "outputPrice") =>
    pinned[price] === undefined || (candidate[price] ?? Number.POSITIVE_INFINITY) <= pinned[price];
  const wanted = Math.min(pinned.contextTokens ?? historyTokens, historyTokens);
  const isLarge = candidate.contextTokens === undefined || candidate.contextTokens >= wanted;
  const takesImages = candidate.input === undefined || candidate.input.includes("image");
  return (
    isCheap("inputPrice") && isCheap("outputPrice") && isLarge && (!pinned.input?.includes("image") || takesImages)
  );
}

/** How much alike two models' names are, whatever vendors write around them. */
function likenessOf(one: string, other: string): Row["likeness"] {
  const [a, b] = [plainName(one), plainName(other)];
  if (a === b) return 2;
  return familyOf(a) === familyOf(b) ? 1 : 0;
}

/** "meta-llama/Llama-3.3-70B-Instruct:free" is "llama-3.3-70b". */
const plainName = (id: string): string =>
  (id.split("/").at(-1) ?? id)
    .toLowerCase()
    .replace(/:.*$/, "")
    .replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, "")
    .replace(/-(latest|preview|instruct|versatile|chat|it|turbo|instant)(?=-|$)/g, "");

/** "claude-sonnet" of "claude-sonnet-4-5", "gpt" of "gpt-5-mini". */
const familyOf = (name: string): string => name.replace(/[-_.]?v?\d.*$/, "") || name;
