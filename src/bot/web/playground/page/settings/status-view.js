import { byId, createWindow, make, messageOf } from "/assets/shared/elements.js";
import { INTERVALS, plainWords, refreshLabel } from "/assets/shared/texts.js";
import { agoWords, countdown } from "/assets/shared/time.js";
import { t } from "/assets/shared/translate.js";
import { showProviders } from "./providers.js";

/**
 * @import { StatusView } from "../../../../port/status-view.js"
 * @typedef {import("../connection.js").SentCommand["onReply"]} OnReply
 */

/** @type {(element: HTMLElement, text: string) => void} */
const set = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

/**
 * The title bar's indicator and button, and the settings panel: everything that shows the state of the lists.
 * @param {{ press(command: string): Promise<void>, send(command: string, onReply: OnReply): Promise<void> }} terms
 */
export function createStatusView({ press, send }) {
  const indicator = byId("indicator");
  const refresh = byId("refresh");
  const toggle = byId("auto-refresh", HTMLInputElement);
  const { panel } = createWindow("settings", {
    opener: "settings-open",
    onOpen() {
      set(note, "");
      drawTimes();
    },
  });
  const note = byId("setting-note");
  /** @type {StatusView | undefined} */
  let status;

  const radios = INTERVALS.map(({ value, seconds, label }) => {
    const radio = make("input", { type: "radio", name: "interval", value });
    radio.addEventListener("change", () => change(`/settings auto-refresh interval:${value}`));
    byId("intervals").append(make("label", { className: "choice" }, radio, make("span", {}, label)));
    return { radio, seconds };
  });
  /** @param {string} command */
  const change = async (command) => {
    set(note, t`Saving…`);
    await send(command, (reply) => set(note, plainWords(reply.text))).catch((error) => set(note, messageOf(error)));
    drawSettings();
  };
  const drawSettings = () => {
    if (status === undefined) return;
    toggle.checked = status.autoRefresh.enabled;
    for (const { radio, seconds } of radios) radio.checked = seconds === status.autoRefresh.intervalSeconds;
  };
  const drawTimes = () => {
    if (status === undefined || !panel.open) return;
    const now = Date.now();
    const { lastRefreshAt, nextRefreshAt, autoRefresh } = status;
    set(byId("last-refresh"), lastRefreshAt === null ? t`not yet` : agoWords(lastRefreshAt, now));
    const none = autoRefresh.enabled ? "–" : t`off`;
    set(byId("next-refresh"), nextRefreshAt === null ? none : countdown(nextRefreshAt, now));
    const age = status.isFresh ? t`up to date` : t`outdated`;
    set(byId("freshness"), lastRefreshAt === null ? t`none yet` : age);
  };
  refresh.addEventListener("click", () => press("/refresh-models"));
  toggle.addEventListener("change", () => change(`/settings auto-refresh ${toggle.checked ? "on" : "off"}`));
  setInterval(drawTimes, 1_000);

  return {
    change,
    /** @param {StatusView} now */
    update(now) {
      status = now;
      indicator.dataset.state = status.indicator;
      set(indicator, status.line);
      set(refresh, refreshLabel(status));
      drawSettings();
      drawTimes();
      showProviders(status.providers);
    },
  };
}
