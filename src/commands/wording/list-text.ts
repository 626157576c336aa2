import { dayInWords, timeMark } from "../../base/time.js";
import { localeInForce, type Phrase, phrase, plural, t } from "../../languages/translate.js";
import type { ModelInfo, ProviderId } from "../../providers/provider.js";
import {
  type CatalogEntry,
  modelRowsOf,
  type RowState,
  type Snapshot,
  stateOf,
} from "../../refresh/catalog/catalog-entry.js";
import { closestModels } from "../../refresh/choose/closest-models.js";
import { cleanTyped } from "../../refresh/choose/model-index.js";
import { modelName } from "../../refresh/choose/model-ref.js";
import { noChatModelText, outcomeWords } from "../../refresh/refresh-texts.js";
import type { Pin } from "../../store/sessions/sessions.js";
import { code } from "./markdown.js";

export interface ListFilter {
  readonly provider?: ProviderId | undefined;
  readonly search?: string | undefined;
  /** From 1 on, of the models of one provider or of what a search found. Default: the first. */
  readonly page?: number | undefined;
}

/** What a list shows, and where it goes on. */
export interface ListView {
  readonly text: string;
  /** From 1 on. */
  readonly page: number;
  readonly pages: number;
  /** Providers of which only a part is shown, with how many models they have. */
  readonly cut: readonly { readonly provider: ProviderId; readonly count: number }[];
}

/** How many models one message lists: they fit on every platform, and people still read them. */
const MAX_MODELS = 40;

interface Group {
  readonly provider: ProviderId;
  readonly entry: CatalogEntry;
  /** The chat models that fit; what is pinned comes first, so that it is never among those left out. */
  readonly rows: readonly {
    readonly id: string;
    readonly state: RowState;
    readonly isPinned: boolean;
    /** "retires on 14 Jan 2027"; undefined where its vendor says nothing of the kind. */
    readonly end: string | undefined;
  }[];
}

/**
 * Lists the chat models by provider, as far as they fit into a message; counts are of all of them. `hintOf` says what
 * helps a provider that has no list.
 */
export function listView(
  snapshot: Snapshot,
  filter: ListFilter,
  pin: Pin | null,
  hintOf: (provider: ProviderId) => string | undefined,
): ListView {
  const words = wordsOf(filter.search);
  const groups = [...snapshot.providers]
    .filter(([id]) => filter.provider === undefined || id === filter.provider)
    .map(([id, entry]) => groupOf(id, entry, words, pin));
  const found = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  const isSearch = words.length > 0;
  const isPaged = isSearch || groups.length === 1;
  const pages = isPaged ? Math.max(1, Math.ceil(found / MAX_MODELS)) : 1;
  const page = Math.min(Math.max(1, filter.page ?? 1), pages);
  const counts = groups.map(({ rows }) => rows.length);
  const parts = isPaged ? partsOfPage(counts, page) : dealOut(counts, MAX_MODELS).map((to) => ({ from: 0, to }));
  const shown = groups.map((group, index) => ({ group, ...(parts[index] ?? { from: 0, to: 0 }) }));
  const blocks = shown.flatMap(({ group, from, to }) => {
    const isHere = to > from || (group.rows.length === 0 && !isSearch);
    const { fetchedAt } = group.entry;
    return fetchedAt !== null && isHere ? [blockText(group, { fetchedAt, from, to, isSearch, isPaged })] : [];
  });
  const missing = groups.flatMap(({ provider, entry }) =>
    entry.fetchedAt === null ? [missingText(provider, entry, hintOf(provider))] : [],
  );
  const cut = isPaged ? [] : shown.filter(({ group, to }) => to < group.rows.length);
  const text = [
    ...titleLines(groups, found, isSearch),
    ...(groups.length === 0 ? [t`No provider is configured, so there is no list.`] : []),
    ...(isSearch && found === 0 ? [nothingText(snapshot, filter.search ?? "")] : []),
    ...blocks,
    ...pinLines(snapshot, pin),
    ...missing,
    ...(pages > 1 ? [t`Page ${page} of ${pages}. ${NARROW}`] : cut.length > 0 ? [NARROW] : []),
  ].join("\n");
  return { text, page, pages, cut: cut.map(({ group: { provider, rows } }) => ({ provider, count: rows.length })) };
}

/** The total, once; a provider that stands alone is its own title. */
function titleLines(groups: readonly Group[], found: number, isSearch: boolean): readonly string[] {
  const lists = groups.filter(({ rows }) => rows.length > 0).length;
  if (lists < 2) return [];
  return [
    isSearch
      ? t`**Models**: ${found.toLocaleString(localeInForce())} found, on ${lists} lists`
      : t`**Models**: ${found.toLocaleString(localeInForce())} in all, on ${lists} lists`,
  ];
}

const NARROW = phrase`Narrow it down with a search, like ${code("/models list gpt")}.`;

/** Which rows of each group stand on a page, where the groups follow each other. */
function partsOfPage(
  counts: readonly number[],
  page: number,
): readonly { readonly from: number; readonly to: number }[] {
  const [first, end] = [(page - 1) * MAX_MODELS, page * MAX_MODELS];
  let before = 0;
  return counts.map((count) => {
    const [from, to] = [first - before, end - before].map((row) => Math.min(count, Math.max(0, row)));
    before += count;
    return { from: from ?? 0, to: to ?? 0 };
  });
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
      end: endWords(model),
    }));
  return { provider, entry, rows: rows.sort((a, b) => Number(b.isPinned) - Number(a.isPinned)) };
}

interface Part {
  readonly fetchedAt: number;
  readonly from: number;
  readonly to: number;
  readonly isSearch: boolean;
  readonly isPaged: boolean;
}

function blockText({ provider, entry, rows }: Group, { fetchedAt, from, to, isSearch, isPaged }: Part): string {
  if (!isSearch && rows.length === 0 && entry.models.length > 0) {
    const text = noChatModelText(provider, entry.models.length);
    return t`**${provider}** (list from ${timeMark(fetchedAt)}): ${text}`;
  }
  const isOk = entry.outcome === null || entry.outcome === "ok";
  const failing = isOk ? "" : t`; last attempt: ${outcomeWords(entry.outcome, { lastFailure: entry.lastFailure })}`;
  const onList = entry.models.filter(({ isChat }) => isChat).length;
  const gone = rows.length > onList ? t` and ${rows.length - onList} that left the list` : "";
  const count = isSearch ? t`${rows.length} found` : `${plural(onList, "model")}${gone}`;
  return [
    t`**${provider}** (${count}, list from ${timeMark(fetchedAt)}${failing})`,
    ...rows.slice(from, to).map(({ id, state, isPinned, end }) => {
      const note = state === "listed" ? end : stateWords(state);
      return t`- ${code(id, 120)}${note === undefined ? "" : ` (${note})`}${isPinned ? t` 📌 pinned here` : ""}`;
    }),
    ...(to < rows.length && !isPaged ? [t`- … ${rows.length - to} more of ${provider}`] : []),
  ].join("\n");
}

/** Why a provider has nothing to show. */
function missingText(provider: ProviderId, entry: CatalogEntry, hint: string | undefined): string {
  const { outcome, lastFailure } = entry;
  if (outcome === null || outcome === "ok") return t`– **${provider}**: no list yet`;
  const opening = outcome === "empty" ? t`it` : t`no list yet, it`;
  return `⚠️ **${provider}**: ${opening} ${outcomeWords(outcome, { lastFailure })}. ${hint ?? ""}`.trimEnd();
}

const STATES: Readonly<Record<Exclude<RowState, "listed">, Phrase>> = {
  unlisted: phrase`no longer on its provider's list`,
  retired: phrase`retired by its provider`,
  "not-usable-here": phrase`its provider refuses it for chat`,
};
const endWords = ({ retiresAt, isDeprecated }: ModelInfo): string | undefined =>
  retiresAt !== undefined ? t`retires on ${dayInWords(retiresAt)}` : isDeprecated ? t`deprecated` : undefined;
const stateWords = (state: Exclude<RowState, "listed">) => STATES[state];

/** The pin of this conversation, where no row of any list can show it. */
function pinLines(snapshot: Snapshot, pin: Pin | null): readonly string[] {
  if (pin === null) return [];
  const entry = snapshot.providers.get(pin.provider);
  if (entry !== undefined && stateOf(entry, pin.model) !== undefined) return [];
  const state = entry === undefined ? t`its provider is not configured` : t`not on its provider's list`;
  return [t`📌 pinned here: ${code(modelName(pin), 120)} (${state})`];
}

function nothingText(snapshot: Snapshot, search: string): string {
  const near = closestModels(snapshot, cleanTyped(search), 3).map((choice) => code(modelName(choice)));
  return t`No listed model matches ${code(search)}.${near.length > 0 ? t` The closest: ${near.join(", ")}.` : ""}`;
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
