import { call } from "/assets/shared/api.js";
import { byId } from "/assets/shared/elements.js";
import { keepOpen } from "/assets/shared/live.js";
import { INDICATORS, refreshLabel } from "/assets/shared/texts.js";
import { clockWords } from "/assets/shared/time.js";
import { createCatalogue } from "./catalogue.js";
import { showChanges } from "./changes.js";
import { createCharts } from "./charts.js";
import { createOverview } from "./overview.js";
import { createSettings } from "./settings.js";

const note = byId("setting-note");
let heardAt = Date.now();

/** Runs a command; what it answers is shown under the settings. */
async function run(command) {
  note.textContent = "Working…";
  try {
    const { text } = await call("/api/console/commands", { command });
    note.textContent = plain(text);
  } catch (error) {
    note.textContent = error.message;
  }
}

/** The few marks of a reply's Markdown, and its times, as plain words. */
const plain = (text) =>
  text.replaceAll(/[*`]/g, "").replaceAll(/<t:(\d+)(?::\w)?>/g, (_mark, seconds) => clockWords(seconds * 1000));

const overview = createOverview();
const charts = createCharts(byId("chart-grid"));
const settings = createSettings({ run });
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
  await run("/refresh-models");
  byId("refresh").disabled = false;
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
