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
  ...["input_price", "output_price", "inputPrice", "outputPrice", "price_input", "price_output"],
  ...["prompt_price", "completion_price", "input_price_per_million", "output_price_per_million"],
  ...["input_cost_per_million_tokens", "output_cost_per_million_tokens"],
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

const SIDES = { inputPrice: /(^|_)(input|prompt)(_|$)/, outputPrice: /(^|_)(output|completion)(_|$)/ } as const;
/** Prices of something else than plain tokens. */
const OTHER_PRICE =
  /cach|image|audio|video|request|search|batch|tool|above|over_|long|discount|second|character|max|limit/;
/** Words for money that is not the dollar. */
const OTHER_MONEY = /cny|rmb|yuan|eur|gbp|inr|jpy|krw|cent|credit|point|micro|nano|[¥€£₹元]/i;

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
    // Free tokens of a model that costs something else, as each request or picture, are no price.
    if (inputPrice === 0 && outputPrice === 0 && Object.values(place).some((value) => Number(value) > 0)) return {};
    if (inputPrice !== undefined || outputPrice !== undefined) return { inputPrice, outputPrice };
  }
  return {};
}

function priceIn(place: ModelRow, side: RegExp, isRow: boolean): number | undefined {
  if (!isUsd(place)) return undefined;
  for (const [field, value] of Object.entries(place)) {
    const name = field.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
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

const isUsd = ({ currency, currency_code: code, unit, units, per }: ModelRow): boolean =>
  [currency, code].every((money) => typeof money !== "string" || /^(usd|\$)$/i.test(money)) &&
  ![unit, units, per].some((words) => OTHER_MONEY.test(String(words)));

function unitOf(words: unknown): number | undefined {
  if (typeof words === "number") return 1e6 / words;
  return typeof words === "string" ? UNITS.find(([pattern]) => pattern.test(words))?.[1] : undefined;
}

const AMOUNT = /^\$?(\d+(?:\.\d+)?(?:e-?\d+)?)(?: ?USD)?(?: ?\/? ?(\S.*))?$/i;

/** A number, or text like "0.000003", "$3.00" and "$3.00 / 1M tokens". */
function priceOf(value: unknown, unit: number | undefined): number | undefined {
  if (typeof value === "number") return priceOfNumber(value, unit, false);
  const [, amount, words] = typeof value === "string" ? (AMOUNT.exec(value.trim()) ?? []) : [];
  if (amount === undefined) return undefined;
  if (words === undefined) return priceOfNumber(Number(amount), unit, true);
  const named = OTHER_MONEY.test(words) ? undefined : unitOf(words);
  return named === undefined ? undefined : priceOfNumber(Number(amount), named, true);
}

/**
 * Where no unit is told, OpenRouter and most who copy it write text in USD per token ("-1": it varies), Together and
 * others a number per 1,000,000; who does it the other way shows by prices that cannot be. Zero is free as text, and as
 * a number, at Together, unknown.
 */
function priceOfNumber(number: number, unit: number | undefined, isText: boolean): number | undefined {
  if (!(number >= 0)) return undefined;
  if (number === 0) return isText ? 0 : undefined;
  const candidates = unit === undefined ? (isText ? [1e6, 1] : [1, 1e6]) : [unit];
  const prices = candidates.map((factor) => Math.round(number * factor * 1e6) / 1e6);
  return prices.find((price) => price >= LEAST_USD && price <= MOST_USD);
}
