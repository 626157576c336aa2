import type { ProviderId } from "../../providers/provider.js";
import type { Snapshot } from "../catalog/catalog-entry.js";
import { closestModels } from "./closest-models.js";
import { defaultModelOf, type Preference } from "./default-model.js";
import { cleanTyped, type IndexRow, indexOf } from "./model-index.js";
import type { ModelRef } from "./model-ref.js";

/**
 * - `exact` this one; `isListed` is false where its provider does not list it (it may work anyway)
 * - `ambiguous` two or more fit
 * - `unknown` none does; `choices` are the closest ones, perhaps none
 */
export type FoundModel =
  | { readonly kind: "exact"; readonly provider: ProviderId; readonly model: string; readonly isListed: boolean }
  | { readonly kind: "ambiguous"; readonly choices: readonly ModelRef[] }
  | { readonly kind: "unknown"; readonly choices: readonly ModelRef[] };

/** Most models that are offered for an ambiguous name. */
const MAX_CHOICES = 10;

/**
 * Which model a person means by "provider/model", a bare model id, a bare provider id (then its default by `setups`),
 * or a part of one. A `provider/model` of a configured provider is taken as it is, listed or not.
 */
export function findModel(snapshot: Snapshot, typed: string, setups: readonly Preference[] = []): FoundModel {
  const wanted = cleanTyped(typed);
  if (wanted === "") return { kind: "unknown", choices: [] };
  return ofProvider(snapshot, wanted, setups) ?? byId(snapshot, wanted) ?? byPart(snapshot, wanted);
}

/** "provider/model", split at the first slash, or just "provider"; only for a configured one. */
function ofProvider(snapshot: Snapshot, wanted: string, setups: readonly Preference[]): FoundModel | undefined {
  const slash = wanted.indexOf("/");
  const prefix = (slash === -1 ? wanted : wanted.slice(0, slash)).toLowerCase();
  const provider = [...snapshot.providers.keys()].find((id) => id.toLowerCase() === prefix);
  if (provider === undefined) return undefined;
  if (slash === -1) {
    const preference = setups.find(({ id }) => id === provider) ?? { id: provider, preferredFamilies: [] };
    const found = defaultModelOf(snapshot, preference);
    return found && { kind: "exact", ...found, isListed: true };
  }
  const model = wanted.slice(slash + 1);
  const rows = snapshot.providers.get(provider)?.models ?? [];
  const listed =
    rows.find((row) => row.id === model) ?? rows.find((row) => row.id.toLowerCase() === model.toLowerCase());
  // Some servers name models after files, with spaces; in a name that no list has, a space is a slip.
  if (model === "" || (listed === undefined && /\s/.test(model))) return undefined;
  return { kind: "exact", provider, model: listed?.id ?? model, isListed: listed !== undefined };
}

/** A whole model id (it may hold slashes) or a whole name. */
function byId(snapshot: Snapshot, wanted: string): FoundModel | undefined {
  const rows = indexOf(snapshot).flat();
  const lower = wanted.toLowerCase();
  const tests: readonly ((row: IndexRow) => boolean)[] = [
    (row) => row.model.id === wanted,
    (row) => row.id === lower,
    (row) => row.model.name?.toLowerCase() === lower,
  ];
  for (const isIt of tests) {
    const fitting = rows.filter(isIt).map(toRef);
    const [only] = fitting;
    if (only !== undefined && fitting.length === 1) return { kind: "exact", ...only, isListed: true };
    if (only !== undefined) return { kind: "ambiguous", choices: fitting.slice(0, MAX_CHOICES) };
  }
  return undefined;
}

/** A part of an id or name is a hint and never a choice: even the only one that fits is asked back. */
function byPart(snapshot: Snapshot, wanted: string): FoundModel {
  const words = wanted.toLowerCase().split(/\s+/);
  const fitting = indexOf(snapshot)
    .flat()
    .filter((row) => row.model.isChat && words.every((word) => row.text.includes(word)))
    .map(toRef);
  if (fitting.length > 1) return { kind: "ambiguous", choices: fitting.slice(0, MAX_CHOICES) };
  return { kind: "unknown", choices: fitting.length > 0 ? fitting : closestModels(snapshot, wanted, MAX_CHOICES) };
}

const toRef = ({ provider, model }: IndexRow): ModelRef => ({ provider, model: model.id });
