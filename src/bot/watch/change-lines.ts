import { cutText } from "../../base/text.js";
import { dayInWords } from "../../base/time.js";
import { code, escapeInline } from "../../commands/wording/markdown.js";
import { localeInForce, type Phrase, phrase, t } from "../../languages/translate.js";
import type { ModelInfo } from "../../providers/provider.js";
import type { Snapshot } from "../../refresh/catalog/catalog-entry.js";
import type { ChangedFacts, ModelChange } from "../../refresh/catalog/change-log.js";
import { knownRow, modelName } from "../../refresh/choose/model-ref.js";
import { olderSibling } from "../../refresh/choose/successor.js";
import type { ChangeLine } from "../../refresh/watch/gather-changes.js";
import type { FindModelFacts, ModelFacts } from "../../usage/model-facts.js";

export interface LineFacts {
  readonly snapshot: Snapshot;
  readonly modelFacts: FindModelFacts;
}

/** Where names in a line are cut; few are longer. */
const MAX_ID_CHARS = 130;
const MAX_NAME_CHARS = 30;

/** One line a model: what happened, its name, and what a reader wants to know of it. */
export function changeLine(facts: LineFacts, line: ChangeLine): string {
  const [first] = line;
  const last = line.at(-1) ?? first;
  const row = knownRow(facts.snapshot, last);
  const shown = code(modelName(last), MAX_ID_CHARS);
  const name = row?.name === undefined ? "" : ` (${escapeInline(row.name, MAX_NAME_CHARS)})`;
  return `- **${headOf(line)}** ${shown}${name}${tailOf(facts, first, last, row)}`;
}

const HEADS: Readonly<Record<ModelChange["kind"], Phrase>> = {
  new: phrase`new`,
  gone: phrase`gone`,
  back: phrase`back`,
  price: phrase`price`,
  context: phrase`context`,
  retire: phrase`retires`,
};

function headOf(line: ChangeLine): string {
  const [first] = line;
  const last = line.at(-1) ?? first;
  if (line.length > 1 && first.kind !== last.kind) {
    if (last.kind === "gone") return first.kind === "new" ? t`added and removed` : t`back and removed again`;
    if (last.kind === "back") return t`removed and back`;
  }
  if (last.kind === "retire" && last.after?.retiresAt === undefined && last.after?.isDeprecated !== true)
    return t`no longer retires`;
  return t(HEADS[last.kind]);
}

function tailOf(facts: LineFacts, first: ModelChange, last: ModelChange, row: ModelInfo | undefined): string {
  switch (last.kind) {
    case "new":
    case "back":
      return row === undefined ? "" : colon(newWords(facts, last.provider, row));
    case "price":
      return colon([t`${priceWords(first.before)} → ${priceWords(last.after)} per 1M tokens`]);
    case "context":
      return colon([t`${contextWords(first.before)} → ${contextWords(last.after)} context`]);
    case "retire":
      return colon(retireWords(last.after ?? {}, last.provider));
    case "gone":
      return "";
  }
}

const colon = (parts: readonly string[]) => (parts.length === 0 ? "" : `: ${parts.join(", ")}`);

/** A memo of a pure function, by language, no state: many channels report the same rows of a list at once. */
const described = new Map<string, WeakMap<ModelInfo, readonly string[]>>();

function newWords(facts: LineFacts, provider: string, row: ModelInfo): readonly string[] {
  const known = described.get(localeInForce()) ?? new WeakMap<ModelInfo, readonly string[]>();
  described.set(localeInForce(), known);
  const words = known.get(row) ?? describe(facts, provider, row);
  known.set(row, words);
  return words;
}

function describe({ snapshot, modelFacts }: LineFacts, provider: string, row: ModelInfo): readonly string[] {
  const own = modelFacts(provider, row.id, row);
  const sibling = olderSibling(snapshot, provider, row);
  const compared = sibling && comparedPrice(own, modelFacts(provider, sibling.id, sibling));
  return [
    ...(own.contextTokens === undefined ? [] : [t`${contextWords(own)} context`]),
    ...(own.inputPrice === undefined && own.outputPrice === undefined ? [] : [t`${priceWords(own)} per 1M tokens`]),
    ...(sibling && compared ? [`${compared} ${code(sibling.id, MAX_ID_CHARS)}`] : []),
    ...(own.input?.includes("image") ? [t`reads images`] : []),
  ];
}

/** "$3 in / $15 out", "free". */
function priceWords({ inputPrice, outputPrice }: ChangedFacts = {}): string {
  if (inputPrice === 0 && outputPrice === 0) return t`free`;
  const parts = [
    ...(inputPrice === undefined ? [] : [t`$${amount(inputPrice)} in`]),
    ...(outputPrice === undefined ? [] : [t`$${amount(outputPrice)} out`]),
  ];
  return parts.length === 0 ? t`unknown` : parts.join(" / ");
}

const amount = (usd: number) => String(Number(usd.toPrecision(4)));

function contextWords({ contextTokens }: Pick<ChangedFacts, "contextTokens"> = {}): string {
  if (contextTokens === undefined) return t`unknown`;
  if (contextTokens >= 1_000_000) return `${Number((contextTokens / 1_000_000).toFixed(1))}M`;
  return contextTokens >= 1_000 ? `${Math.round(contextTokens / 1_000)}k` : String(contextTokens);
}

/** Half of that or less, or that much more, is told as a factor; below this share prices count as the same. */
const SAME_SHARE = 0.02;

/** "half the price of", "20 % cheaper than"; undefined where a price is unknown. By what answers cost. */
function comparedPrice(own: ModelFacts, other: ModelFacts): string | undefined {
  const [is, was] = [own.outputPrice ?? own.inputPrice, other.outputPrice ?? other.inputPrice];
  if (is === undefined || was === undefined || was === 0) return undefined;
  const ratio = is / was;
  if (Math.abs(ratio - 1) < SAME_SHARE) return t`the price of`;
  if (Math.abs(ratio - 0.5) < SAME_SHARE) return t`half the price of`;
  if (Math.abs(ratio - 2) < SAME_SHARE) return t`twice the price of`;
  if (ratio > 2) return t`${Number(ratio.toFixed(1))} times the price of`;
  return ratio < 1
    ? t`${Math.round((1 - ratio) * 100)} % cheaper than`
    : t`${Math.round((ratio - 1) * 100)} % more expensive than`;
}

function retireWords({ retiresAt, isDeprecated, replacement }: ChangedFacts, provider: string): readonly string[] {
  if (retiresAt === undefined && isDeprecated !== true) return [];
  return [
    retiresAt === undefined ? t`deprecated, no date given` : t`on ${dayInWords(retiresAt)}`,
    ...(replacement === undefined
      ? []
      : [t`its vendor suggests ${code(cutText(`${provider}/${replacement}`, MAX_ID_CHARS))}`]),
  ];
}
