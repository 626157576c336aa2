import { call } from "/assets/shared/api.js";
import { byId } from "/assets/shared/elements.js";
import { keepOpen } from "/assets/shared/live.js";
import { INDICATORS, plainWords, refreshLabel } from "/assets/shared/texts.js";
import { clockWords } from "/assets/shared/time.js";
import { createCatalogue } from "./catalogue.js";
import { showChanges } from "./changes.js";
import { createCharts } from "./charts.js";
import { createOverview } from "./overview.js";
import { createSettings } from "./settings.js";

/** How long what came of a refresh stands in the title bar. */
const NEWS_MS = 12_000;
let heardAt = Date.now();
let newsTimer;

/** Runs a command, and shows in `note` what it answers. */
async function run(command, note) {
  note.textContent = "Working…";
  try {
    const { text } = await call("/api/console/commands", { command });
    note.textContent = plainWords(text);
  } catch (error) {
    note.textContent = error.message;
  }
}

const overview = createOverview();
const charts = createCharts(byId("chart-grid"));
const settings = createSettings({ run: (command) => run(command, byId("setting-note")) });
const catalogue = createCatalogue();

const handlers = {
  state(state) {
    heardAt = Date.now();
    byId("main").removeAttribute("aria-busy");
    const { refresh, platforms } = state;
    const indicator = byId("indicator");
    indicator.dataset.state = refresh.indicator;
    if (indicator.textContent !== INDICATORS[refresh.indicator]) indicator.textContent = INDICATORS[refresh.indicator];
    byId("refresh").textContent = refreshLabel(refresh);
    const hasPlayground = platforms.some(({ name }) => name === "playground");
    byId("playground-link").hidden = !hasPlayground;
    byId("settings-idle").hidden = hasPlayground;
    overview.showState(state);
    settings.show(state.settings);
  },
  series(series) {
    charts.showSeries(series);
    overview.showRefreshes(series.refreshes);
  },
  usage: charts.showUsage,
  catalogue({ models, changes }) {
    catalogue.show(models);
    settings.offer(models);
    showChanges(byId("change-list"), changes);
  },
};

byId("refresh").addEventListener("click", async () => {
  byId("refresh").disabled = true;
  clearTimeout(newsTimer);
  await run("/refresh-models", byId("refresh-note"));
  byId("refresh").disabled = false;
  newsTimer = setTimeout(() => byId("refresh-note").replaceChildren(), NEWS_MS);
});

// So that the arrow keys scroll wide tables.
for (const frame of document.querySelectorAll(".table-frame")) frame.tabIndex = 0;

keepOpen({
  path: "/api/console/events",
  onOpen: async () => {}, // the stream begins with everything
  onEvent: (name, data) => handlers[name]?.(data),
  onConnection(isConnected) {
    byId("offline").hidden = isConnected;
    document.body.classList.toggle("is-offline", !isConnected);
    if (!isConnected) byId("offline-since").textContent = clockWords(heardAt);
  },
});
