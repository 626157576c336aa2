import type { ModelInfo, ProviderId } from "../../providers/provider.js";
import type { Snapshot } from "../catalog/catalog-types.js";
import { newestFirst } from "./default-model.js";
import { indexOf } from "./model-index.js";

/** The words of an id without versions: "claude-3-5-sonnet-20241022" and "claude-sonnet-4-5" are one family. */
export const familyOf = (id: string): string =>
  id
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/u)
    .filter((word) => word !== "" && !/^\p{N}+$/u.test(word) && !ASIDE.has(word))
    .sort()
    .join(" ");

/** Words for how far a version has come, not for another model; "v" and "b" stand beside numbers. */
const ASIDE = new Set(["preview", "latest", "exp", "experimental", "beta", "v", "it", "instruct"]);

/** The newest listed chat model of the same provider and family that is older; undefined where there is none. */
export function olderSibling(snapshot: Snapshot, provider: ProviderId, model: ModelInfo): ModelInfo | undefined {
  const family = familyOf(model.id);
  const words = family.split(" ");
  const rows = indexOf(snapshot).find(([first]) => first?.provider === provider) ?? [];
  let newest: ModelInfo | undefined;
  for (const { model: other, id } of rows) {
    // Cheaper than taking thousands of ids apart: most have other words.
    if (!other.isChat || other.id === model.id || !words.every((word) => id.includes(word))) continue;
    if (familyOf(other.id) !== family || newestFirst(model, other) >= 0) continue;
    if (newest === undefined || newestFirst(other, newest) < 0) newest = other;
  }
  return newest;
}
