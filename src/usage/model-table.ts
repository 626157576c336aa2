import { readFileSync } from "node:fs";
import type { ModelInfo, ProviderId } from "../providers/provider.js";

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
