import { fitsGlob } from "../../base/text.js";
import type { ModelInfo } from "../../providers/provider.js";
import type { Snapshot } from "../catalog/catalog-entry.js";
import type { ModelChange } from "../catalog/change-log.js";
import { newestFirst } from "./default-model.js";
import { type ModelRef, modelName } from "./model-ref.js";

interface Candidate {
  readonly ref: ModelRef;
  readonly row: ModelInfo;
}

/** A memo of a pure function, no state: looking through thousands of models would take a question's time. */
const found = new WeakMap<Snapshot, Map<string, ModelRef | undefined>>();

/** The newest listed chat model that fits a glob over "provider/model"; undefined where none does. */
export function newestMatch(snapshot: Snapshot, pattern: string): ModelRef | undefined {
  const known = found.get(snapshot) ?? new Map<string, ModelRef | undefined>();
  found.set(snapshot, known);
  if (!known.has(pattern)) known.set(pattern, newestOf(candidatesOf(snapshot, pattern).values())?.ref);
  return known.get(pattern);
}

/**
 * Since when the newest match is the one that it is now (epoch ms): the lists are taken back change by change, until
 * another one would be, or to `setAt`, when the pattern was set.
 */
export function newestMatchSince(
  snapshot: Snapshot,
  { pattern, setAt }: { readonly pattern: string; readonly setAt: number },
  changes: readonly ModelChange[],
): number {
  const present = candidatesOf(snapshot, pattern);
  const now = newestOf(present.values())?.ref;
  const later = changes.filter(
    ({ at, provider, model }) => at > setAt && fitsGlob(pattern, modelName({ provider, model })),
  );
  for (const { at, kind, provider, model } of [...later].sort((a, b) => b.at - a.at)) {
    const name = modelName({ provider, model });
    const left = snapshot.providers.get(provider)?.missing?.find((row) => row.model.id === model)?.model;
    if (kind === "new" || kind === "back") present.delete(name);
    else if (kind === "gone" && left !== undefined) present.set(name, { ref: { provider, model }, row: left });
    const before = newestOf(present.values())?.ref;
    if (before?.provider !== now?.provider || before?.model !== now?.model) return at;
  }
  return setAt;
}

function candidatesOf(snapshot: Snapshot, pattern: string): Map<string, Candidate> {
  const candidates = new Map<string, Candidate>();
  for (const [provider, { models, refused = [] }] of snapshot.providers) {
    // What was refused when somebody used it would fail the next conversation too.
    const out = new Set(refused.map(({ model }) => model));
    for (const row of models) {
      const name = modelName({ provider, model: row.id });
      if (row.isChat && !out.has(row.id) && fitsGlob(pattern, name))
        candidates.set(name, { ref: { provider, model: row.id }, row });
    }
  }
  return candidates;
}

const newestOf = (candidates: Iterable<Candidate>): Candidate | undefined =>
  [...candidates].sort((a, b) => newestFirst(a.row, b.row))[0];
