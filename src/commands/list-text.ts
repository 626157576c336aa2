import type { ProviderId } from "../providers/provider.js";
import type { CatalogEntry, Snapshot } from "../refresh/catalog-types.js";
import { closestModels } from "../refresh/closest-models.js";
import { outcomeHint, outcomeWords } from "../refresh/indicator.js";
import { cleanTyped, indexOf } from "../refresh/model-index.js";
import type { Pin } from "../store/sessions.js";
import { timeMark } from "../time-mark.js";
import { modelName } from "./model-in-force.js";
import { code, plural } from "./wording.js";

export interface ListFilter {
  readonly provider?: ProviderId | undefined;
  readonly search?: string | undefined;
}

/** So many models fit into one message of every platform, and are still read. */
const MAX_MODELS = 40;

interface Group {
  readonly provider: ProviderId;
  readonly entry: CatalogEntry;
  /** Ids of the chat models that fit. */
  readonly ids: readonly string[];
}

/** The chat models by provider, as far as they fit into a message; counts are of all of them. */
export function listText(snapshot: Snapshot, { provider, search = "" }: ListFilter, pin: Pin | null): string {
  const words = cleanTyped(search)
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const rows = indexOf(snapshot).flat();
  const groups = [...snapshot.providers]
    .filter(([id]) => provider === undefined || id === provider)
    .map(([id, entry]): Group => {
      const fitting = rows.filter(
        (row) => row.provider === id && row.model.isChat && words.every((word) => row.text.includes(word)),
      );
      return { provider: id, entry, ids: fitting.map(({ model }) => model.id) };
    });
  if (groups.length === 0) return "No provider is configured, so there is no list.";
  const found = groups.reduce((sum, { ids }) => sum + ids.length, 0);
  if (words.length > 0 && found === 0) return [nothingText(snapshot, search), ...missingLists(groups)].join("\n");
  const shown = shares(
    groups.map(({ ids }) => ids.length),
    MAX_MODELS,
  );
  const isSearch = words.length > 0;
  const blocks = groups
    .filter(({ ids }) => !isSearch || ids.length > 0)
    .map((group) => blockText(group, shown[groups.indexOf(group)] ?? 0, pin, isSearch));
  const rest = found - shown.reduce((sum, share) => sum + share, 0);
  const more = rest > 0 ? [`… and ${rest} more: narrow it with a search, as ${code("/models list gpt")}`] : [];
  return [...blocks, ...(isSearch ? missingLists(groups) : []), ...pinLines(snapshot, pin), ...more].join("\n");
}

function blockText({ provider, entry, ids }: Group, share: number, pin: Pin | null, isSearch: boolean): string {
  if (entry.fetchedAt === null) return missingText(provider, entry);
  const isPinned = (id: string) => pin?.provider === provider && pin.model === id;
  // The pinned one is never among those left out.
  const first = [...ids.filter(isPinned), ...ids.filter((id) => !isPinned(id))].slice(0, share);
  const count = isSearch ? `${ids.length} found` : plural(ids.length, "model");
  const failing =
    entry.outcome === null || entry.outcome === "ok" ? "" : `; last attempt: ${outcomeWords(entry.outcome)}`;
  const left = ids.length - first.length;
  return [
    `**${provider}** (${count}, list from ${timeMark(entry.fetchedAt)}${failing})`,
    ...first.map((id) => `- ${code(id, 120)}${isPinned(id) ? " 📌 pinned here" : ""}`),
    ...(left > 0 ? [`- … ${left} more of ${provider}`] : []),
  ].join("\n");
}

/** Why a provider has nothing to show. */
function missingText(provider: ProviderId, { outcome }: CatalogEntry): string {
  if (outcome === null || outcome === "ok") return `**${provider}**: no list yet`;
  return `**${provider}**: no list yet, it ${outcomeWords(outcome)}. ${outcomeHint(outcome) ?? ""}`.trimEnd();
}

const missingLists = (groups: readonly Group[]) =>
  groups.filter(({ entry }) => entry.fetchedAt === null).map(({ provider, entry }) => missingText(provider, entry));

/** The pin of this conversation, where no list shows it. */
function pinLines(snapshot: Snapshot, pin: Pin | null): readonly string[] {
  if (pin === null) return [];
  const entry = snapshot.providers.get(pin.provider);
  if (entry?.models.some(({ id }) => id === pin.model)) return [];
  const state = entry === undefined ? "its provider is not configured" : "not on its provider's list";
  return [`📌 pinned here: ${code(modelName(pin), 120)} (${state})`];
}

function nothingText(snapshot: Snapshot, search: string): string {
  const near = closestModels(snapshot, cleanTyped(search), 3).map((choice) => code(modelName(choice)));
  return `No listed model fits ${code(search)}.${near.length > 0 ? ` The closest: ${near.join(", ")}.` : ""}`;
}

/** Deals `total` out evenly; what one does not need goes to the others. */
export function shares(wanted: readonly number[], total: number): readonly number[] {
  const given = wanted.map(() => 0);
  for (let left = total, isDealt = true; left > 0 && isDealt; ) {
    isDealt = false;
    for (const [index, want] of wanted.entries()) {
      if (left === 0 || (given[index] ?? 0) >= want) continue;
      given[index] = (given[index] ?? 0) + 1;
      left--;
      isDealt = true;
    }
  }
  return given;
}
