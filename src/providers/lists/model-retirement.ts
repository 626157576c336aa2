import type { ModelInfo } from "../provider.js";
import { isUsableId, type ModelRow, partOf, timeOf } from "./model-rows.js";

/**
 * Fields of a row in which vendors say when a model retires: Mistral's `deprecation`, in Azure's lists an object,
 * OpenRouter's `expiration_date`, LiteLLM's `deprecation_date`.
 */
export const RETIREMENT_FIELDS = [
  "deprecation",
  "deprecation_date",
  "deprecation_replacement_model",
  "deprecated",
  "expiration_date",
  "lifecycle_status",
  "retires_at",
];

type Retirement = { readonly [K in "retiresAt" | "isDeprecated" | "replacement"]: ModelInfo[K] | undefined };

export function readRetirement(row: ModelRow): Retirement {
  const { deprecation, deprecation_date, expiration_date, retires_at, deprecation_replacement_model: named } = row;
  const times = [deprecation, partOf(deprecation).inference, deprecation_date, expiration_date, retires_at];
  const isDeprecated = row.deprecated === true || /^deprecat/i.test(String(row.lifecycle_status));
  return {
    retiresAt: times.map(timeOf).find((time) => time !== undefined),
    isDeprecated: isDeprecated ? true : undefined,
    replacement: isUsableId(named) ? named : undefined,
  };
}
