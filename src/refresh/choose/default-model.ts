import type { ModelInfo, ProviderId } from "../../providers/provider.js";
import type { Snapshot } from "../catalog/catalog-entry.js";
import type { ModelRef } from "./model-ref.js";

export interface Preference {
  readonly id: ProviderId;
  /** Id prefixes, best first, as "gpt-5" or "claude-sonnet". */
  readonly preferredFamilies: readonly string[];
}

export interface DefaultModelFacts {
  readonly snapshot: Snapshot;
  /** In the order of the registry; only the first one is asked, so that a default never moves to another vendor. */
  readonly setups: readonly Preference[];
}

/** The model of the first configured provider that a new conversation gets; undefined while it has no chat model. */
export function defaultModel({ snapshot, setups }: DefaultModelFacts): ModelRef | undefined {
  const [first] = setups;
  return first === undefined ? undefined : defaultModelOf(snapshot, first);
}

/** One provider's default: the newest listed model of the first family that has one, else its first chat model. */
export function defaultModelOf(snapshot: Snapshot, { id, preferredFamilies }: Preference): ModelRef | undefined {
  const entry = snapshot.providers.get(id);
  // What was refused when somebody used it would fail the next conversation too.
  const refused = new Set(entry?.refused?.map(({ model }) => model));
  const chat = entry?.models.filter((model) => model.isChat && !refused.has(model.id)) ?? [];
  for (const family of preferredFamilies) {
    const newest = chat.filter((model) => isOfFamily(model.id, family)).sort(newestFirst)[0];
    if (newest !== undefined) return { provider: id, model: newest.id };
  }
  return chat[0] === undefined ? undefined : { provider: id, model: chat[0].id };
}

/** "gpt-5" leads "gpt-5-mini" and "gpt-5.1", but not "gpt-50". */
function isOfFamily(id: string, family: string): boolean {
  return id.startsWith(family) && !(/\d$/.test(family) && /^\d/.test(id.slice(family.length)));
}

export function newestFirst(a: ModelInfo, b: ModelInfo): number {
  return (b.releasedAt ?? 0) - (a.releasedAt ?? 0) || newestIdFirst(a.id, b.id);
}

/** By version numbers; among equals the plain name ("gpt-5") comes before its variants ("gpt-5-mini", dated ones). */
function newestIdFirst(a: string, b: string): number {
  const [left, right] = [versionOf(a), versionOf(b)];
  for (let part = 0; part < Math.max(left.length, right.length); part++) {
    const difference = (right[part] ?? -1) - (left[part] ?? -1);
    if (difference !== 0) return difference;
  }
  return a.length - b.length || (a < b ? 1 : -1);
}

/** Returns the version numbers in a model's name without a date like 20250514: a dated name is no newer version. */
function versionOf(id: string): readonly number[] {
  return (id.replace(/\d{4}-\d{2}-\d{2}|\d{6,}/g, "").match(/\d+/g) ?? []).map(Number);
}
