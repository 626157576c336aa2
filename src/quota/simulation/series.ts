import { UserError } from "../../base/errors.js";
import { parseTrace } from "../../refresh/simulation/trace.js";
import type { UsageHistory } from "../renewing-limit.js";

/** Requests of one account over time. */
export interface RequestSeries extends UsageHistory {
  readonly name: string;
  /** End of the trace, in epoch ms. */
  readonly until: number;
  /** When the request came with which `amount` had been used since `from`; undefined where that was not before `to`. */
  reachedAt(amount: number, from: number, to: number): number | undefined;
}

interface Row {
  readonly at: number;
  readonly requests: number;
}

/** One series of messages, a request each. @throws {UserError} naming the file and the line that cannot be read */
export function readActivityTrace(text: string, file: string, every: number): readonly RequestSeries[] {
  const times = parseTrace(text, file).filter((_at, index) => (index + 1) % every === 0);
  const [since] = times;
  const until = times.at(-1);
  if (since === undefined || until === undefined) throw new UserError(`${file}: too few rows for --every ${every}`);
  return [
    createSeries(
      "activity",
      times.map((at) => ({ at, requests: 1 })),
      { since, until },
    ),
  ];
}

const COLUMNS = ["client", "start_s", "requests"] as const;

/** A series for each client. @throws {UserError} naming the file and the line that cannot be read */
export function readLoad(text: string, file: string): readonly RequestSeries[] {
  const [header = "", ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const names = header.split(",").map((name) => name.trim());
  const places = COLUMNS.map((name) => names.indexOf(name));
  if (places.includes(-1)) throw new UserError(`${file}: the first line must name the columns ${COLUMNS.join(", ")}`);
  const byClient = new Map<string, Row[]>();
  lines.forEach((line, index) => {
    if (line.trim() === "") return;
    const fields = line.split(",");
    const [client = "", start = "", requests = ""] = places.map((place) => fields[place]?.trim() ?? "");
    const row = { at: Number(start) * 1000, requests: Number(requests) };
    const isNumber = start !== "" && requests !== "" && Number.isFinite(row.at) && row.requests >= 0;
    if (!isNumber) throw new UserError(`${file}: line ${index + 2} has no start_s and requests that are numbers`);
    const rows = byClient.get(client) ?? [];
    rows.push(row);
    byClient.set(client, rows);
  });
  if (byClient.size === 0) throw new UserError(`${file}: there is no row after the header`);
  return [...byClient].map(([client, rows]) => {
    rows.sort((a, b) => a.at - b.at);
    const [first, second] = rows as [Row, Row | undefined];
    const last = rows.at(-1) ?? first;
    // Each row is for the time until the next one.
    return createSeries(client, rows, {
      since: first.at,
      until: last.at + (second === undefined ? 0 : second.at - first.at),
    });
  });
}

function createSeries(
  name: string,
  rows: readonly Row[],
  { since, until }: { readonly since: number; readonly until: number },
): RequestSeries {
  const times = Float64Array.from(rows, ({ at }) => at);
  const sums = new Float64Array(rows.length + 1);
  rows.forEach(({ requests }, index) => {
    sums[index + 1] = (sums[index] ?? 0) + requests;
  });
  const rowsBefore = (at: number) => firstWhere(times.length, (index) => (times[index] ?? 0) >= at);
  const usedBefore = (at: number) => sums[rowsBefore(at)] ?? 0;
  return {
    name,
    since,
    until,
    usedBefore,
    reachedAt(amount, from, to) {
      const before = usedBefore(from);
      const index = firstWhere(times.length, (row) => (sums[row + 1] ?? 0) - before >= amount - 1e-9);
      const at = times[index];
      return at !== undefined && at < to ? at : undefined;
    },
  };
}

/** The first of `count` indexes for which a condition holds that holds for all after it; `count` where none does. */
function firstWhere(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
