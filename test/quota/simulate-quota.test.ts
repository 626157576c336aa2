import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DAY_MS } from "../../src/base/time.js";
import { simulateQuota } from "../../src/quota/simulation/simulate-quota.js";

const ACTIVITY = "test/fixtures/chat-activity.csv";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergreen-quota-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

function simulate(...words: string[]) {
  const lines: string[] = [];
  const errors: string[] = [];
  const code = simulateQuota({ words, print: (line) => lines.push(line), printError: (line) => errors.push(line) });
  const rows = lines.map((line): Record<string, unknown> => JSON.parse(line));
  return { code, policies: rows.filter(({ case: shown }) => shown === undefined), rows, errors: errors.join("\n") };
}

/** 100 requests an hour for days of clients that differ. */
const steadyLoad = (days: number) => {
  const rows = Array.from({ length: days * 24 }, (_, hour) => `a,${hour * 3600},100\nb,${hour * 3600},7`);
  return file("load.csv", `client,start_s,requests\n${rows.join("\n")}\n`);
};

describe("simulate quota", () => {
  it("prints a line for each of four policies, whose figures agree with each other", () => {
    const { code, policies } = simulate("--activity", ACTIVITY);
    expect(code).toBe(0);
    expect(policies.map(({ policy }) => policy)).toEqual(["straight-line", "ewma", "repeat", "forecast"]);
    const [line] = policies as [Record<string, number>];
    for (const each of policies as Record<string, number>[]) {
      expect(each.period).toBe("day");
      expect(each.cases).toBe(line.cases);
      expect(each.errorRatio).toBeCloseTo((each.meanError ?? 0) / (line.meanError ?? 0), 2);
    }
    const forecast = policies[3] as Record<string, number>;
    expect(forecast.errorRatio).toBeLessThan(1);
    expect(forecast.brierSkill).toBeGreaterThan(0.05);
    expect(forecast.coverage80).toBeGreaterThan(0.7);
  });

  it("sets quotas from the windows before, asks at four times, and knows the truth", () => {
    const { rows } = simulate("--load", steadyLoad(4), "--cases");
    const cases = rows.flatMap(({ case: each }) => (each === undefined ? [] : [each as Record<string, number>]));
    const first = cases.filter(({ series, windowStart }) => String(series) === "a" && windowStart === 2 * DAY_MS);
    // The median is 2,400; 0.6 of it is used up after 14.4 hours, so at 70 % of the day nobody asks.
    expect(first.filter(({ quota }) => quota === 1_440).map(({ askedAt }) => (askedAt ?? 0) / DAY_MS - 2)).toEqual([
      expect.closeTo(0.2),
      expect.closeTo(0.35),
      expect.closeTo(0.5),
    ]);
    expect(first.find(({ quota }) => quota === 1_440)).toMatchObject({
      used: 500,
      ranOutAt: 2 * DAY_MS + 14 * 3_600_000,
    });
    expect(first.filter(({ quota }) => quota === 3_120).map(({ ranOutAt }) => ranOutAt)).toEqual(Array(4).fill(null));
    expect(cases.filter(({ windowStart }) => (windowStart ?? 0) < 2 * DAY_MS)).toEqual([]);
  });

  it("looks at nothing later than the time of the question", () => {
    const rows = Array.from({ length: 4 * 24 }, (_, hour) => `a,${hour * 3600},${10 + (hour % 5)}`);
    const change = (row: string, index: number) => (index > 3 * 24 + 12 ? row.replace(/\d+$/, "9") : row);
    const write = (name: string, lines: string[]) => file(name, `client,start_s,requests\n${lines.join("\n")}\n`);
    const before = simulate("--load", write("one.csv", rows), "--cases").rows;
    const after = simulate("--load", write("two.csv", rows.map(change)), "--cases").rows;
    const until = (given: typeof before) =>
      given.flatMap(({ case: each, forecast }) => {
        const { askedAt, windowStart } = (each ?? {}) as Record<string, number>;
        return windowStart === 3 * DAY_MS && (askedAt ?? 0) <= 3.5 * DAY_MS ? [{ askedAt, forecast }] : [];
      });
    expect(until(before)).not.toEqual([]);
    expect(until(after)).toEqual(until(before));
  });

  it.each([
    [[], "--activity FILE, --load FILE"],
    [["--activity", "nowhere.csv"], "nowhere.csv: cannot be read"],
    [["--activity", ACTIVITY, "--load", "x"], "give one of"],
    [["--activity", ACTIVITY, "--period", "year"], "day, week, 4weeks"],
    [["--activity", ACTIVITY, "--every", "0"], "--every takes a whole number"],
    [["--load", ACTIVITY], "client, start_s, requests"],
    [["--wat"], "--wat"],
  ])("says what is wrong with %j, and how it goes", (words, text) => {
    const { code, errors, rows } = simulate(...words);
    expect(code).toBe(2);
    expect(errors).toContain(text);
    expect(errors).toContain("npm run simulate -- quota");
    expect(rows).toEqual([]);
  });

  it("names the line that cannot be read, and a trace that is too short", () => {
    const bad = file("bad.csv", "client,start_s,requests\na,0,1\na,x,1\n");
    expect(simulate("--load", bad).errors).toContain("line 3");
    expect(simulate("--load", steadyLoad(2)).errors).toContain("too short");
  });
});
