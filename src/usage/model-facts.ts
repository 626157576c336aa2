import type { ModelInfo, ProviderId, Usage } from "../providers/provider.js";
import { type ModelTable, readModelTable, type TableRow } from "./model-table.js";

/** What is known of a model. Tokens are whole; prices are USD per 1,000,000 tokens; unset is unknown, 0 is free. */
export interface ModelFacts extends TableRow {
  /** Whose prices they are: the provider's own list's, or the table's in the repository; unset where there are none. */
  readonly priceSource?: PriceSource;
}
export type PriceSource = "list" | "table";

/** `row`: of the provider's own list, where it is listed. */
export type FindModelFacts = (provider: ProviderId, model: string, row?: ModelInfo) => ModelFacts;

/**
 * What the provider's own list says, else the table in the repository, which is read at the first call. Prices are one
 * fact: where the provider tells any, none are taken from the table.
 */
export function createModelFacts(read: () => ModelTable = readModelTable): FindModelFacts {
  let table: ModelTable | undefined;
  return (provider, model, row) => {
    table ??= read();
    const { contextTokens, outputTokens, input, ...prices } = table.find(provider, model) ?? {};
    const known = withoutUnknown({ contextTokens, outputTokens, input });
    const tablePrices = Object.keys(prices).length > 0 ? { ...prices, priceSource: "table" as const } : {};
    if (row === undefined) return { ...known, ...tablePrices };
    const own = withoutUnknown({ contextTokens: row.contextTokens, outputTokens: row.outputTokens, input: row.input });
    const ownPrices = withoutUnknown({ inputPrice: row.inputPrice, outputPrice: row.outputPrice });
    const isOwn = Object.keys(ownPrices).length > 0;
    return { ...known, ...own, ...(isOwn ? { ...ownPrices, priceSource: "list" } : tablePrices) };
  };
}

/**
 * USD of a turn; null where a price that it needs is unknown. Input from the provider's cache counts at its own price
 * where there is one, else like the rest, so that the cost is never told too low.
 */
export function costOf(
  facts: ModelFacts,
  { inputTokens = 0, outputTokens = 0, cachedTokens = 0 }: Usage,
): number | null {
  if (facts.pricedUpToTokens !== undefined && inputTokens > facts.pricedUpToTokens) return null;
  const cached = Math.min(cachedTokens, inputTokens);
  const parts = [
    { tokens: inputTokens - cached, price: facts.inputPrice },
    { tokens: cached, price: facts.cachedPrice ?? facts.inputPrice },
    { tokens: outputTokens, price: facts.outputPrice },
  ].filter(({ tokens }) => tokens > 0);
  const costs = parts.flatMap(({ tokens, price }) => (price === undefined ? [] : (tokens * price) / 1e6));
  return costs.length < parts.length ? null : costs.reduce((sum, cost) => sum + cost, 0);
}

type Known<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUnknown<T extends object>(facts: T): Known<T> {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)) as Known<T>;
}
