import { readFileSync } from "node:fs";
import { messageOf, UserError } from "../../base/errors.js";
import { alignChanges } from "./align.js";
import { readArguments, USAGE } from "./arguments.js";
import { fixedPolicy, type Policy, smartPolicy } from "./policies.js";
import { outcomeOf, type Replay, replay } from "./replay.js";
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
