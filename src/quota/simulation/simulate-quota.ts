import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { messageOf, UserError } from "../../base/errors.js";
import { casesOf, type QuotaCase, SIMULATED_PERIODS, type SimulatedPeriod } from "./cases.js";
import { QUOTA_POLICIES } from "./policies.js";
import { type QuotaScore, scoreOf } from "./score.js";
import { type RequestSeries, readActivityTrace, readLoad } from "./series.js";

const USAGE =
  "npm run simulate -- quota (--activity FILE | --load FILE) [--every N] [--period day|week|4weeks] [--cases]";
const EXIT_FAULTY = 2;

export interface SimulateQuotaDeps {
  /** What follows "simulate quota" on the command line. */
  readonly words: readonly string[];
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
}

/** Asks every policy whether past quotas would run out, and prints a JSON line each; answers with the exit code. */
export function simulateQuota({ words, print, printError }: SimulateQuotaDeps): number {
  try {
    const { series, period, showsCases } = readRun(words);
    const bySeries = series.map((each) => ({ each, questions: casesOf(each, period) }));
    let straightLine: QuotaScore | undefined;
    for (const [policy, create] of Object.entries(QUOTA_POLICIES)) {
      const answers = bySeries.flatMap(({ each, questions }) => {
        const forecast = create(each);
        return questions.map((question) => ({ question, forecast: forecast(question) }));
      });
      if (answers.length === 0) throw new UserError(`the trace is too short: it has no case for --period ${period}`);
      const score = scoreOf(answers);
      straightLine ??= score;
      print(JSON.stringify({ policy, period, ...lineOf(score, straightLine) }));
      if (!showsCases || policy !== "forecast") continue;
      for (const { question, forecast } of answers) {
        const { shareAtEnd: _band, ...times } = forecast;
        print(JSON.stringify({ policy, case: caseOf(question), forecast: times }));
      }
    }
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    printError(`✗ ${error.message}`);
    printError(`  ${USAGE}`);
    return EXIT_FAULTY;
  }
}

function lineOf({ cases, meanError, ...rest }: QuotaScore, straightLine: QuotaScore) {
  const rounded = Object.entries({ meanError, errorRatio: meanError / straightLine.meanError, ...rest });
  return { cases, ...Object.fromEntries(rounded.map(([name, value]) => [name, round(value)])) };
}

const round = (value: number | null) => (value === null || !Number.isFinite(value) ? null : Number(value.toFixed(4)));

const caseOf = ({ series, window, askedAt, ranOutAt }: QuotaCase) => {
  const { startsAt: windowStart, limit: quota, used } = window;
  return { series: series.name, windowStart, askedAt, quota, used, ranOutAt };
};

interface Run {
  readonly series: readonly RequestSeries[];
  readonly period: SimulatedPeriod;
  readonly showsCases: boolean;
}

/** @throws {UserError} that says what is wrong */
function readRun(words: readonly string[]): Run {
  const { activity, load, every = "1", period = "day", cases = false } = parse(words);
  if ((activity === undefined) === (load === undefined))
    throw new UserError("give one of --activity FILE, --load FILE");
  if (!isPeriod(period))
    throw new UserError(`--period takes ${Object.keys(SIMULATED_PERIODS).join(", ")}, not "${period}"`);
  if (!/^[1-9]\d{0,8}$/.test(every)) throw new UserError(`--every takes a whole number from 1, not "${every}"`);
  if (load !== undefined && every !== "1") throw new UserError("--every goes with --activity");
  const series =
    load === undefined
      ? readActivityTrace(read(activity ?? ""), activity ?? "", Number(every))
      : readLoad(read(load), load);
  return { series, period, showsCases: cases };
}

const isPeriod = (text: string): text is SimulatedPeriod => Object.hasOwn(SIMULATED_PERIODS, text);

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        activity: { type: "string" },
        load: { type: "string" },
        every: { type: "string" },
        period: { type: "string" },
        cases: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UserError(messageOf(error));
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`${file === "" ? "the file" : file}: cannot be read (${messageOf(error)})`);
  }
}
