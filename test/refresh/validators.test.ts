import { describe, expect, it } from "vitest";
import { createWorld } from "./world.js";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** One provider whose list of four comes with the ETag "one", fetched once. */
async function tagged(models: readonly string[] = ["a", "b", "c", "d"]) {
  const world = await createWorld({ ids: ["openai"] });
  const openai = world.provider("openai");
  openai.answers(models);
  openai.tags('"one"');
  await world.refresher.refresh("person");
  const entry = () => world.refresher.snapshot().providers.get("openai");
  return { ...world, openai, entry };
}

describe("a provider that says that its list is unchanged", () => {
  it("has given a list: a success with the models as they were", async () => {
    const { refresher, openai, clock, entry } = await tagged();
    const before = refresher.getCachedModels()[0].openai;
    await clock.advance(6 * MINUTE_MS);
    openai.answers([]); // who holds the list is not sent it again
    const [result] = await refresher.refresh("person");
    expect(openai.asks).toEqual([undefined, '"one"']);
    expect(result).toMatchObject({ outcome: "ok", added: 0, gone: 0 });
    expect(entry()).toMatchObject({ outcome: "ok", fetchedAt: clock.now(), attemptedAt: clock.now() });
    expect(refresher.getCachedModels()).toEqual([{ openai: before }, true]);
    expect(refresher.changes().get("openai")?.days).toEqual([]);
  });

  it("ends a row of failures", async () => {
    const { refresher, openai, clock, entry } = await tagged();
    await clock.advance(6 * MINUTE_MS);
    openai.fails("network");
    await refresher.refresh("person");
    expect(entry()).toMatchObject({ outcome: "network", consecutiveFailures: 1 });
    openai.answers([]);
    await clock.advance(MINUTE_MS);
    await refresher.refresh("person");
    expect(openai.asks.at(-1)).toBe('"one"');
    expect(entry()).toMatchObject({ outcome: "ok", consecutiveFailures: 0, lastFailure: null, failingSince: null });
  });

  it("is asked so after a restart, and by another replica", async () => {
    const first = await tagged();
    const next = await first.restart();
    next.provider("openai").answers(["x"]);
    next.provider("openai").tags('"one"');
    await next.refresher.refresh("person");
    expect(next.provider("openai").asks).toEqual(['"one"']);
    expect(next.refresher.getCachedModels()[0].openai?.map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
  });

  it("is asked for the whole list with another key", async () => {
    const first = await tagged();
    const next = await first.restart({ keys: { openai: "another" } });
    next.provider("openai").tags('"one"');
    await next.refresher.refresh("person");
    expect(next.provider("openai").asks).toEqual([undefined]);
  });

  it("is believed for a day, then asked for the whole list", async () => {
    const { refresher, openai, clock } = await tagged();
    await clock.advance(DAY_MS - 1);
    await refresher.refresh("person");
    await clock.advance(MINUTE_MS);
    await refresher.refresh("person");
    await clock.advance(MINUTE_MS);
    await refresher.refresh("person");
    expect(openai.asks).toEqual([undefined, '"one"', undefined, '"one"']);
  });

  it("is asked about the good list while another one is held back", async () => {
    const { refresher, openai, clock, entry } = await tagged();
    openai.answers(["a"]);
    openai.tags('"short"');
    await clock.advance(MINUTE_MS);
    await refresher.refresh("person");
    expect(entry()).toMatchObject({ outcome: "suspicious", models: { length: 4 } });
    openai.tags('"one"');
    await clock.advance(MINUTE_MS);
    await refresher.refresh("person");
    expect(openai.asks).toEqual([undefined, '"one"', '"one"']);
    expect(entry()).toMatchObject({ outcome: "ok", models: { length: 4 } });
    expect(entry()?.pending).toBeUndefined();
  });

  it("is asked without conditions once it gives lists without validators", async () => {
    const { refresher, openai, clock } = await tagged();
    openai.tags(undefined);
    await clock.advance(MINUTE_MS);
    await refresher.refresh("person");
    await clock.advance(MINUTE_MS);
    await refresher.refresh("person");
    expect(openai.asks).toEqual([undefined, '"one"', undefined]);
  });
});
