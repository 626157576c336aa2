import { editDistance } from "../../base/edit-distance.js";
import type { ModelInfo } from "../../providers/provider.js";
import type { Snapshot } from "../catalog/catalog-entry.js";
import { indexOf } from "./model-index.js";
import type { ModelRef } from "./model-ref.js";

/** Most typing errors that still count as the same name, however long it is. */
const MOST_SLIPS = 4;

const whole = (provider: string, id: string) => `${provider.toLowerCase()}/${id}`;

/** The listed chat models that were probably meant by a text that no id contains, nearest first. */
export function closestModels(snapshot: Snapshot, typed: string, limit: number): readonly ModelRef[] {
  const wanted = typed.toLowerCase();
  if (wanted === "" || wanted.length > 100) return [];
  const atMost = Math.min(MOST_SLIPS, Math.max(1, Math.floor(wanted.length / 4)));
  const near: { ref: ModelRef; distance: number }[] = [];
  for (const { provider, model, id } of indexOf(snapshot).flat()) {
    if (!model.isChat) continue;
    const distance = Math.min(editDistance(wanted, id, atMost), editDistance(wanted, whole(provider, id), atMost));
    if (distance <= atMost) near.push({ ref: { provider, model: model.id }, distance });
  }
  return near
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ ref }) => ref);
}

/**
 * The listed chat models that come closest to one that its provider refuses, nearest first: of the same provider, and
 * only where that lists none, of others.
 */
export function livingModels(snapshot: Snapshot, { provider, model }: ModelRef, limit: number): readonly ModelRef[] {
  const entry = snapshot.providers.get(provider);
  const refused = new Set([model, ...(entry?.refused ?? []).map((row) => row.model)]);
  const alive = entry?.models.filter(({ id, isChat }) => isChat && !refused.has(id)) ?? [];
  if (alive.length === 0) {
    return closestModels(snapshot, model, limit + 1)
      .filter((choice) => choice.provider !== provider)
      .slice(0, limit);
  }
  const likeness = likenessTo(model);
  return alive
    .map((row) => ({ row, score: likeness(row) }))
    .sort((a, b) => b.score - a.score || (b.row.releasedAt ?? 0) - (a.row.releasedAt ?? 0))
    .slice(0, limit)
    .map(({ row }) => ({ provider, model: row.id }));
}

/** Words in common count most ("mini" to "mini"), then how far the names begin alike ("gpt-5" to "gpt-5.1"). */
function likenessTo(model: string): (row: ModelInfo) => number {
  const wanted = model.toLowerCase();
  const words = new Set(wordsOf(wanted));
  return ({ id }) => {
    const name = id.toLowerCase();
    const others = wordsOf(name);
    const common = others.filter((word) => words.has(word)).length;
    const all = words.size + others.length - common;
    return (all === 0 ? 0 : common / all) + sameStart(wanted, name) / Math.max(wanted.length, 1);
  };
}

const wordsOf = (id: string): readonly string[] => id.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");

function sameStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charAt(length) === b.charAt(length)) length++;
  return length;
}
