import { call } from "/assets/shared/api.js";
import { byId, make, messageOf } from "/assets/shared/elements.js";
import { LANGUAGE, t } from "/assets/shared/translate.js";
import { durationWords } from "./format.js";

/**
 * @import { HistoryView } from "../../../observe/history.js"
 * @import { Failure } from "../../../observe/recent.js"
 * @typedef {HistoryView["subjects"][number]} Subject
 */

const READ_MS = 60_000;
/** The bot looks every 15 s. */
const FIRST_LOOK_MS = 16_000;

/**
 * Uptime and incidents, which survive a restart, and the look-up of a reference.
 * @param {{ onHours(hours: HistoryView["hours"]): void }} terms
 */
export function createHistory({ onHours }) {
  const read = async () => {
    /** @type {HistoryView | undefined} */
    const history = await call("/api/console/history").catch(() => undefined); // the connection shows why
    if (history === undefined) return;
    const { subjects, hours } = history;
    onHours(hours);
    if (subjects.length === 0) setTimeout(read, FIRST_LOOK_MS);
    const none = make("p", { className: "empty" }, t`The first measurement comes in a few seconds.`);
    byId("uptime").replaceChildren(...(subjects.length === 0 ? [none] : subjects.map(uptimeRow)));
    byId("incidents").replaceChildren(...incidentItems(subjects));
  };
  setInterval(read, READ_MS);
  byId("reference-form").addEventListener("submit", (event) => {
    event.preventDefault();
    lookUp(byId("reference", HTMLInputElement).value.trim());
  });
  return { read };
}

/** @param {string} reference */
async function lookUp(reference) {
  const note = byId("reference-note");
  if (reference === "") return;
  try {
    /** @type {Failure} */
    const { at, platform, provider, model, ending, cause } = await call(
      `/api/console/references/${encodeURIComponent(reference)}`,
    );
    const asked = provider === null ? t`no model` : `${provider}/${model}`;
    note.textContent = t`${new Date(at).toLocaleString(LANGUAGE)}: ${ending} on ${platform}, ${asked}: ${cause}.`;
  } catch (error) {
    note.textContent = messageOf(error);
  }
}

/** @param {Subject} subject */
const uptimeRow = ({ id, hours, days }) =>
  make("article", { className: "uptime" }, make("h3", {}, id), bars(hours, t`24 hours`), bars(days, t`90 days`));

/** @type {(shares: readonly (number | null)[], time: string) => HTMLElement} */
function bars(shares, time) {
  const known = shares.filter((share) => share !== null);
  const mean = known.reduce((sum, share) => sum + share, 0) / known.length;
  const words = known.length === 0 ? t`not known` : `${Math.floor(mean * 1000) / 10} %`;
  return make(
    "div",
    { className: "uptime-time" },
    make("p", { className: "about" }, `${time}: ${words}`),
    make(
      "div",
      { className: "bars", "aria-hidden": "true" },
      ...shares.map((share) => make("i", { className: kind(share) })),
    ),
  );
}

/** @param {number | null} share */
const kind = (share) => (share === null ? "none" : share === 1 ? "up" : share > 0.9 ? "partly" : "down");

/** @param {readonly Subject[]} subjects */
function incidentItems(subjects) {
  const all = subjects
    .flatMap(({ id, incidents }) => incidents.map((incident) => ({ id, ...incident })))
    .sort((a, b) => b.from - a.from);
  if (all.length === 0) return [make("li", {}, t`No incident is known.`)];
  return all.map(({ id, from, to, cause }) => {
    const end = to === null ? t`still going on` : t`for ${durationWords(to - from)}`;
    const why = cause.startsWith(`${id}: `) ? cause.slice(id.length + 2) : cause;
    return make(
      "li",
      { className: to === null ? "is-open" : "" },
      make("strong", {}, id),
      t` ${why}, since ${new Date(from).toLocaleString(LANGUAGE)}, ${end}`,
    );
  });
}
