import { type ModelRow, partOf } from "./model-rows.js";

/** Fields of a row in which vendors say what a model costs. */
export const PRICE_FIELDS = [
  "pricing",
  "price",
  "cost",
  "metadata.pricing",
  "model_spec.pricing",
  "model_info.input_cost_per_token",
  "model_info.output_cost_per_token",
  "input_cost_per_token",
  "output_cost_per_token",
  "input_price",
  "output_price",
  "input_price_per_million",
  "output_price_per_million",
  "currency",
];

export interface Prices {
  /** USD per 1,000,000 tokens; unset where unknown. */
  readonly inputPrice?: number | undefined;
  readonly outputPrice?: number | undefined;
}

/** The dearest model costs some hundred USD per 1,000,000 tokens, the cheapest about a cent. */
const MOST_USD = 1_000;
const LEAST_USD = 0.001;

const SIDES = { inputPrice: /^(input|prompt)(_|$)/i, outputPrice: /^(output|completion)(_|$)/i } as const;
/** Prices of something else than plain tokens. */
const OTHER_PRICE = /cach|image|audio|video|request|search|batch|tool|above|over_|long|discount|second|character/i;

/** How many USD per 1,000,000 tokens one unit is, by the words for it. */
const UNITS: readonly (readonly [RegExp, number])[] = [
  [/1[_,]?000[_,]?000|1?m(tok(ens?)?)?([ _]?tokens?)?$|per[ _-]?1?m\b|million/i, 1],
  [/1[_,]?000|\b1?k([ _]?tokens?)?$|per[ _-]?1?k|thousand/i, 1e3],
  [/per[ _-]?tok(en)?$|^tokens?$/i, 1e6],
];

/**
 * Returns the prices that a row tells. A wrong price is worse than none: what has another currency, or makes no price
 * that a model could have, is left out.
 */
export function readPrices(row: ModelRow): Prices {
  const { model_info: info, model_spec: spec, metadata } = row;
  if (!isUsd(row)) return {};
  const places = [row.pricing, row.price, row.cost, partOf(metadata).pricing, partOf(spec).pricing, info, row];
  for (const place of places.map(partOf)) {
    const inputPrice = priceIn(place, SIDES.inputPrice, place === row);
    const outputPrice = priceIn(place, SIDES.outputPrice, place === row);
    if (inputPrice !== undefined || outputPrice !== undefined) return { inputPrice, outputPrice };
  }
  return {};
}

function priceIn(place: ModelRow, side: RegExp, isRow: boolean): number | undefined {
  if (!isUsd(place)) return undefined;
  for (const [name, value] of Object.entries(place)) {
    if (!side.test(name) || OTHER_PRICE.test(name) || (isRow && !/price|cost/i.test(name))) continue;
    const unit = unitOf(name) ?? unitOf(place.unit ?? place.units ?? place.per);
    const price = typeof value === "object" ? priceOfPart(partOf(value), unit) : priceOf(value, unit);
    if (price !== undefined) return price;
  }
  return undefined;
}

/** `{"per_1m_tokens": 0.25}`, `{"usd": 0.25}`, `{"price": "0.25", "unit": "per_1m_tokens"}`. */
function priceOfPart(part: ModelRow, unit: number | undefined): number | undefined {
  if (!isUsd(part)) return undefined;
  const inner = unitOf(part.unit ?? part.units ?? part.per) ?? unit;
  for (const [name, value] of Object.entries(part)) {
    const named = /per[ _-]?\w/i.test(name) ? unitOf(name) : undefined;
    if (named !== undefined) return priceOf(value, named);
    if (/^(usd|price|amount|value)$/i.test(name)) return priceOf(value, inner);
  }
  return undefined;
}

const isUsd = ({ currency }: ModelRow): boolean => typeof currency !== "string" || /^(usd|\$)$/i.test(currency);

function unitOf(words: unknown): number | undefined {
  if (typeof words === "number") return 1e6 / words;
  return typeof words === "string" ? UNITS.find(([pattern]) => pattern.test(words))?.[1] : undefined;
}

/**
 * Where no unit is told, OpenRouter and most who copy it write text in USD per token ("-1": it varies), Together and
 * others a number per 1,000,000; who does it the other way shows by prices that cannot be. Zero is free as text, and as
 * a number, at Together, unknown.
 */
function priceOf(value: unknown, unit: number | undefined): number | undefined {
  const isText = typeof value === "string";
  const number = isText && /^\$?\d+(\.\d+)?(e-?\d+)?$/i.test(value) ? Number(value.replace("$", "")) : value;
  if (typeof number !== "number" || !(number >= 0)) return undefined;
  if (number === 0) return isText ? 0 : undefined;
  const candidates = unit === undefined ? (isText ? [1e6, 1] : [1, 1e6]) : [unit];
  const prices = candidates.map((factor) => Math.round(number * factor * 1e6) / 1e6);
  return prices.find((price) => price >= LEAST_USD && price <= MOST_USD);
}
