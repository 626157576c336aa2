import type { Snapshot } from "../catalog/catalog-types.js";
import type { ModelRef } from "./default-model.js";
import { indexOf } from "./model-index.js";

/** More than that is no slip of the finger, however long the name. */
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

/** How many characters differ (put in, left out, replaced); anything above `atMost` once it is certain to be above. */
export function editDistance(a: string, b: string, atMost: number): number {
  if (Math.abs(a.length - b.length) > atMost) return atMost + 1;
  const far = atMost + 1;
  let last = Array.from({ length: b.length + 1 }, (_unused, column) => column);
  let current = new Array<number>(b.length + 1).fill(far);
  for (let row = 1; row <= a.length; row++) {
    // Further from the diagonal than `atMost` it is too far anyway.
    const from = Math.max(1, row - atMost);
    const to = Math.min(b.length, row + atMost);
    current[from - 1] = from === 1 ? row : far;
    let least = current[from - 1] ?? far;
    for (let column = from; column <= to; column++) {
      const replaced = (last[column - 1] ?? far) + (a.charCodeAt(row - 1) === b.charCodeAt(column - 1) ? 0 : 1);
      const above = column < row + atMost ? (last[column] ?? far) : far;
      const value = Math.min(replaced, above + 1, (current[column - 1] ?? far) + 1);
      current[column] = value;
      least = Math.min(least, value);
    }
    if (least > atMost) return far;
    [last, current] = [current, last];
  }
  return last[b.length] ?? far;
}
