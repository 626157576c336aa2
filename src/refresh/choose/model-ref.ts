import type { ModelInfo, ProviderId } from "../../providers/provider.js";
import type { FindModelFacts, ModelFacts } from "../../usage/model-facts.js";
import type { Snapshot } from "../catalog/catalog-entry.js";

export interface ModelRef {
  readonly provider: ProviderId;
  readonly model: string;
}

/** "provider/model", as people read and type it. */
export const modelName = ({ provider, model }: ModelRef): string => `${provider}/${model}`;

/** "provider/model" at the first slash. */
export function splitModel(text: string): ModelRef {
  const [provider = "", ...model] = text.split("/");
  return { provider, model: model.join("/") };
}

/** The row of a model on its provider's list. */
export const listedRow = (snapshot: Snapshot, { provider, model }: ModelRef): ModelInfo | undefined =>
  snapshot.providers.get(provider)?.models.find(({ id }) => id === model);

/** The row of a model on its provider's list, or the one with which it left the list. */
export const knownRow = (snapshot: Snapshot, ref: ModelRef): ModelInfo | undefined =>
  listedRow(snapshot, ref) ??
  snapshot.providers.get(ref.provider)?.missing?.find(({ model }) => model.id === ref.model)?.model;

/** What is known of a model, by its provider's list and the table of prices. */
export const factsOf = (
  { refresher, modelFacts }: { readonly refresher: { snapshot(): Snapshot }; readonly modelFacts: FindModelFacts },
  ref: ModelRef,
): ModelFacts => modelFacts(ref.provider, ref.model, listedRow(refresher.snapshot(), ref));
