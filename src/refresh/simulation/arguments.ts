import { parseArgs } from "node:util";
import { messageOf, UserError } from "../../base/errors.js";

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
