// Prints src/usage/model-table.csv again from a copy of https://models.dev/api.json and the day it was taken:
//   npm run build && node scripts/model-table.mjs api.json 2026-07-02 > src/usage/model-table.csv
// Which vendors it holds, each provider's definition says (`modelsDevId`).
import { readFileSync } from "node:fs";
import { providerDefinitions } from "#bot/providers/registry.js";

const [path, day] = process.argv.slice(2);
if (path === undefined || !/^\d{4}-\d\d-\d\d$/.test(day ?? "")) {
  console.error("Usage: node scripts/model-table.mjs api.json YYYY-MM-DD (the day that api.json was taken)");
  process.exit(2);
}
const api = JSON.parse(readFileSync(path, "utf8"));

/** @param {number | undefined} value */
const positive = (value) => (value !== undefined && value > 0 ? value : undefined);

const isChat = ([id, { limit, modalities }]) =>
  limit?.context > 0 && (modalities?.output ?? ["text"]).includes("text") && !id.includes("embed");

/**
 * A model as models.dev describes it.
 * @typedef {object} Listed
 * @property {{ context?: number, output?: number }} [limit]
 * @property {Partial<Record<"input" | "output" | "cache_read" | "cached_input", number>> & Tiers} [cost]
 * @property {{ input?: readonly string[], output?: readonly string[] }} [modalities]
 *
 * @typedef {{ tiers?: readonly { tier?: { size: number } }[], context_over_200k?: object }} Tiers
 */

/** @type {(provider: string, entry: [id: string, model: Listed]) => string} */
function rowOf(provider, [id, { limit = {}, cost = {}, modalities = {} }]) {
  if (/[",\n]/.test(id)) throw new Error(`the id ${JSON.stringify(id)} would need quotes`);
  const tier = cost.tiers?.[0]?.tier?.size ?? (cost.context_over_200k === undefined ? undefined : 200_000);
  // Nobody gives cached tokens away: a 0 there means that nobody has looked it up.
  const cached = cost.input === 0 ? cost.cache_read : positive(cost.cache_read ?? cost.cached_input);
  const prices = [cost.input, cost.output, cached, tier];
  const input = modalities.input?.includes("image") ? "text+image" : modalities.input?.includes("text") && "text";
  return [provider, id, positive(limit.context), positive(limit.output), ...prices, input || undefined].join(",");
}

const rows = providerDefinitions.flatMap(({ id: ours, modelsDevId: theirs }) => {
  if (theirs === undefined) return [];
  if (api[theirs] === undefined) throw new Error(`${path} has no provider "${theirs}"`);
  return Object.entries(api[theirs].models)
    .filter(isChat)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((model) => rowOf(ours, model));
});
console.log(
  [
    "# What models take and cost, for providers whose own lists do not tell. Printed by scripts/model-table.mjs.",
    "# Source: https://models.dev/api.json (MIT License, Copyright (c) 2025 models.dev)",
    `# As of: ${day}`,
    "# Tokens are whole, prices USD per 1,000,000 tokens. pricedUpToTokens: longer questions have a higher price.",
    "provider,model,contextTokens,outputTokens,inputPrice,outputPrice,cachedPrice,pricedUpToTokens,input",
    ...rows,
  ].join("\n"),
);
