import { callForLines } from "/assets/shared/api.js";
import { byId, make, messageOf } from "/assets/shared/elements.js";
import { keepOpen } from "/assets/shared/live.js";
import { plainWords, refreshLabel } from "/assets/shared/texts.js";
import { clockWords } from "/assets/shared/time.js";
import { t } from "/assets/shared/translate.js";
import { createAudit } from "./audit.js";
import { createCatalogue } from "./catalogue.js";
import { showChanges } from "./changes.js";
import { createCharts } from "./charts.js";
import { createConversations } from "./conversations.js";
import { createHistory } from "./history.js";
import { createOverview } from "./overview.js";
import { createProviders } from "./providers.js";
import { createSettings } from "./settings.js";

/**
 * @import { ConsoleViews } from "../console-events.js"
 * @typedef {ReturnType<ConsoleViews["state"]>} ConsoleState
 * @typedef {ReturnType<ConsoleViews["series"]>} SeriesView
 * @typedef {ReturnType<ConsoleViews["catalogue"]>} CatalogueView
 * @typedef {Awaited<ReturnType<ConsoleViews["usage"]>>} UsageView
 * @typedef {{ text: string, isFailure: boolean, settings: ConsoleState["settings"] }} CommandReply
 */

/** How long the result of a refresh stays in the title bar. */
const NOTE_MS = 12_000;
let heardAt = Date.now();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let noteTimer;

/**
 * Runs a command, and shows each reply in `note`. Returns the settings then in force, undefined where they did not arrive.
 * @param {string} command
 * @param {HTMLElement} note
 * @param {string} [workspace]
 */
async function run(command, note, workspace) {
  /** @type {ConsoleState["settings"] | undefined} */
  let inForce;
  await follow({ command, workspace }, note, ({ text, settings: now }) => {
    note.textContent = plainWords(text);
    inForce = now;
  });
  return inForce;
}

/**
 * @param {{ command: string, workspace?: string | undefined }} order
 * @param {HTMLElement} note says what goes wrong
 * @param {(reply: CommandReply) => void} onReply
 */
async function follow(order, note, onReply) {
  note.textContent = t`Working…`;
  try {
    for await (const reply of callForLines("/api/console/commands", order))
      onReply(/** @type {CommandReply} */ (reply));
  } catch (error) {
    note.textContent = messageOf(error);
  }
}

/**
 * Runs the checks and shows their lines as they come, of all or of one provider.
 * @param {string} [provider]
 */
async function runChecks(provider) {
  const lines = byId("check-lines");
  const note = byId("provider-note");
  await follow({ command: "/doctor" }, note, ({ text }) => {
    const all = plainWords(text).split("\n");
    const shown = provider === undefined ? all : all.filter((line) => line.slice(2).startsWith(`${provider}:`));
    lines.replaceChildren(...shown.map((line) => make("li", {}, line)));
    note.textContent = "";
  });
}

const providers = createProviders({
  refresh: (provider) => run(`/refresh-models ${provider}`, byId("provider-note")),
  check: runChecks,
});
const overview = createOverview(providers);
const charts = createCharts(byId("chart-grid"));
const settings = createSettings({ run: (command, workspace) => run(command, byId("setting-note"), workspace) });
const catalogue = createCatalogue();
const conversations = createConversations({
  offer: (command, workspace) => run(command, byId("offer-note"), workspace),
});
createAudit();
const history = createHistory({ onHours: charts.showHours });
byId("checks").addEventListener("click", () => runChecks());

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
    conversations.showAffected(state.affectedPins);
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
  onOpen: history.read, // the stream begins with everything else
  onEvent: (name, data) => handlers[name]?.(/** @type {never} */ (data)),
  onConnection(isConnected) {
    byId("offline").hidden = isConnected;
    document.body.classList.toggle("is-offline", !isConnected);
    if (!isConnected) byId("offline-since").textContent = clockWords(heardAt);
  },
});
