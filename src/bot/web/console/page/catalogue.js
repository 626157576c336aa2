import { byId, make } from "/assets/shared/elements.js";
import { plural, t } from "/assets/shared/translate.js";
import { compactNumber, priceWords } from "./format.js";

/**
 * @import { CatalogueView } from "./app.js"
 * @typedef {CatalogueView["models"][number]} Model
 * @typedef {Exclude<keyof Model, "name">} ColumnKey
 */

/** Rows drawn at once; a catalogue has thousands. */
const PAGE = 100;
/** @type {Readonly<Record<string, string>>} */
const STATES = {
  listed: t`listed`,
  unlisted: t`no longer listed`,
  retired: t`retired`,
  "not-usable-here": t`not usable for chat`,
};
/** @type {readonly { key: ColumnKey, label: string, isNumber?: boolean }[]} */
const COLUMNS = [
  { key: "provider", label: t`Provider` },
  { key: "id", label: t`Model` },
  { key: "state", label: t`State` },
  { key: "contextTokens", label: t`Context`, isNumber: true },
  { key: "inputPrice", label: t`Input, per 1M`, isNumber: true },
  { key: "outputPrice", label: t`Output, per 1M`, isNumber: true },
  { key: "releasedAt", label: t`Released`, isNumber: true },
];

/** Every model with its state, window and prices: searched, filtered and sorted. */
export function createCatalogue() {
  const search = byId("model-search", HTMLInputElement);
  const provider = byId("filter-provider", HTMLSelectElement);
  const state = byId("filter-state", HTMLSelectElement);
  const more = byId("more-models");
  /** @type {readonly (Model & { text: string })[]} */
  let rows = [];
  /** @type {{ key: ColumnKey, isUp: boolean }} */
  let order = { key: "provider", isUp: true };
  let shown = PAGE;
  let isLoaded = false;

  const headers = COLUMNS.map(({ key, label, isNumber }) => {
    const button = make("button", { type: "button", className: "sort" }, label);
    const header = make("th", { scope: "col", className: isNumber ? "number" : "" }, button);
    button.addEventListener("click", () => {
      order = { key, isUp: order.key === key ? !order.isUp : true };
      draw();
    });
    return { key, header };
  });
  byId("model-columns").append(...headers.map(({ header }) => header));

  const found = () => {
    const words = search.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "");
    return rows
      .filter(
        (row) =>
          (provider.value === "" || row.provider === provider.value) &&
          (state.value === "" || row.state === state.value),
      )
      .filter(({ text }) => words.every((word) => text.includes(word)))
      .sort((a, b) => compare(a[order.key], b[order.key], order.isUp) || compare(a.id, b.id, true));
  };
  const draw = () => {
    for (const { key, header } of headers)
      header.ariaSort = key === order.key ? (order.isUp ? "ascending" : "descending") : "none";
    if (!isLoaded) return;
    const matching = found();
    byId("models").replaceChildren(
      ...(matching.length === 0 ? [emptyRow(rows.length)] : matching.slice(0, shown).map(modelRow)),
    );
    byId("model-count").textContent =
      matching.length === rows.length
        ? plural(rows.length, "model")
        : t`${matching.length} of ${plural(rows.length, "model")}`;
    more.hidden = matching.length <= shown;
  };
  const restart = () => {
    shown = PAGE;
    draw();
  };
  search.addEventListener("input", restart);
  provider.addEventListener("change", restart);
  state.addEventListener("change", restart);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    shown += 5 * PAGE;
    draw();
  });

  return {
    /** @param {readonly Model[]} models */
    show(models) {
      rows = models.map((row) => ({ ...row, text: `${row.provider}/${row.id} ${row.name}`.toLowerCase() }));
      isLoaded = true;
      fillSelect(
        provider,
        [...new Set(rows.map((row) => row.provider))].map((id) => /** @type {const} */ ([id, id])),
      );
      fillSelect(
        state,
        Object.entries(STATES).filter(([value]) => rows.some((row) => row.state === value)),
      );
      draw();
    },
  };
}

/**
 * Unknown comes last in both directions.
 * @param {string | number | null} a
 * @param {string | number | null} b
 * @param {boolean} isUp
 */
function compare(a, b, isUp) {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const way = typeof a === "number" ? a - Number(b) : a.localeCompare(String(b), "en", { numeric: true });
  return isUp ? way : -way;
}

/**
 * @param {HTMLSelectElement} select
 * @param {readonly (readonly [value: string, label: string])[]} options
 */
function fillSelect(select, options) {
  const chosen = select.value;
  select.replaceChildren(
    ...[...select.options].slice(0, 1),
    ...options.map(([value, label]) => make("option", { value }, label)),
  );
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

/** @param {Model} model */
function modelRow({ provider, id, name, state, contextTokens, inputPrice, outputPrice, releasedAt }) {
  /** @param {string} text */
  const cell = (text) => make("td", { className: "number" }, text);
  const called = name === id ? [] : [make("span", { className: "about" }, ` ${name}`)];
  return make(
    "tr",
    {},
    make("td", {}, provider),
    make("th", { scope: "row" }, id, ...called),
    make("td", {}, make("span", { className: `badge ${state === "listed" ? "good" : "bad"}` }, STATES[state] ?? state)),
    cell(contextTokens === null ? "–" : compactNumber(contextTokens)),
    cell(priceWords(inputPrice)),
    cell(priceWords(outputPrice)),
    cell(releasedAt === null ? "–" : new Date(releasedAt).toISOString().slice(0, 10)),
  );
}

/** @param {number} total how many there are without a filter */
const emptyRow = (total) =>
  make(
    "tr",
    {},
    make(
      "td",
      { colSpan: COLUMNS.length, className: "empty" },
      total === 0
        ? t`No provider has returned a list yet. The first refresh fetches one.`
        : t`No model matches. Try fewer words, or another filter.`,
    ),
  );
