import { describe, expect, it } from "vitest";
import type { ModelInfo } from "../../../src/providers/provider.js";
import { type CandidateTerms, chooseCandidate } from "../../../src/quota/fallback/candidates.js";
import { cleanEntry } from "../../../src/refresh/catalog/next-entry.js";
import { modelName } from "../../../src/refresh/choose/model-ref.js";
import { createModelFacts } from "../../../src/usage/model-facts.js";
import { quotaState, SURE } from "../../support/quota-states.js";

const chat = (id: string, more: Partial<ModelInfo> = {}): ModelInfo => ({ id, isChat: true, ...more });
const PRICED = { inputPrice: 1, outputPrice: 2 };

interface Given {
  readonly lists: Readonly<Record<string, readonly ModelInfo[]>>;
  readonly pinned?: string;
  readonly listed?: readonly string[];
  readonly short?: readonly string[];
  readonly known?: readonly string[];
  readonly refused?: Readonly<Record<string, readonly string[]>>;
}

const refOf = (name: string) => {
  const [provider = "", ...model] = name.split("/");
  return { provider, model: model.join("/") };
};

function choose({
  lists,
  pinned = "groq/llama-3.3-70b-versatile",
  listed = [],
  short = [],
  known,
  refused = {},
}: Given) {
  const setups = Object.keys(lists).map((id) => ({ id, preferredFamilies: ["best"] }));
  const providers = new Map(
    Object.entries(lists).map(([id, models]) => [
      id,
      {
        ...cleanEntry(id),
        models,
        refused: (refused[id] ?? []).map((model) => ({ model, as: "not-usable" as const, at: 1, isGone: false })),
      },
    ]),
  );
  const terms: CandidateTerms = {
    pinned: refOf(pinned),
    listed: listed.map(refOf),
    snapshot: { providers, fetching: new Set() },
    setups,
    modelFacts: createModelFacts(() => ({ find: () => undefined, asOf: "2026-01-01" }) as never),
    historyTokens: 16_000,
    quotaOf: (model) => ({
      isKnown: known?.includes(modelName(model)) ?? false,
      ...(short.includes(modelName(model)) && { risk: quotaState({ forecast: SURE, riskSince: 1 }) }),
      ...(short.includes(model.provider) && { out: quotaState({ isOut: true }) }),
    }),
  };
  const found = chooseCandidate(terms);
  return found && modelName(found);
}

const GROQ = { groq: [chat("llama-3.3-70b-versatile", PRICED)] };

describe("chooseCandidate()", () => {
  it("takes the same model of another vendor before the family, and the family before all others", () => {
    const lists = {
      ...GROQ,
      openai: [chat("best-1", PRICED), chat("llama-4-scout", PRICED)],
      openrouter: [chat("meta-llama/Llama-3.3-70B-Instruct:free", { inputPrice: 0, outputPrice: 0 })],
    };
    expect(choose({ lists })).toBe("openrouter/meta-llama/Llama-3.3-70B-Instruct:free");
    expect(choose({ lists: { ...lists, openrouter: [] } })).toBe("openai/llama-4-scout");
  });

  it("takes the other provider's default, then what comes closest in price from below", () => {
    const lists = { ...GROQ, openai: [chat("a", PRICED), chat("best-1", { inputPrice: 0, outputPrice: 1 })] };
    expect(choose({ lists })).toBe("openai/best-1");
    const cheap = [chat("x", { inputPrice: 0, outputPrice: 0.5 }), chat("y", { inputPrice: 0, outputPrice: 1.5 })];
    expect(choose({ lists: { groq: [...GROQ.groq, ...cheap] } })).toBe("groq/y");
  });

  it.each([
    ["dearer", { inputPrice: 1, outputPrice: 3 }],
    ["of an unknown price where the pinned one's is known", {}],
    ["too small for the conversation", { ...PRICED, contextTokens: 8_000 }],
    ["not for chat", { ...PRICED, isChat: false }],
  ])("never takes one that is %s", (_what, more) => {
    const pin = chat("llama-3.3-70b-versatile", { ...PRICED, contextTokens: 128_000 });
    expect(choose({ lists: { groq: [pin], openai: [chat("llama-3.3-70b", more)] } })).toBeUndefined();
  });

  it("takes one whose window and price nobody knows where the pinned one's are unknown too", () => {
    expect(choose({ lists: { groq: [chat("m1")], openai: [chat("m1")] }, pinned: "groq/m1" })).toBe("openai/m1");
  });

  it("wants images where the pinned one takes them", () => {
    const lists = (input: ModelInfo["input"]) => ({
      groq: [chat("m1", { input: ["text", "image"] })],
      openai: [chat("m1", input && { input })],
    });
    expect(choose({ lists: lists(["text"]), pinned: "groq/m1" })).toBeUndefined();
    expect(choose({ lists: lists(["text", "image"]), pinned: "groq/m1" })).toBe("openai/m1");
    expect(choose({ lists: lists(undefined), pinned: "groq/m1" })).toBe("openai/m1");
  });

  it("skips what is out or at risk: the model, or the whole provider", () => {
    const lists = { ...GROQ, openai: [chat("llama-3.3-70b", PRICED)], together: [chat("llama-3.3-70b", PRICED)] };
    expect(choose({ lists, short: ["openai/llama-3.3-70b"] })).toBe("together/llama-3.3-70b");
    expect(choose({ lists, short: ["openai", "together", "groq"] })).toBeUndefined();
  });

  it("skips what its provider refused for chat when it was last used", () => {
    const lists = { ...GROQ, openai: [chat("llama-3.3-70b", PRICED)] };
    expect(choose({ lists, refused: { openai: ["llama-3.3-70b"] } })).toBeUndefined();
  });

  it("takes nothing but what operators have listed, in their order and at any price", () => {
    const lists = {
      ...GROQ,
      openai: [chat("dear", { inputPrice: 90, outputPrice: 90 }), chat("llama-3.3-70b", PRICED)],
    };
    expect(choose({ lists, listed: ["openai/dear", "openai/llama-3.3-70b"] })).toBe("openai/dear");
    expect(choose({ lists, listed: ["groq/llama-3.3-70b-versatile"] })).toBeUndefined();
    expect(choose({ lists, listed: ["openai/dear"], short: ["openai/dear"] })).toBeUndefined();
  });

  it("says where nothing is known of its quota", () => {
    const lists = { groq: [chat("m1")], openai: [chat("m1")] };
    expect(choose({ lists, pinned: "groq/m1", known: ["openai/m1"] })).toBe("openai/m1");
  });
});
