import { describe, expect, it } from "vitest";
import { settle } from "../../support/fake-clock.js";
import { createWorld, type World } from "../world.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Lists of 10 minutes ago, and an hour until the next regular refresh. */
async function older(ids: readonly string[] = ["openai", "groq"], part: { isEnabled?: boolean } = {}): Promise<World> {
  const world = await createWorld({ ids, intervalMs: HOUR_MS, ...part });
  await world.refresher.refresh("person");
  await world.clock.advance(10 * MINUTE_MS);
  world.events.length = 0;
  return world;
}
const told = ({ events }: World) => events.map(({ provider, trigger, outcome }) => `${provider} ${trigger} ${outcome}`);

describe("nudge()", () => {
  it("refreshes in the background, under its name", async () => {
    const world = await older();
    expect(world.refresher.nudge("focus")).toBeUndefined();
    expect(world.events).toEqual([]);
    await settle();
    expect(told(world)).toEqual(["openai focus ok", "groq focus ok"]);
  });

  it("comes to one refresh, however often it is asked for, and joins one that runs", async () => {
    const world = await older(["openai"]);
    world.provider("openai").answers(["slow"], 5_000);
    for (let index = 0; index < 20; index++) world.refresher.nudge("focus");
    await settle();
    const joined = world.refresher.refresh("person");
    world.refresher.nudge("unknown-model");
    await world.clock.advance(5_000);
    expect(await joined).toMatchObject([{ outcome: "ok" }]);
    expect(world.provider("openai").asked()).toBe(2);
  });

  it("leaves a refresh alone that runs, so that others still join that", async () => {
    const world = await older(["openai"]);
    world.provider("openai").answers(["slow"], 5_000);
    const first = world.refresher.refresh("person");
    await settle();
    world.refresher.nudge("focus");
    await settle();
    const second = world.refresher.refresh("person");
    await world.clock.advance(5_000);
    expect(await second).toEqual(await first);
    expect(told(world)).toEqual(["openai person ok"]);
  });

  it("is heard once in 30 s for a provider", async () => {
    const world = await older(["openai"]);
    world.provider("openai").fails("http");
    world.refresher.nudge("unknown-model");
    await settle();
    await world.clock.advance(29_999);
    world.refresher.nudge("recovery");
    await settle();
    expect(world.events).toHaveLength(1);
    await world.clock.advance(1);
    world.refresher.nudge("recovery");
    await settle();
    expect(told(world)).toEqual(["openai unknown-model http", "openai recovery http"]);
  });

  it("comes to one refresh over two replicas", async () => {
    const here = await older(["openai"]);
    const there = await here.restart();
    here.refresher.nudge("focus");
    there.refresher.nudge("focus");
    await settle();
    expect(here.provider("openai").asked() + there.provider("openai").asked()).toBe(2);
  });

  it("does nothing with auto-refresh off for all, nor after the stop", async () => {
    const off = await older(["openai"], { isEnabled: false });
    for (const trigger of ["focus", "picker", "switch", "unknown-model", "recovery", "network"] as const) {
      off.refresher.nudge(trigger);
    }
    off.refresher.noteActivity("playground:local", "a");
    await settle();
    expect(off.events).toEqual([]);
    const stopped = await older(["openai"]);
    stopped.refresher.stop();
    stopped.refresher.nudge("focus");
    await settle();
    expect(stopped.events).toEqual([]);
  });

  it("refreshes only those that it is given", async () => {
    const world = await older();
    world.refresher.nudge("focus", ["groq", "unknown"]);
    await settle();
    expect(told(world)).toEqual(["groq focus ok"]);
  });
});

describe("noteActivity()", () => {
  it("refreshes at a conversation's first message after 30 minutes, and not at the next one", async () => {
    const world = await older(["openai"]);
    world.refresher.noteActivity("playground:local", "a");
    await settle();
    expect(told(world)).toEqual(["openai first-message ok"]);
    await world.clock.advance(20 * MINUTE_MS);
    world.refresher.noteActivity("playground:local", "a");
    world.refresher.noteActivity("playground:local");
    await settle();
    expect(world.events).toHaveLength(1);
    await world.clock.advance(30 * MINUTE_MS);
    world.refresher.noteActivity("playground:local", "a");
    await settle();
    expect(world.events).toHaveLength(2);
  });
});

describe("recentlyUsed()", () => {
  it("tells of a workspace what was used there, the latest first, and of no other", async () => {
    const world = await older(["openai"]);
    for (const model of ["openai-1", "openai-2", "openai-1"]) {
      world.refresher.noteUse({ provider: "openai", model }, "discord:dm:1");
    }
    world.refresher.noteUse({ provider: "openai", model: "openai-3" });
    expect(world.refresher.recentlyUsed("discord:dm:1").map(({ model }) => model)).toEqual(["openai-1", "openai-2"]);
    expect(world.refresher.recentlyUsed("discord:dm:2")).toEqual([]);
  });
});

describe("noteUse()", () => {
  const state = ({ refresher }: World, model: string) => {
    const entry = refresher.snapshot().providers.get("openai");
    return entry?.refused?.find((row) => row.model === model);
  };

  it("refreshes when a provider does not know a model", async () => {
    const world = await older();
    world.refresher.noteUse({ provider: "openai", model: "openai-1", failure: "unknown-model" });
    await settle();
    expect(told(world)).toEqual(["openai unknown-model ok"]);
  });

  it("refreshes at a later beat when a provider does not know a model right after its list was fetched", async () => {
    const world = await older(["openai"]);
    await world.refresher.refresh("person");
    world.refresher.noteUse({ provider: "openai", model: "ghost", failure: "unknown-model" });
    await settle();
    expect(told(world)).toEqual(["openai person ok"]);
    for (let beat = 0; beat < 5; beat++) {
      await world.clock.advance(10_000);
      await world.refresher.tick();
    }
    expect(told(world)).toEqual(["openai person ok", "openai unknown-model ok"]);
  });

  it("asks once where somebody else has looked before the later beat, or the reason is over", async () => {
    const world = await older(["openai"]);
    world.provider("openai").fails("http");
    await world.refresher.refresh("person");
    world.refresher.noteUse({ provider: "openai", model: "openai-1" });
    world.provider("openai").answers(["back"]);
    await world.clock.advance(1_000);
    await world.refresher.refresh("person");
    await world.clock.advance(10_000);
    await world.refresher.refresh("person");
    for (let beat = 0; beat < 5; beat++) {
      await world.clock.advance(10_000);
      await world.refresher.tick();
    }
    expect(told(world)).toEqual(["openai person http", "openai person ok"]);
  });

  it("tries a provider at the next beat that answers a chat right after its list failed", async () => {
    const world = await older(["openai"]);
    world.provider("openai").fails("http");
    await world.refresher.refresh("person");
    world.provider("openai").answers(["back"]);
    await world.clock.advance(1_000);
    world.refresher.noteUse({ provider: "openai", model: "openai-1" });
    await world.clock.advance(9_000);
    await world.refresher.tick();
    await settle();
    expect(told(world)).toEqual(["openai person http", "openai recovery ok"]);
  });

  it("tries a provider again that failed and answers a chat", async () => {
    const world = await older(["openai"]);
    world.provider("openai").fails("http");
    await world.refresher.refresh("person");
    world.provider("openai").answers(["back"]);
    await world.clock.advance(5_000);
    world.refresher.noteUse({ provider: "openai", model: "openai-1" });
    await settle();
    expect(told(world)).toEqual(["openai person http", "openai recovery ok"]);
  });

  it("tries those that could not be reached when one of them is back", async () => {
    const world = await older(["openai", "groq", "xai"]);
    world.provider("openai").fails("network");
    world.provider("groq").fails("network");
    world.provider("xai").fails("http");
    await world.refresher.refresh("person");
    await world.clock.advance(10_000);
    world.events.length = 0;
    for (const id of ["openai", "groq", "xai"]) world.provider(id).answers(["back"]);
    world.refresher.noteUse({ provider: "openai", model: "openai-1" });
    await settle();
    expect(told(world)).toEqual(["openai recovery ok", "groq network ok"]);
  });

  it("forgets a refusal when the model answers, and keeps it over a restart otherwise", async () => {
    const world = await older(["openai"]);
    world.refresher.noteUse({ provider: "openai", model: "openai-1", failure: "not-usable" });
    expect(state(world, "openai-1")).toMatchObject({ as: "not-usable" });
    await world.refresher.refresh("person");
    const next = await world.restart();
    expect(state(next, "openai-1")).toMatchObject({ as: "not-usable" });
    next.refresher.noteUse({ provider: "openai", model: "openai-1" });
    expect(state(next, "openai-1")).toBeUndefined();
  });

  it("keeps what was noted while a list is fetched, and what another replica stores meanwhile", async () => {
    const world = await older(["openai"]);
    const replica = await world.restart();
    world.provider("openai").answers(["openai-1"], 1_000);
    const refreshing = world.refresher.refresh("person");
    await settle();
    world.refresher.noteUse({ provider: "openai", model: "openai-1", failure: "not-usable" });
    await world.clock.advance(1_000);
    await refreshing;
    expect(state(world, "openai-1")).toMatchObject({ as: "not-usable" });
    await world.clock.advance(1_000);
    world.refresher.noteUse({ provider: "openai", model: "other", failure: "not-usable" });
    world.refresher.noteUse({ provider: "openai", model: "openai-2", failure: "unknown-model" });
    await world.clock.advance(30_000);
    replica.provider("openai").answers(["openai-1"]);
    await replica.refresher.refresh("person");
    await world.refresher.tick();
    expect(state(world, "openai-1")).toMatchObject({ as: "not-usable" });
    expect(state(world, "other")).toMatchObject({ as: "not-usable" });
    expect(state(world, "openai-2")).toMatchObject({ as: "unknown-model", isGone: true });
  });

  it("keeps what was noted while a list is stored", async () => {
    const world = await older(["openai"]);
    const { store, clock } = world;
    const commit: typeof store.commit = async (...call) => {
      await clock.sleep(1_000);
      return store.commit(...call);
    };
    const slow = await world.restart({ storeView: { ...store, commit } });
    const refreshing = slow.refresher.refresh("person");
    await settle();
    slow.refresher.noteUse({ provider: "openai", model: "openai-1", failure: "not-usable" });
    await clock.advance(1_000);
    expect(await refreshing).toMatchObject([{ outcome: "ok" }]);
    expect(state(slow, "openai-1")).toMatchObject({ as: "not-usable" });
  });

  it("knows nothing of a provider that is not configured", async () => {
    const world = await older(["openai"]);
    world.refresher.noteUse({ provider: "gone", model: "m", failure: "unknown-model" });
    expect(world.events).toEqual([]);
  });
});
