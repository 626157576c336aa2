import { describe, expect, it } from "vitest";
import { holdBack } from "../../../src/refresh/decide/shrink.js";
import { modelRow } from "../../support/fake-provider.js";
import { entryOf, storedEntry } from "../support.js";
import { createWorld } from "../world.js";

const MINUTE_MS = 60_000;
const rows = (count: number, from = 0) => Array.from({ length: count }, (_unused, row) => modelRow(`m${from + row}`));
const ids = (count: number, from = 0) => rows(count, from).map(({ id }) => id);
const had = (count: number) => entryOf({ models: rows(count), fetchedAt: 1 });
const answer = (count: number, from = 0) => ({ outcome: "ok", models: rows(count, from) }) as const;

describe("holdBack", () => {
  it.each([
    [10, 5, "ok"],
    [10, 4, "suspicious"],
    [11, 6, "ok"],
    [11, 5, "suspicious"],
    [2, 1, "ok"],
    [3, 1, "suspicious"],
    [0, 1, "ok"],
  ])("takes a list that goes from %i to %i for %s", (before, now, outcome) => {
    expect(holdBack(had(before), answer(now))).toMatchObject({ outcome });
  });

  it("counts chat models only", () => {
    const other = rows(90, 100).map((row) => ({ ...row, isChat: false }));
    const before = entryOf({ models: [...rows(10), ...other], fetchedAt: 1 });
    expect(holdBack(before, answer(10)).outcome).toBe("ok");
    expect(holdBack(before, { outcome: "ok", models: [...rows(4), ...other] }).outcome).toBe("suspicious");
  });

  it("says how it has shrunk", () => {
    expect(holdBack(had(61), answer(3))).toMatchObject({
      message: "It returned 3 chat models (last good list: 61). I'll accept that if the next fetch confirms it",
      pending: ["m0", "m1", "m2"],
    });
  });

  it("believes a second answer with at least four fifths in common, and no other", () => {
    const pending = { models: ids(10), answeredAt: 2 };
    const before = { ...had(100), pending };
    expect(holdBack(before, answer(10)).outcome).toBe("ok");
    expect(holdBack(before, answer(8)).outcome).toBe("ok");
    expect(holdBack(before, answer(10, 1)).outcome).toBe("ok"); // 9 of 11
    expect(holdBack(before, answer(7)).outcome).toBe("suspicious");
    expect(holdBack(before, answer(10, 2))).toMatchObject({ outcome: "suspicious", pending: ids(10, 2) }); // 8 of 12
  });

  it("leaves failures as they are", () => {
    const failed = { outcome: "timeout", message: "late", retryAfterMs: null } as const;
    expect(holdBack(had(10), failed)).toBe(failed);
  });
});

describe("a list that shrinks by more than half", () => {
  const shrunken = async () => {
    const world = await createWorld({ ids: ["openai"] });
    world.provider("openai").answers(ids(10));
    await world.refresher.tick();
    world.provider("openai").answers(ids(4));
    const models = () => world.refresher.getCachedModels()[0].openai?.length;
    return { ...world, models };
  };

  it("is held back, and the good list stays, until a person asks again", async () => {
    const { refresher, models, store, events } = await shrunken();
    expect(await refresher.refresh("person")).toMatchObject([
      {
        outcome: "suspicious",
        added: 0,
        gone: 0,
        entry: { lastFailure: expect.stringContaining("returned 4 chat models") },
      },
    ]);
    expect(models()).toBe(10);
    expect(storedEntry(store, "openai")).toMatchObject({ models: { length: 10 }, pending: { models: ids(4) } });
    expect(refresher.status().providers[0]).toMatchObject({
      outcome: "suspicious",
      consecutiveFailures: 1,
      models: 10,
    });
    // At once: this is the second opinion that the first one waits for.
    expect(await refresher.refresh("person")).toMatchObject([{ outcome: "ok", added: 0, gone: 6 }]);
    expect(models()).toBe(4);
    expect(storedEntry(store, "openai")).not.toHaveProperty("pending");
    expect(events.map(({ outcome }) => outcome)).toEqual(["ok", "suspicious", "ok"]);
  });

  it("counts once the clock's next attempt agrees, also after a failure between and a restart", async () => {
    const world = await shrunken();
    await world.refresher.refresh("person");
    world.provider("openai").fails("timeout");
    await world.live(MINUTE_MS);
    expect(world.refresher.status().providers[0]).toMatchObject({ outcome: "timeout", models: 10 });
    const next = await world.restart();
    next.provider("openai").answers(ids(4));
    await next.live(2 * MINUTE_MS);
    expect(next.refresher.status().providers[0]).toMatchObject({ outcome: "ok", models: 4 });
    expect(next.events).toMatchObject([{ outcome: "ok" }]);
  });

  it("is forgotten when the whole list is back", async () => {
    const { refresher, provider, models, clock } = await shrunken();
    await refresher.refresh("person");
    provider("openai").answers(ids(10));
    expect(await refresher.refresh("person")).toMatchObject([{ outcome: "ok" }]);
    provider("openai").answers(ids(4));
    await clock.advance(10_000);
    expect(await refresher.refresh("person")).toMatchObject([{ outcome: "suspicious" }]);
    expect(models()).toBe(10);
  });
});
