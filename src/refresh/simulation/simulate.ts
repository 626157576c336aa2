import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { messageOf, UserError } from "../../base/errors.js";
import { fixedPolicy, outcomeOf, type Policy, type Replay, replay, smartPolicy } from "./replay.js";
import { parseTrace } from "./trace.js";

export interface SimulateDeps {
  /** What follows "simulate" on the command line. */
  readonly words: readonly string[];
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
}

const MINUTE_MS = 60_000;
const FIXED_MINUTES = [1, 3, 5, 10, 15] as const;
const EXIT_FAULTY = 2;

/** Replays a trace through every policy, a JSON line each; answers with the exit code. */
export function runSimulate({ words, print, printError }: SimulateDeps): number {
  try {
    const { activityFile, changesFile, every } = readArguments(words);
    const messages = parseTrace(read(activityFile), activityFile);
    const interactions = messages.filter((_at, index) => (index + 1) % every === 0);
    const [startAt] = messages;
    const endAt = messages.at(-1);
    if (startAt === undefined || endAt === undefined || endAt === startAt || interactions.length === 0)
      throw new UserError(`${activityFile}: too few rows for --every ${every}`);
    const changes = changesFile === undefined ? undefined : parseTrace(read(changesFile), changesFile);
    const trace: Replay = {
      interactions,
      startAt,
      endAt,
      ...(changes !== undefined && { changes: alignChanges(changes, startAt, endAt) }),
    };
    for (const [policy, create] of policies(trace))
      print(JSON.stringify({ policy, ...outcomeOf(replay(create, trace), trace) }));
    print(JSON.stringify({ policy: "oracle", ...outcomeOf(oracle(trace), trace) }));
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    printError(`✗ ${error.message}`);
    printError(`  ${USAGE}`);
    return EXIT_FAULTY;
  }
}

const policies = (trace: Replay): readonly (readonly [string, Policy])[] => [
  ...FIXED_MINUTES.map((minutes) => [`fixed-${minutes}`, fixedPolicy(minutes * MINUTE_MS)] as const),
  ["smart", smartPolicy(trace.startAt, trace.changes !== undefined)],
];

/** Knows when somebody comes, and refreshes just before: one call an interaction, no age. */
const oracle = ({ interactions }: Replay) => ({
  calls: interactions.length,
  ages: interactions.map(() => 0),
  stale: 0,
});

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`${file}: cannot be read (${messageOf(error)})`);
  }
}

const WEEK_MS = 7 * 86_400_000;

/**
 * The changes within the time of the activity. Where the two traces come from different years, the changes are laid
 * over the activity from its start on, again and again as often as it takes, moved by whole weeks, so that days of
 * the week stay what they were.
 */
export function alignChanges(changes: readonly number[], startAt: number, endAt: number): readonly number[] {
  const first = changes[0] ?? startAt;
  const last = changes.at(-1) ?? first;
  const within = (times: readonly number[]) => times.filter((at) => at > startAt && at <= endAt);
  if (first <= endAt && last >= startAt) return within(changes);
  const aligned: number[] = [];
  const lengthMs = Math.ceil((last - first + 1) / WEEK_MS) * WEEK_MS;
  let shiftMs = Math.ceil((startAt - first) / WEEK_MS) * WEEK_MS;
  for (; first + shiftMs <= endAt; shiftMs += lengthMs) for (const at of changes) aligned.push(at + shiftMs);
  return within(aligned);
}

export interface IntervalsRun {
  readonly activityFile: string;
  readonly changesFile: string | undefined;
  /** Every Nth message is an interaction. */
  readonly every: number;
}

export const USAGE = "npm run simulate -- intervals --activity FILE [--changes FILE] [--every N]";

/** @throws {UserError} that says what is wrong and how it goes */
export function readArguments(words: readonly string[]): IntervalsRun {
  const { values, positionals } = parse(words);
  const [name, ...more] = positionals;
  if (name !== "intervals" || more.length > 0)
    throw new UserError(
      'the simulations are "intervals" and "quota"' +
        (name === undefined ? "" : `; there is no "${positionals.join(" ")}"`),
    );
  const { activity, changes, every = "1" } = values;
  if (activity === undefined || activity === "") throw new UserError("--activity needs a file");
  if (changes === "") throw new UserError("--changes needs a file");
  if (!/^[1-9]\d{0,8}$/.test(every)) throw new UserError(`--every takes a whole number from 1, not "${every}"`);
  return { activityFile: activity, changesFile: changes, every: Number(every) };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { activity: { type: "string" }, changes: { type: "string" }, every: { type: "string" } },
    });
  } catch (error) {
    throw new UserError(messageOf(error));
  }
}
