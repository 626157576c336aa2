import type { Forecast } from "../forecast.js";
import type { QuotaCase } from "./cases.js";

/** From this probability on a forecast counts as "will run out". */
const WILL_RUN_OUT = 0.6;

/** How good forecasts were; null where nothing can be said. */
export interface QuotaScore {
  readonly cases: number;
  /** Mean of |predicted − true| ÷ window, the window's end standing for a renewal. */
  readonly meanError: number;
  /** Mean square error of the probability. */
  readonly brier: number;
  /** 1 − brier ÷ that of the base rate. */
  readonly brierSkill: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  /** Share of the cases that ran out and carry an interval whose time lay in it. */
  readonly coverage80: number | null;
}

export interface Answered {
  readonly question: QuotaCase;
  readonly forecast: Forecast;
}

export function scoreOf(answers: readonly Answered[]): QuotaScore {
  const count = (holds: (answer: Answered) => boolean) => answers.filter(holds).length;
  const mean = (value: (answer: Answered) => number) =>
    answers.reduce((total, answer) => total + value(answer), 0) / answers.length;
  const ranOut = ({ question }: Answered) => question.ranOutAt !== null;
  const isWarned = ({ forecast }: Answered) => forecast.probability >= WILL_RUN_OUT;
  const hits = count((answer) => ranOut(answer) && isWarned(answer));
  const baseRate = mean((answer) => Number(ranOut(answer)));
  const brier = mean((answer) => (answer.forecast.probability - Number(ranOut(answer))) ** 2);
  const withInterval = (answer: Answered) => ranOut(answer) && answer.forecast.earliestAt !== null;
  return {
    cases: answers.length,
    meanError: mean(errorOf),
    brier,
    brierSkill: ratio(baseRate * (1 - baseRate) - brier, baseRate * (1 - baseRate)),
    precision: ratio(hits, count(isWarned)),
    recall: ratio(hits, count(ranOut)),
    coverage80: ratio(
      count((answer) => withInterval(answer) && isCovered(answer)),
      count(withInterval),
    ),
  };
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

function errorOf({ question: { window, ranOutAt }, forecast }: Answered): number {
  const { startsAt, endsAt } = window;
  return Math.abs((forecast.medianAt ?? endsAt) - (ranOutAt ?? endsAt)) / (endsAt - startsAt);
}

function isCovered({ question: { ranOutAt }, forecast: { earliestAt, latestAt } }: Answered): boolean {
  return ranOutAt !== null && ranOutAt >= (earliestAt ?? Number.NaN) && ranOutAt <= (latestAt ?? Number.NaN);
}
