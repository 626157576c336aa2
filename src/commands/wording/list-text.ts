import { plural } from "../../base/text.js";
import { timeMark } from "../../base/time.js";
import type { ProviderId } from "../../providers/provider.js";
import type { CatalogEntry, RowState, Snapshot } from "../../refresh/catalog/catalog-types.js";
import { modelRowsOf, stateOf } from "../../refresh/catalog/row-state.js";
import { closestModels } from "../../refresh/choose/closest-models.js";
import { modelName } from "../../refresh/choose/default-model.js";
import { cleanTyped } from "../../refresh/choose/model-index.js";
import { noChatModelText, outcomeHint, outcomeWords } from "../../refresh/refresh-texts.js";
import type { Pin } from "../../store/sessions/sessions.js";
import { code } from "./markdown.js";

export interface ListFilter {
  readonly provider?: ProviderId | undefined;
  readonly search?: string | undefined;
}

/** How many models one message lists: they fit on every platform, and people still read them. */
const MAX_MODELS = 40;

interface Group {
  readonly provider: ProviderId;
  readonly entry: CatalogEntry;
  /** The chat models that fit; what is pinned comes first, so that it is never among those left out. */
  readonly rows: readonly { readonly id: string; readonly state: RowState; readonly isPinned: boolean }[];
}

/** The chat models by provider, as far as they fit into a message; counts are of all of them. */
export function listText(snapshot: Snapshot, filter: ListFilter, pin: Pin | null): string {
  const words = wordsOf(filter.search);
  const groups = [...snapshot.providers]
    .filter(([id]) => filter.provider === undefined || id === filter.provider)
    .map(([id, entry]) => groupOf(id, entry, words, pin));
  if (groups.length === 0) return "No provider is configured, so there is no list.";
  const found = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  const isSearch = words.length > 0;
  const opening = isSearch && found === 0 ? [nothingText(snapshot, filter.search ?? "")] : [];
  const given = dealOut(
    groups.map(({ rows }) => rows.length),
    MAX_MODELS,
  );
  const blocks = groups.flatMap((group, index) =>
    isSearch && group.rows.length === 0 && group.entry.fetchedAt !== null
      ? []
      : [blockText(group, given[index] ?? 0, { isSearch, isAlone: groups.length === 1 })],
  );
  const rest = Math.max(0, found - MAX_MODELS);
  const more = rest > 0 ? [`… and ${rest} more: narrow it with a search, as ${code("/models list gpt")}`] : [];
  return [...opening, ...blocks, ...pinLines(snapshot, pin), ...more].join("\n");
}

const wordsOf = (search = "") =>
  cleanTyped(search)
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");

function groupOf(provider: ProviderId, entry: CatalogEntry, words: readonly string[], pin: Pin | null): Group {
  const rows = modelRowsOf(entry)
    .filter(({ model }) => {
      const text = `${provider}/${model.id} ${model.name ?? ""}`.toLowerCase();
      return model.isChat && words.every((word) => text.includes(word));
    })
    .map(({ model, state }) => ({
      id: model.id,
      state,
      isPinned: pin?.provider === provider && pin.model === model.id,
    }));
  return { provider, entry, rows: rows.sort((a, b) => Number(b.isPinned) - Number(a.isPinned)) };
}

function blockText(
  { provider, entry, rows }: Group,
  share: number,
  { isSearch, isAlone }: { readonly isSearch: boolean; readonly isAlone: boolean },
): string {
  if (entry.fetchedAt === null) return missingText(provider, entry);
  if (!isSearch && rows.length === 0 && entry.models.length > 0) {
    const text = noChatModelText(provider, entry.models.length);
    return `**${provider}** (list from ${timeMark(entry.fetchedAt)}): ${text}`;
  }
  const isOk = entry.outcome === null || entry.outcome === "ok";
  const failing = isOk ? "" : `; last attempt: ${outcomeWords(entry.outcome)}`;
  const onList = entry.models.filter(({ isChat }) => isChat).length;
  const gone = rows.length > onList ? ` and ${rows.length - onList} that left the list` : "";
  const count = isSearch ? `${rows.length} found` : `${plural(onList, "model")}${gone}`;
  const left = rows.length - share;
  return [
    `**${provider}** (${count}, list from ${timeMark(entry.fetchedAt)}${failing})`,
    ...rows.slice(0, share).map(({ id, state, isPinned }) => {
      return (
        "- " +
        `${code(id, 120)}${state === "listed" ? "" : ` (${stateWords(state)})`}${isPinned ? " 📌 pinned here" : ""}`
      );
    }),
    ...(left > 0 && !isAlone ? [`- … ${left} more of ${provider}`] : []),
  ].join("\n");
}

/** Why a provider has nothing to show. */
function missingText(provider: ProviderId, { outcome }: CatalogEntry): string {
  if (outcome === null || outcome === "ok") return `**${provider}**: no list yet`;
  const opening = outcome === "empty" ? "it" : "no list yet, it";
  return `**${provider}**: ${opening} ${outcomeWords(outcome)}. ${outcomeHint({ outcome }) ?? ""}`.trimEnd();
}

const STATES: Readonly<Record<Exclude<RowState, "listed">, string>> = {
  unlisted: "left its provider's list",
  retired: "retired by its provider",
  "not-usable-here": "its provider refuses it for chat",
};
const stateWords = (state: Exclude<RowState, "listed">) => STATES[state];

/** The pin of this conversation, where no row of any list can show it. */
function pinLines(snapshot: Snapshot, pin: Pin | null): readonly string[] {
  if (pin === null) return [];
  const entry = snapshot.providers.get(pin.provider);
  if (entry !== undefined && stateOf(entry, pin.model) !== undefined) return [];
  const state = entry === undefined ? "its provider is not configured" : "not on its provider's list";
  return [`📌 pinned here: ${code(modelName(pin), 120)} (${state})`];
}

function nothingText(snapshot: Snapshot, search: string): string {
  const near = closestModels(snapshot, cleanTyped(search), 3).map((choice) => code(modelName(choice)));
  return `No listed model fits ${code(search)}.${near.length > 0 ? ` The closest: ${near.join(", ")}.` : ""}`;
}

/** Deals `total` out in turns, to nobody more than wanted; what one does not need goes to the others. */
export function dealOut(wanted: readonly number[], total: number): readonly number[] {
  const given = wanted.map(() => 0);
  let left = Math.min(
    total,
    wanted.reduce((sum, want) => sum + want, 0),
  );
  while (left > 0) {
    for (const [index, want] of wanted.entries()) {
      const has = given[index] ?? 0;
      if (left === 0 || has >= want) continue;
      given[index] = has + 1;
      left--;
    }
  }
  return given;
}
