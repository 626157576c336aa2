import { describe, expect, it } from "vitest";
import { timeMark } from "../../src/base/time.js";
import { chat, harness } from "./harness.js";

describe("/refresh-models", () => {
  it("says first that it is at it, and then how each provider ended", async () => {
    const world = harness({
      providers: [
        { id: "openai", models: chat("a", "b", "c") },
        { id: "anthropic", models: chat("d") },
        { id: "ollama" },
      ],
      results: [
        { provider: "openai", outcome: "ok", added: 2, gone: 1 },
        { provider: "anthropic", outcome: "timeout", added: 0, gone: 0 },
        { provider: "ollama", outcome: "network", added: 0, gone: 0 },
      ],
    });
    const replies = await world.replies("/refresh-models", { isOperator: false });
    expect(replies.map(({ markdown }) => markdown)).toEqual([
      "🔄 Background refresh in progress...",
      [
        "✓ openai: 3 models (+2 new, 1 gone)",
        `⚠️ anthropic: timed out, using the list from ${timeMark(world.at)}`,
        "⚠️ ollama: could not be reached, no list yet",
      ].join("\n"),
    ]);
    expect(world.refreshes).toEqual([{ trigger: "person", providers: undefined }]);
  });

  it("says what is wrong with a list, and what was left out of a good one", async () => {
    const lastFailure = "openai sent a model list in which 3 of 6 rows have no usable id";
    const world = harness({
      providers: [
        { id: "openai", models: chat("a"), lastFailure, outcome: "malformed", failures: 1 },
        { id: "groq", models: chat("b"), droppedRows: 2 },
        { id: "xai", models: chat("c"), lastFailure: "in other words", outcome: "timeout", failures: 1 },
      ],
      results: [
        { provider: "openai", outcome: "malformed", added: 0, gone: 0 },
        { provider: "groq", outcome: "ok", added: 1, gone: 0 },
        { provider: "xai", outcome: "timeout", added: 0, gone: 0 },
      ],
    });
    expect((await world.say("/refresh-models")).split("\n")).toEqual([
      `⚠️ openai: gave an answer that could not be read, using the list from ${timeMark(world.at)}. ${lastFailure}.`,
      "✓ groq: 1 model (+1 new, 2 without a usable id left out)",
      `⚠️ xai: timed out, using the list from ${timeMark(world.at)}`,
    ]);
  });

  it("says of which lists the outcome is repeated, and from when", async () => {
    const providers = [
      { id: "openai", models: chat("a") },
      { id: "groq", models: chat("b") },
    ];
    const repeated = { provider: "openai", outcome: "ok", added: 0, gone: 0, repeatedFrom: 5_000 } as const;
    const fresh = { provider: "groq", outcome: "ok", added: 0, gone: 0 } as const;
    const some = harness({ providers, results: [repeated, fresh] });
    expect((await some.say("/refresh-models")).split("\n")).toEqual([
      "✓ openai: 1 model",
      "✓ groq: 1 model",
      `ℹ️ openai repeats the outcome from ${timeMark(5_000)}: a list is fetched at most once in 10 seconds.`,
    ]);
    const all = harness({ providers, results: [repeated, { ...fresh, repeatedFrom: 4_000 }] });
    expect(await all.say("/refresh-models")).toContain(`ℹ️ This repeats the outcome from ${timeMark(4_000)}`);
  });

  it.each(["/refresh-models demo", "/refresh-models DEMO", "/refresh-models provider:demo"])(
    "refreshes one provider by %s",
    async (text) => {
      const world = harness();
      expect(await world.say(text)).toBe("✓ demo: 2 models");
      expect(world.refreshes).toEqual([{ trigger: "person", providers: ["demo"] }]);
    },
  );

  it.each(["nosuch", "__proto__", "constructor"])(
    "refuses %s, names the configured ones, and fetches nothing",
    async (id) => {
      const world = harness();
      expect((await world.replies(`/refresh-models ${id}`)).map(({ markdown }) => markdown)).toEqual([
        `The provider \`${id}\` is not configured here. Configured: \`openai\` and \`demo\`.`,
      ]);
      expect(world.refreshes).toEqual([]);
    },
  );

  it("says so where no provider is configured", async () => {
    expect(await harness({ providers: [] }).say("/refresh-models")).toContain("No provider is configured");
  });

  it("suggests the configured providers", () => {
    const world = harness();
    expect(world.suggest("/refresh-models", "provider", "")).toHaveLength(2);
    expect(world.suggest("/refresh-models", "provider", "DE")).toEqual([{ label: "demo", value: "demo" }]);
  });
});
