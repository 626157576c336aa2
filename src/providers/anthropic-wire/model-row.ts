import { displayName, isUsableId, type ModelRow, slim, timeOf, tokens } from "../lists/model-rows.js";
import type { ModelInfo } from "../provider.js";

const supports = (capability: unknown): boolean | undefined => {
  const { supported } = (capability ?? {}) as ModelRow;
  return typeof supported === "boolean" ? supported : undefined;
};

/** What is read of a row. */
export const ANTHROPIC_ROW_FIELDS = [
  "id",
  "created_at",
  "capabilities",
  "display_name",
  "max_input_tokens",
  "max_tokens",
  "lifecycle",
  "retires_at",
];

/** Reads a row of Anthropic's list, in which every model is for chat. */
export function readAnthropicRow(row: ModelRow): ModelInfo | undefined {
  const { id } = row;
  if (!isUsableId(id)) return undefined;
  const releasedAt = typeof row.created_at === "string" ? Date.parse(row.created_at) : Number.NaN;
  const seesImages = supports(((row.capabilities ?? {}) as ModelRow).image_input);
  return slim({
    id,
    name: displayName(row.display_name, id),
    contextTokens: tokens(row.max_input_tokens),
    outputTokens: tokens(row.max_tokens),
    input: seesImages === undefined ? undefined : seesImages ? ["text", "image"] : ["text"],
    // The API says 1970 where it does not know.
    releasedAt: releasedAt > 0 ? releasedAt : undefined,
    retiresAt: timeOf(row.retires_at),
    isDeprecated: row.lifecycle === "deprecated" ? true : undefined,
    // A retired one is still named for a while, but answers nobody.
    isChat: row.lifecycle !== "retired",
  });
}
