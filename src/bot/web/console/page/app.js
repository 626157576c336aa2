import { call } from "/assets/shared/api.js";
import { byId, messageOf } from "/assets/shared/elements.js";
import { keepOpen } from "/assets/shared/live.js";
import { plainWords, refreshLabel } from "/assets/shared/texts.js";
import { clockWords } from "/assets/shared/time.js";
import { createCatalogue } from "./catalogue.js";
import { showChanges } from "./changes.js";
import { createCharts } from "./charts.js";
import { createOverview } from "./overview.js";
import { createSettings } from "./settings.js";

/**
 * @import { ConsoleViews } from "../console-events.js"
 * @typedef {ReturnType<ConsoleViews["state"]>} ConsoleState
 * @typedef {ReturnType<ConsoleViews["series"]>} SeriesView
 * @typedef {ReturnType<ConsoleViews["catalogue"]>} CatalogueView
 * @typedef {Awaited<ReturnType<ConsoleViews["usage"]>>} UsageView
 */

/** How long the result of a refresh stays in the title bar. */
const NOTE_MS = 12_000;
let heardAt = Date.now();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let noteTimer;

/**
 * Runs a command, and shows its reply in `note`. Returns the settings then in force, undefined where it did not arrive.
 * @param {string} command
 * @param {HTMLElement} note
 */
async function run(command, note) {
  note.textContent = "Working…";
  try {
    /** @type {{ text: string, settings: ConsoleState["settings"] }} */
    const { text, settings } = await call("/api/console/commands", { command });
    note.textContent = plainWords(text);
    return settings;
  } catch (error) {
    note.textContent = messageOf(error);
    return undefined;
  }
}

const overview = createOverview();
const charts = createCharts(byId("chart-grid"));
const settings = createSettings({ run: (command) => run(command, byId("setting-note")) });
const catalogue = createCatalogue();

/** @type {Readonly<Record<string, (data: never) => void>>} */
const handlers = {
  /** @param {ConsoleState} state */
  state(state) {
    heardAt = Date.now();
    byId("main").removeAttribute("aria-busy");
    const { refresh, platforms } = state;
    const indicator = byId("indicator");
    indicator.dataset.state = refresh.indicator;
    if (indicator.textContent !== refresh.line) indicator.textContent = refresh.line;
    byId("refresh").textContent = refreshLabel(refresh);
    const hasPlayground = platforms.some(({ name }) => name === "playground");
    byId("playground-link").hidden = !hasPlayground;
    byId("settings-idle").hidden = hasPlayground;
    overview.showState(state);
    settings.show(state.settings);
  },
  /** @param {SeriesView} series */
  series(series) {
    charts.showSeries(series);
    overview.showRefreshes(series.refreshes);
  },
  usage: charts.showUsage,
  /** @param {CatalogueView} catalogue */
  catalogue({ models, changes }) {
    catalogue.show(models);
    settings.offer(models);
    showChanges(byId("change-list"), changes);
  },
};

const refresh = byId("refresh", HTMLButtonElement);
refresh.addEventListener("click", async () => {
  refresh.disabled = true;
  clearTimeout(noteTimer);
  await run("/refresh-models", byId("refresh-note"));
  refresh.disabled = false;
  noteTimer = setTimeout(() => byId("refresh-note").replaceChildren(), NOTE_MS);
});

// So that the arrow keys scroll wide tables.
for (const frame of document.querySelectorAll(".table-frame")) frame.setAttribute("tabindex", "0");

keepOpen({
  path: "/api/console/events",
  onOpen: async () => {}, // the stream begins with everything
  onEvent: (name, data) => handlers[name]?.(/** @type {never} */ (data)),
  onConnection(isConnected) {
    byId("offline").hidden = isConnected;
    document.body.classList.toggle("is-offline", !isConnected);
    if (!isConnected) byId("offline-since").textContent = clockWords(heardAt);
  },
});
