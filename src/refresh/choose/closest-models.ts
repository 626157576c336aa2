import { editDistance } from "../../base/edit-distance.js";
import type { Snapshot } from "../catalog/catalog-types.js";
import type { ModelRef } from "./default-model.js";
import { indexOf } from "./model-index.js";

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
