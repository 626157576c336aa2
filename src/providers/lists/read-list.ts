import type { ListTerms, ModelInfo, ProviderId } from "../provider.js";
import { type Row, readRows } from "./model-rows.js";
import { type PagesTerms, readPages } from "./read-pages.js";

export interface ListSource extends Pick<PagesTerms, "reader" | "fetchPage" | "parsePage"> {
  readonly provider: ProviderId;
  readonly readRow: (row: Row) => ModelInfo | undefined;
  readonly warn: (message: string) => void;
}

/**
 * One provider's list, from its pages to its models; the held ones where it is unchanged.
 * @throws {ProviderError} `malformed` where it is no list, or larger or worse than allowed @throws what `fetchPage`
 * throws
 */
export async function readList(
  { provider, readRow, warn, ...pages }: ListSource,
  signal: AbortSignal,
  { note, held }: ListTerms = {},
): Promise<readonly ModelInfo[]> {
  const read = await readPages(provider, { ...pages, held, signal });
  // Only what was held can be unchanged.
  if (read === "unchanged") return held?.models ?? [];
  const { models, droppedRows } = await readRows(provider, read.rows, readRow, warn);
  note?.({ droppedRows, validators: read.validators });
  return models;
}
