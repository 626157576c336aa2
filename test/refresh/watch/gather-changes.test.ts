import { describe, expect, it } from "vitest";
import type { ModelChange } from "../../../src/refresh/catalog/change-log.js";
import { gatherChanges } from "../../../src/refresh/watch/gather-changes.js";
import { fitsWatches, type WatchKind } from "../../../src/refresh/watch/watch-rows.js";

const HOUR_MS = 3_600_000;
const NOW = 100 * 24 * HOUR_MS;
const change = (kind: ModelChange["kind"], model = "m1", at = NOW, facts: Partial<ModelChange> = {}): ModelChange => ({
  ...{ at, provider: "openai", model, kind },
  ...facts,
});

describe("fitsWatches()", () => {
  const watch = (pattern: string, kind: WatchKind) => [{ pattern, kind, by: "Ada", at: 1 }];
  it.each([
    ["*", "all", "retire", true],
    ["openai/*", "new", "new", true],
    ["openai/*", "new", "back", true],
    ["openai/*", "price", "context", true],
    ["openai/*", "gone", "new", false],
    ["anthropic/*", "all", "new", false],
  ] as const)("%s %s and a model that is %s: %s", (pattern, kind, changed, fits) => {
    expect(fitsWatches(watch(pattern, kind), change(changed))).toBe(fits);
  });
});

describe("gatherChanges()", () => {
  it("makes one line of what happened to a model in one respect", () => {
    const gone = change("gone", "m1", NOW - 2);
    const price = change("price", "m1", NOW, { before: { outputPrice: 1 }, after: { outputPrice: 2 } });
    const { lines, held } = gatherChanges([change("back"), gone, price], {}, NOW);
    expect(lines).toEqual([[gone, change("back")], [price]]);
    expect(held).toEqual([]);
  });

  it("tells of a price once, from the first to the last, and not where it is as before", () => {
    const [a, b] = [{ outputPrice: 1 }, { outputPrice: 2 }];
    const up = change("price", "m1", NOW - 2, { before: a, after: b });
    expect(gatherChanges([up, change("price", "m1", NOW, { before: b, after: a })], {}, NOW).lines).toEqual([]);
    expect(gatherChanges([up], {}, NOW).lines).toEqual([[up]]);
  });

  it("tells a model that flaps once a day, and then how it is", () => {
    const first = gatherChanges([change("gone")], {}, NOW);
    const second = gatherChanges([change("back")], first.told, NOW + HOUR_MS);
    expect([first.lines.length, second.lines.length]).toEqual([1, 1]);
    const again = change("gone", "m1", NOW + 2 * HOUR_MS);
    const third = gatherChanges([again], second.told, NOW + 2 * HOUR_MS);
    expect(third).toMatchObject({ lines: [], held: [again], heldUntil: NOW + 24 * HOUR_MS });
    const back = change("back", "m1", NOW + 3 * HOUR_MS);
    expect(gatherChanges([again, back], third.told, NOW + 3 * HOUR_MS)).toMatchObject({ lines: [], held: [] });
    expect(gatherChanges(third.held, third.told, NOW + 24 * HOUR_MS).lines).toEqual([[again]]);
  });
});
