import { make } from "/assets/shared/elements.js";
import { outcomeWords } from "/assets/shared/texts.js";
import { plural, t } from "/assets/shared/translate.js";
import { barSeries, colourOf, createChart, dangerColour, lineSeries, pointSeries, stacked } from "./chart.js";

const STEP_SECONDS = 300;
const EMPTY = t`No list was refreshed in the last three hours.`;
/** @import { SeriesView } from "./app.js" */

/** @param {number | null | undefined} value */
const seconds = (value) => (value === null || value === undefined ? "–" : t`${Math.round(value * 100) / 100} s`);
/** @param {number | null | undefined} value */
const minutes = (value) => (value === null || value === undefined ? "–" : t`${Math.round(value * 10) / 10} min`);

/** How refreshes ended, for all providers or one. */
export function createOutcomesChart() {
  const all = () => make("option", { value: "" }, t`All providers`);
  const select = make("select", { className: "select", "aria-label": t`Provider of the refresh outcomes` }, all());
  const chart = createChart({
    title: t`Refresh outcomes`,
    about: t`Finished refreshes in steps of five minutes; the last three hours.`,
    isWhole: true,
    step: STEP_SECONDS,
    extra: [select],
  });
  /** @type {SeriesView | undefined} */
  let last;
  const draw = () => {
    if (last === undefined) return;
    const refreshes = last.refreshes.filter(({ provider }) => select.value === "" || provider === select.value);
    const outcomes = [...new Set(["ok", ...refreshes.map(({ outcome }) => outcome)])];
    const at = steps(last.minutes.at);
    const columns = outcomes.map((outcome) =>
      at.map(
        (start) =>
          refreshes.filter((each) => each.outcome === outcome && each.at >= start && each.at < start + STEP_SECONDS)
            .length,
      ),
    );
    const { sums, own } = stacked(columns);
    /** @type {(outcome: string, index: number) => string} */
    const colour = (outcome, index) =>
      outcome === "ok" ? colourOf(0) : index === 1 ? dangerColour() : colourOf(index + 3);
    const failed = refreshes.filter(({ outcome }) => outcome !== "ok").length;
    chart.show({
      data: [at, ...sums],
      series: () =>
        [...outcomes.entries()]
          .reverse()
          .map(([index, outcome], position) =>
            barSeries(
              outcome === "ok" ? "ok" : outcomeWords(outcome),
              colour(outcome, index),
              (_plot, _value, _series, at) => (at === null ? "–" : String(own[position]?.[at])),
            ),
          ),
      summary: t`${plural(refreshes.length, "refresh", "refreshes")}, ${failed} of them failed`,
      empty: refreshes.length === 0 ? EMPTY : undefined,
    });
  };
  select.addEventListener("change", draw);
  return {
    element: chart.element,
    /** @param {SeriesView} series */
    show(series) {
      last = series;
      const chosen = select.value;
      const ids = Object.keys(series.ages.providers);
      select.replaceChildren(all(), ...ids.map((id) => make("option", { value: id }, id)));
      select.value = ids.includes(chosen) ? chosen : "";
      draw();
    },
  };
}

/** @param {readonly number[]} minutesAt epoch seconds */
function steps(minutesAt) {
  const first = Math.floor((minutesAt[0] ?? 0) / STEP_SECONDS) * STEP_SECONDS;
  const count = Math.floor(((minutesAt.at(-1) ?? 0) - first) / STEP_SECONDS) + 1;
  return Array.from({ length: count }, (_, index) => first + index * STEP_SECONDS);
}

/** How long each refresh took; failed ones apart. */
export function createDurationsChart() {
  const chart = createChart({
    title: t`Refresh durations`,
    about: t`Each refresh by its provider; failed ones in red.`,
    unit: seconds,
    least: 1,
  });
  /** @type {import("./chart.js").ReadValue} */
  const read = (_plot, value) => seconds(value);
  return {
    element: chart.element,
    /** @param {SeriesView} series */
    show({ refreshes, ages }) {
      const ids = Object.keys(ages.providers);
      /** @param {(each: SeriesView["refreshes"][number]) => boolean} isMine */
      const column = (isMine) => refreshes.map((each) => (isMine(each) ? each.durationMs / 1000 : null));
      const slowest = Math.max(0, ...refreshes.map(({ durationMs }) => durationMs / 1000));
      chart.show({
        data: [
          refreshes.map(({ at }) => at),
          ...ids.map((id) => column((each) => each.provider === id && each.outcome === "ok")),
          column(({ outcome }) => outcome !== "ok"),
        ],
        series: () => [
          ...ids.map((id, index) => pointSeries(id, colourOf(index), read)),
          pointSeries(t`failed`, dangerColour(), read),
        ],
        summary: t`the slowest of ${plural(refreshes.length, "refresh", "refreshes")} took ${seconds(slowest)}`,
        empty: refreshes.length === 0 ? EMPTY : undefined,
      });
    },
  };
}

/** How old each provider's list was. */
export function createAgesChart() {
  const chart = createChart({
    title: t`Age of the lists`,
    about: t`Time since each provider’s last successful refresh; a healthy list looks like a saw-tooth.`,
    unit: minutes,
    least: 5,
    isWhole: true,
  });
  /** @type {import("./chart.js").ReadValue} */
  const read = (_plot, value) => minutes(value);
  return {
    element: chart.element,
    /** @param {SeriesView} series */
    show({ ages: { at, providers } }) {
      const ids = Object.keys(providers);
      /** @param {readonly (number | null)[]} [values] */
      const inMinutes = (values = []) => values.map((value) => (value === null ? null : value / 60));
      const now = ids.map((id) => `${id} ${minutes(inMinutes(providers[id]).at(-1))}`).join(", ");
      const isKnown = ids.some((id) => providers[id]?.some((value) => value !== null));
      chart.show({
        data: [at, ...ids.map((id) => inMinutes(providers[id]))],
        series: () => ids.map((id, index) => lineSeries(id, colourOf(index), read)),
        summary: t`now ${now}`,
        empty: isKnown ? undefined : t`No list has been fetched yet.`,
      });
    },
  };
}
