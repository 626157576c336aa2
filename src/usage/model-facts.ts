import { readFileSync } from "node:fs";
import type { ModelInfo, ProviderId, Usage } from "../providers/provider.js";

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

/** A row of the table in the repository. Tokens are whole; prices are USD per 1,000,000 tokens; unset is unknown. */
export interface TableRow {
  readonly contextTokens?: number;
  readonly outputTokens?: number;
  readonly inputPrice?: number;
  readonly outputPrice?: number;
  /** Price of input that the provider had in its cache. */
  readonly cachedPrice?: number;
  /** The prices hold for so many input tokens; a longer question has higher ones, which the table does not tell. */
  readonly pricedUpToTokens?: number;
  readonly input?: NonNullable<ModelInfo["input"]>;
}

export interface ModelTable {
  /** The day that it was taken, as "2026-07-02". */
  readonly asOf: string;
  /** The row of a model, or of the family whose dated snapshot it is; undefined where neither is known. */
  find(provider: ProviderId, model: string): TableRow | undefined;
}

/** Beside this file, in `src` as in `dist`. */
const TABLE = new URL("./model-table.csv", import.meta.url);
/** "gpt-5-2025-08-07" as OpenAI dates its snapshots, "claude-opus-4-5-20251101" as Anthropic does. */
const DATED = /^(?<family>.+)-(?<year>20\d\d)(?<dash>-?)(?<month>0[1-9]|1[0-2])\k<dash>(?<day>0[1-9]|[12]\d|3[01])$/;

/** The table of the repository, which `scripts/model-table.mjs` prints. Takes a few ms. */
export const readModelTable = (): ModelTable => parseModelTable(readFileSync(TABLE, "utf8"));

/** Lines of `#` and a header stand above the rows. */
export function parseModelTable(text: string): ModelTable {
  const lines = text.split("\n").filter((line) => line !== "");
  const asOf = /^# As of: (\d{4}-\d\d-\d\d)$/m.exec(text)?.[1] ?? "";
  const [, ...cells] = lines.filter((line) => !line.startsWith("#")).map((line) => line.split(","));
  const rows = new Map(cells.map(([provider, model, ...facts]) => [`${provider}/${model}`, rowOf(facts)]));
  /** Families of which the table lists a dated snapshot by itself: they changed from one to the next. */
  const changing = new Set([...rows.keys()].flatMap((key) => DATED.exec(key)?.groups?.family ?? []));

  return {
    asOf,
    find(provider, model) {
      const key = `${provider}/${model}`;
      const known = rows.get(key);
      const { family, year, month, day } = DATED.exec(key)?.groups ?? {};
      if (known !== undefined || family === undefined || changing.has(family)) return known;
      // One that came later than the table may have another price.
      return `${year}-${month}-${day}` <= asOf ? rows.get(family) : undefined;
    },
  };
}

function rowOf([contextTokens, outputTokens, inputPrice, outputPrice, cachedPrice, pricedUpToTokens, input]: string[]) {
  const numbers = { contextTokens, outputTokens, inputPrice, outputPrice, cachedPrice, pricedUpToTokens };
  const known = Object.entries(numbers).filter(([, cell]) => cell !== "" && cell !== undefined);
  return {
    ...Object.fromEntries(known.map(([name, cell]) => [name, Number(cell)])),
    ...(input && { input: input.split("+") }),
  } as TableRow; // a test reads every row of the table
}
