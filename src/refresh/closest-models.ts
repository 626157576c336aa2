import type { Snapshot } from "./catalog-types.js";
import type { ModelRef } from "./default-model.js";
import { indexOf } from "./model-index.js";

/** The listed chat models that were probably meant by a text that no id contains, nearest first. */
export function closestModels(snapshot: Snapshot, typed: string, limit: number): readonly ModelRef[] {
  const wanted = typed.toLowerCase();
  if (wanted === "" || wanted.length > 100) return [];
  const atMost = Math.max(1, Math.floor(wanted.length / 4));
  const near: { ref: ModelRef; distance: number }[] = [];
  for (const { provider, model, id } of indexOf(snapshot).flat()) {
    if (!model.isChat) continue;
    const distance = Math.min(
      editDistance(wanted, id, atMost),
      editDistance(wanted, `${provider.toLowerCase()}/${id}`, atMost),
    );
    if (distance <= atMost) near.push({ ref: { provider, model: model.id }, distance });
  }
  return near
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ ref }) => ref);
}

/** How many characters differ (put in, left out, replaced); anything above `atMost` once it is certain to be above. */
export function editDistance(a: string, b: string, atMost: number): number {
  if (Math.abs(a.length - b.length) > atMost) return atMost + 1;
  let last = Array.from({ length: b.length + 1 }, (_unused, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= b.length; column++) {
      const replaced = (last[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const value = Math.min(replaced, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      current.push(value);
      least = Math.min(least, value);
    }
    if (least > atMost) return atMost + 1;
    last = current;
  }
  return last[b.length] ?? 0;
}
