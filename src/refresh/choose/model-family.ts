import type { ModelInfo } from "../../providers/provider.js";
import { newestFirst } from "./default-model.js";

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

/** The newest chat model of the same family that is older; undefined where there is none. */
export function olderSibling(models: readonly ModelInfo[], model: ModelInfo): ModelInfo | undefined {
  const family = familyOf(model.id);
  return models
    .filter((other) => other.isChat && other.id !== model.id && familyOf(other.id) === family)
    .filter((other) => newestFirst(model, other) < 0)
    .sort(newestFirst)[0];
}
