import { describe, expect, it } from "vitest";
import { findModel } from "../../../src/refresh/choose/find-model.js";
import { suggestModels } from "../../../src/refresh/choose/suggest-models.js";
import { snapshotOf } from "../support.js";

const snapshot = snapshotOf({
  openai: ["gpt-5", "gpt-5-mini", { id: "text-embedding-3", isChat: false }],
  anthropic: [{ id: "claude-sonnet-4-5", name: "Claude Sonnet 4.5", isChat: true }],
  openrouter: ["anthropic/claude-sonnet-4-5", "meta/llama-4", "gpt-5"],
  groq: [],
});
const exact = (provider: string, model: string, isListed = true) => ({ kind: "exact", provider, model, isListed });

describe("findModel", () => {
  it.each([
    ["openai/gpt-5", exact("openai", "gpt-5")],
    ["OpenAI/GPT-5", exact("openai", "gpt-5")],
    ["openrouter/anthropic/claude-sonnet-4-5", exact("openrouter", "anthropic/claude-sonnet-4-5")],
    ["gpt-5-mini", exact("openai", "gpt-5-mini")],
    ["GPT-5-Mini", exact("openai", "gpt-5-mini")],
    ["text-embedding-3", exact("openai", "text-embedding-3")],
    ["claude sonnet 4.5", exact("anthropic", "claude-sonnet-4-5")],
    ["meta/llama-4", exact("openrouter", "meta/llama-4")],
    ["  gpt-5-mini\u200b\u202e ", exact("openai", "gpt-5-mini")],
  ])("finds %j", (typed, found) => {
    expect(findModel(snapshot, typed)).toEqual(found);
  });

  it("takes an unlisted model of a configured provider as it is typed", () => {
    expect(findModel(snapshot, "openai/GPT-6-Preview")).toEqual(exact("openai", "GPT-6-Preview", false));
    expect(findModel(snapshot, "groq/llama")).toEqual(exact("groq", "llama", false));
    expect(findModel(snapshot, "openai/__proto__")).toEqual(exact("openai", "__proto__", false));
  });

  it("prefers a configured provider over an id with a slash", () => {
    expect(findModel(snapshot, "anthropic/claude-sonnet-4-5")).toEqual(exact("anthropic", "claude-sonnet-4-5"));
  });

  it("gives a bare provider its default model", () => {
    const setups = [{ id: "openai", preferredFamilies: ["gpt-5-mini"] }];
    expect(findModel(snapshot, "openai", setups)).toEqual(exact("openai", "gpt-5-mini"));
    expect(findModel(snapshot, "openai")).toEqual(exact("openai", "gpt-5"));
  });

  it("asks back when one id stands on several lists", () => {
    expect(findModel(snapshot, "gpt-5")).toEqual({
      kind: "ambiguous",
      choices: [
        { provider: "openai", model: "gpt-5" },
        { provider: "openrouter", model: "gpt-5" },
      ],
    });
  });

  it("asks back when several contain it, and does not choose even where one does", () => {
    expect(findModel(snapshot, "sonnet")).toMatchObject({ kind: "ambiguous", choices: { length: 2 } });
    expect(findModel(snapshot, "llama")).toEqual({
      kind: "unknown",
      choices: [{ provider: "openrouter", model: "meta/llama-4" }],
    });
  });

  it.each(["gtp-5-mini", "opnai/gpt-5-mini", "gpt-5-mni"])("has the closest for the slip %j", (typed) => {
    expect(findModel(snapshot, typed)).toMatchObject({
      kind: "unknown",
      choices: [{ provider: "openai", model: "gpt-5-mini" }],
    });
  });

  it.each(["", "   ", "\u200b", "groq", "groq/", "__proto__", "constructor", "openai/a b", "x".repeat(100_000)])(
    "knows nothing of %j",
    (typed) => {
      expect(findModel(snapshot, typed)).toEqual({ kind: "unknown", choices: [] });
    },
  );
});

describe("suggestModels", () => {
  const names = (typed: string, limit = 25) =>
    suggestModels(snapshot, typed, limit).map(({ provider, model }) => `${provider}/${model}`);

  it("shows each provider's first models in turns for nothing typed, without what cannot chat", () => {
    expect(names("", 4)).toEqual([
      "openai/gpt-5",
      "anthropic/claude-sonnet-4-5",
      "openrouter/anthropic/claude-sonnet-4-5",
      "openai/gpt-5-mini",
    ]);
    expect(names("")).toHaveLength(6);
  });

  it("puts the very thing first, then what begins so, then the rest", () => {
    expect(names("gpt-5")).toEqual(["openai/gpt-5", "openrouter/gpt-5", "openai/gpt-5-mini"]);
    expect(names("claude")[0]).toBe("anthropic/claude-sonnet-4-5");
    expect(names("embedding")).toEqual([]);
  });

  it("needs all words, in any order, of id, provider and name", () => {
    expect(names("openrouter LLAMA")).toEqual(["openrouter/meta/llama-4"]);
    // By its name, before those that only have the digits.
    expect(names("4.5 claude")).toEqual(["anthropic/claude-sonnet-4-5", "openrouter/anthropic/claude-sonnet-4-5"]);
    expect(names("llama gpt")).toEqual([]);
  });

  it("finds what is written with other dashes, dots and spaces, behind what is written so", () => {
    expect(names("gpt5")).toEqual(["openai/gpt-5", "openai/gpt-5-mini", "openrouter/gpt-5"]);
    expect(names("sonnet 45")).toEqual(["anthropic/claude-sonnet-4-5", "openrouter/anthropic/claude-sonnet-4-5"]);
    expect(names("Llama4")).toEqual(["openrouter/meta/llama-4"]);
    expect(names("---")).toEqual([]);
  });

  it("finds letters in their order where no word fits", () => {
    expect(names("cs45")).toEqual(["anthropic/claude-sonnet-4-5", "openrouter/anthropic/claude-sonnet-4-5"]);
    expect(names("zz")).toEqual([]);
  });

  it("puts what was used lately first, and lists that are outdated last, among what fits as well", () => {
    const terms = {
      recent: [
        { provider: "openrouter", model: "gpt-5" },
        { provider: "openai", model: "gpt-5-mini" },
        { provider: "openai", model: "gone" },
      ],
      isFresh: (provider: string) => provider !== "openai",
    };
    const ordered = (typed: string, limit = 25) =>
      suggestModels(snapshot, typed, limit, terms).map(({ provider, model }) => `${provider}/${model}`);
    expect(ordered("", 3)).toEqual(["openrouter/gpt-5", "openai/gpt-5-mini", "anthropic/claude-sonnet-4-5"]);
    expect(ordered("").at(-1)).toBe("openai/gpt-5");
    expect(ordered("")).toHaveLength(6);
    expect(ordered("gpt")).toEqual(["openrouter/gpt-5", "openai/gpt-5-mini", "openai/gpt-5"]);
    // The very thing stays first.
    expect(ordered("openai/gpt-5")[0]).toBe("openai/gpt-5");
  });

  it("gives at most what is asked for", () => {
    expect(names("", 0)).toEqual([]);
    expect(names("gpt", 2)).toHaveLength(2);
  });

  it("carries the name where there is one", () => {
    expect(suggestModels(snapshot, "claude sonnet", 1)).toEqual([
      { provider: "anthropic", model: "claude-sonnet-4-5", name: "Claude Sonnet 4.5" },
    ]);
  });

  it("sees a new list at once", () => {
    expect(suggestModels(snapshotOf({ openai: ["gpt-5"] }), "gpt-7", 5)).toEqual([]);
    expect(suggestModels(snapshotOf({ openai: ["gpt-7"] }), "gpt-7", 5)).toHaveLength(1);
  });
});
