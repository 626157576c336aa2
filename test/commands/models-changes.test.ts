import { describe, expect, it } from "vitest";
import { changesText } from "../../src/commands/models-changes.js";
import { type ChangeLog, emptyLog, withChanges, withModelChanges } from "../../src/refresh/catalog/change-log.js";
import { harness } from "./harness.js";

const DAY_MS = 24 * 60 * 60_000;
const NOW = Date.UTC(2026, 0, 5, 12);
const ids = (count: number, prefix = "model") => Array.from({ length: count }, (_unused, row) => `${prefix}-${row}`);
const log = (...days: readonly Partial<Record<"appeared" | "left" | "returned", readonly string[]>>[]): ChangeLog =>
  days.reduceRight<ChangeLog>(
    (before, day, ago) => withChanges(before, { appeared: [], left: [], returned: [], ...day }, NOW - ago * DAY_MS),
    emptyLog("i"),
  );

describe("/models changes", () => {
  it("tells what appeared, left and came back, by provider and day, to its asker alone", async () => {
    const world = harness({
      changes: new Map([
        ["openai", log({ appeared: ["gpt-6", "gpt-6-mini"], left: ["gpt-4"] }, { returned: ["o3"] })],
        ["demo", emptyLog("i")],
      ]),
    });
    expect(await world.say("/models changes", { isOperator: false })).toBe(
      [
        "What changed in the last 30 days (UTC):",
        "**openai**",
        "- 2026-01-05: new: `gpt-6`, `gpt-6-mini`; gone: `gpt-4`",
        "- 2026-01-04: back: `o3`",
      ].join("\n"),
    );
    expect(world.dispatcher.visibilityOf("/models changes")).toBe("ephemeral");
  });

  it("tells of other prices, context windows and announced retirements", () => {
    const changed = (kind: "price" | "context" | "retire" | "new", model: string) =>
      ({ at: NOW, provider: "openai", model, kind }) as const;
    const own = withModelChanges(
      log({ appeared: ["c"] }),
      [
        changed("price", "a"),
        changed("price", "b"),
        changed("retire", "a"),
        changed("context", "b"),
        changed("new", "c"),
      ],
      NOW,
    );
    const line = "- 2026-01-05: new: `c`; other price: `a`, `b`; other context: `b`; retirement announced: `a`";
    expect(changesText(new Map([["openai", own]]), NOW)).toContain(line);
    const alone = withModelChanges(emptyLog("i"), [changed("price", "a")], NOW);
    expect(changesText(new Map([["openai", alone]]), NOW)).toContain("- 2026-01-05: other price: `a`");
  });

  it("says so when nothing has changed, and of what is older than 30 days", async () => {
    const nothing = "No change was recorded in the last 30 days";
    expect(await harness().say("/models changes")).toContain(nothing);
    const logs = new Map([["openai", log({ appeared: ["a"] })]]);
    expect(changesText(logs, NOW + 30 * DAY_MS)).toContain("`a`");
    expect(changesText(logs, NOW + 31 * DAY_MS)).toContain(nothing);
  });

  it("stays within 4,000 characters and counts honestly what it leaves out", () => {
    for (const [providers, days, models] of [
      [1, 1, 41],
      [1, 30, 40],
      [12, 30, 40],
      [3, 2, 3],
    ] as const) {
      const day = { appeared: ids(models), left: ids(models, "left"), returned: ids(models, "back") };
      const own = log(...Array.from({ length: days }, () => day));
      const text = changesText(new Map(ids(providers, "provider").map((id) => [id, own])), NOW);
      expect(text.length).toBeLessThanOrEqual(4_000);
      const named = text.match(/`/g)?.length ?? 0;
      const counted = [...text.matchAll(/and (\d+) more/g)].reduce((sum, [, count]) => sum + Number(count), 0);
      expect(named / 2 + counted).toBe(providers * days * models * 3);
      for (const id of ids(providers, "provider")) expect(text).toContain(`**${id}**`);
    }
  });

  it("keeps ids from breaking the formatting", () => {
    expect(changesText(new Map([["openai", log({ appeared: ["a`b", "x\u0000y"] })]]), NOW)).toContain(
      "new: `a'b`, `xy`",
    );
  });

  it("needs no store", async () => {
    const world = harness();
    world.store.breakDown();
    expect(await world.say("/models changes")).toContain("No change was recorded");
  });
});
