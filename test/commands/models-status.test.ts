import { describe, expect, it } from "vitest";
import { timeMark } from "../../src/base/time.js";
import { chat, harness, MINUTE_MS } from "./harness.js";

const LABELS = [
  "1 minute (testing)",
  "3 minutes (active use)",
  "5 minutes (default)",
  "10 minutes (light use)",
  "15 minutes (minimal use)",
  "smart (adapts to use)",
];

describe("/models status", () => {
  it("shows indicator, last and next refresh, every provider, and what is in force", async () => {
    const world = harness();
    expect(await world.say("/models status")).toBe(
      [
        "**Model status**",
        "✓ Auto-refreshed - models up to date",
        "",
        `Last refresh: ${timeMark(world.at)}`,
        `Next refresh: ${timeMark(world.clock.now() - 1 + 3 * MINUTE_MS)}`,
        "",
        `✓ openai: 3 models, list from ${timeMark(world.at)}`,
        `✓ demo: 2 models, list from ${timeMark(world.at)}`,
        "",
        "Auto-refresh: on, every 5 minutes (the host's default)",
      ].join("\n"),
    );
  });

  it.each([
    ["fresh", "✓ Auto-refreshed - models up to date", "🔄 Refresh (auto-updated)"],
    ["stale", "⚠️ Using cached models - refresh recommended", "🔄 Refresh (outdated)"],
    ["refreshing", "🔄 Background refresh in progress...", "🔄 Refresh (outdated)"],
  ] as const)("shows the indicator below its title and labels the button when %s", async (indicator, line, label) => {
    const [reply] = await harness({ indicator }).replies("/models status");
    expect(reply?.markdown.split("\n").slice(0, 2)).toEqual(["**Model status**", line]);
    expect(reply?.controls?.[0]).toEqual({ label, command: "/refresh-models" });
  });

  it("tells what is wrong with a chat platform, and how it is mended", async () => {
    const world = harness({ faults: ["slack: SLACK_BOT_TOKEN is refused; copy it again"] });
    const lines = (await world.say("/models status")).split("\n");
    expect(lines).toContain("⚠️ slack: SLACK_BOT_TOKEN is refused; copy it again");
  });

  it("labels the button plainly while no provider has a list", async () => {
    const world = harness({ providers: [{ id: "openai" }], indicator: "stale" });
    expect((await world.controls("/models status"))[0]?.label).toBe("🔄 Refresh Models");
    const text = await world.say("/models status");
    expect(text).toContain("Last refresh: none yet");
    expect(text).toContain("– openai: no list yet");
  });

  it("tells how each failing provider stands, and what helps", async () => {
    const world = harness({
      providers: [
        { id: "openai", models: chat("a"), outcome: "timeout", failures: 3, isFresh: false },
        { id: "groq", outcome: "auth", failures: 1 },
        { id: "xai", models: chat("b", "c"), isFresh: false, isFetching: true },
      ],
    });
    const lines = (await world.say("/models status")).split("\n");
    expect(lines).toContain(
      `⚠️ openai: timed out (3 times in a row), using the list of 1 model from ${timeMark(world.at)}`,
    );
    expect(lines).toContain("⚠️ groq: refused the key, no list yet");
    expect(lines[lines.indexOf("⚠️ groq: refused the key, no list yet") + 1]).toMatch(/^ {2}Check its API key/);
    expect(lines).toContain(`⚠️ xai: 2 models, list from ${timeMark(world.at)}, outdated (refreshing now)`);
  });

  it("tells what is wrong with a list, when it is tried again, what changed last, and what was left out", async () => {
    const world = harness({
      providers: [
        {
          id: "openai",
          models: chat("a"),
          outcome: "suspicious",
          failures: 1,
          isFresh: false,
          lastFailure: "It returned 1 chat model (last good list: 9)",
          waitMs: MINUTE_MS,
        },
        { id: "groq", models: chat("b"), lastChange: { at: 5_000, added: 2, gone: 1 }, droppedRows: 3 },
        { id: "xai", models: chat("c"), lastChange: { at: 6_000, added: 0, gone: 1 }, droppedRows: 1 },
      ],
    });
    const text = await world.say("/models status");
    expect(text).toContain(
      `⚠️ openai: gave a list that looks wrong, using the list of 1 model from ${timeMark(world.at)}\n  It returned 1 chat model (last good list: 9). The last good list stays in use. Refresh again: a second list that agrees is accepted. Last attempt: ${timeMark(world.at)}. Next attempt: ${timeMark(world.at + MINUTE_MS)}.`,
    );
    expect(text).toContain(`, changed ${timeMark(5_000)} (+2 new, 1 gone), 3 rows without a usable id left out`);
    expect(text).toContain(`, changed ${timeMark(6_000)} (1 gone), 1 row without a usable id left out`);
  });

  it("gives operators the toggle and the six intervals, others the button alone", async () => {
    const world = harness();
    expect(await world.controls("/models status", { isOperator: false })).toHaveLength(1);
    const [, toggle, menu] = await world.controls("/models status");
    expect(toggle).toEqual({ label: "Turn auto-refresh off", command: "/settings auto-refresh off" });
    expect(menu && "options" in menu && menu.options.map(({ label }) => label)).toEqual(LABELS);
    await world.say("/settings auto-refresh off");
    expect((await world.controls("/models status"))[1]).toEqual({
      label: "Turn auto-refresh on",
      command: "/settings auto-refresh on",
    });
  });

  it("offers controls that do what they say", async () => {
    const world = harness();
    const [, , menu] = await world.controls("/models status");
    for (const { command } of menu && "options" in menu ? menu.options : []) await world.say(command);
    expect(world.settings.of("playground:local")).toEqual({ interval: "smart" });
  });

  it.each([
    [null, "Next refresh: none, because auto-refresh is off"],
    [0, "Next refresh: within 10 seconds"],
  ])("says when the next refresh is at %s", async (nextRefreshAt, line) => {
    expect(await harness({ nextRefreshAt }).say("/models status")).toContain(line);
  });

  it("says that the store is down, and only then", async () => {
    const words = "The store cannot be reached. Lists come from memory";
    expect(await harness({ isStoreDown: true }).say("/models status")).toContain(words);
    expect(await harness().say("/models status")).not.toContain(words);
  });

  it("says when only another workspace keeps it on", async () => {
    const world = harness();
    await world.say("/settings auto-refresh off");
    expect(await world.say("/models status")).toContain("off here, but another workspace keeps it on");
    await world.say("/settings auto-refresh on openai");
    expect(await world.say("/models status")).not.toContain("another workspace");
  });

  it("names providers with a setting of their own", async () => {
    const world = harness();
    await world.say("/settings auto-refresh openai 1");
    expect(await world.say("/models status")).toContain(
      "Auto-refresh of `openai`: on (the host's default), every minute (this provider's own setting)",
    );
  });

  it("tells what smart comes to and why, where a list has it", async () => {
    const smartWhy = "every 12 min: quiet hour, list unchanged for 3 days";
    expect(await harness({ smartWhy }).say("/models status")).toContain(`Right now: ${smartWhy}`);
    expect(await harness().say("/models status")).not.toContain("Right now");
  });

  it.each(["/models status", "/settings show"])(
    "%s says what is wrong with the pinned model, with a button",
    async (line) => {
      const gone = { model: { id: "gpt-4", isChat: true }, misses: 2, lastListedAt: 0 };
      const world = harness({ providers: [{ id: "openai", models: chat("gpt-5"), missing: [gone] }] });
      const pin = { provider: "openai", model: "gpt-4", at: world.clock.now(), by: "Ada" };
      await world.sessions.change("playground:local:general", (before) => ({ ...before, pin }));
      expect(await world.say(line)).toContain("ℹ️ openai no longer lists `gpt-4`. It stays pinned here;");
      expect(await world.controls(line)).toContainEqual({
        label: "Use openai/gpt-5",
        command: "/models use openai/gpt-5",
      });
    },
  );

  it.each([
    ["openai", "⚠️ Answers may fail here: openai refused the key."],
    ["groq", "⚠️ `groq` is not configured, so nothing can be answered here: `/models use` chooses another one."],
  ])("says where the pinned model's provider %s is in trouble", async (provider, words) => {
    const world = harness({ providers: [{ id: "openai", models: chat("gpt-5"), outcome: "auth" }] });
    const pin = { provider, model: "gpt-5", at: world.clock.now(), by: null };
    await world.sessions.change("playground:local:general", (before) => ({ ...before, pin }));
    expect(await world.say("/models status")).toContain(words);
  });

  it("gives each reason once", async () => {
    const lastFailure = "groq could not be reached: the connection was refused";
    const text = await harness({ providers: [{ id: "groq", outcome: "network", lastFailure }] }).say("/models status");
    expect(text).toContain("⚠️ groq: could not be reached, no list yet");
    expect(text).toContain("\n  The connection was refused. Check the network.");
  });

  it("needs no store", async () => {
    const world = harness();
    world.store.breakDown();
    expect(await world.say("/models status")).toContain("Auto-refreshed");
  });
});
