import { describe, expect, it } from "vitest";
import { costOf, createModelFacts, parseModelTable } from "../../src/usage/model-facts.js";

const TABLE = `# As of: 2026-07-02
provider,model,contextTokens,outputTokens,inputPrice,outputPrice,cachedPrice,pricedUpToTokens,input
openai,gpt-5,400000,128000,1.25,10,0.125,272000,text+image
`;

function world() {
  let reads = 0;
  const facts = createModelFacts(() => {
    reads += 1;
    return parseModelTable(TABLE);
  });
  return { facts, reads: () => reads };
}

describe("createModelFacts()", () => {
  it("takes from the table what the provider's list does not tell", () => {
    const { facts } = world();
    expect(facts("openai", "gpt-5", { id: "gpt-5", isChat: true, contextTokens: 9 })).toEqual({
      contextTokens: 9,
      outputTokens: 128_000,
      inputPrice: 1.25,
      outputPrice: 10,
      cachedPrice: 0.125,
      pricedUpToTokens: 272_000,
      input: ["text", "image"],
      priceSource: "table",
    });
  });

  it("mixes no price of the table with the provider's own, also where that is 0", () => {
    const { facts } = world();
    const row = { id: "gpt-5", isChat: true, inputPrice: 0, outputPrice: 0, input: ["text"] } as const;
    expect(facts("openai", "gpt-5", row)).toEqual({
      contextTokens: 400_000,
      outputTokens: 128_000,
      inputPrice: 0,
      outputPrice: 0,
      input: ["text"],
      priceSource: "list",
    });
  });

  it("knows nothing of an endpoint of one's own", () => {
    expect(world().facts("my-gateway", "gpt-5")).toEqual({});
  });

  it("reads the table once, and not before it is asked", () => {
    const { facts, reads } = world();
    expect(reads()).toBe(0);
    facts("openai", "gpt-5");
    facts("openai", "gpt-4");
    expect(reads()).toBe(1);
  });

  it("knows the repository's own table", () => {
    const facts = createModelFacts();
    expect(facts("openai", "gpt-5-2025-08-07").inputPrice).toBe(1.25);
    expect(facts("openai", "gpt-4o-2024-05-13").inputPrice).toBe(5);
    expect(facts("anthropic", "claude-sonnet-4-5-20250929").outputPrice).toBe(15);
    expect(facts("gemini", "gemini-2.5-pro").pricedUpToTokens).toBe(200_000);
    expect(facts("openrouter", "openai/gpt-5")).toEqual({});
  });
});

describe("costOf()", () => {
  const prices = { inputPrice: 2, outputPrice: 8 };

  it("prices input and output by the million", () => {
    expect(costOf(prices, { inputTokens: 1_000_000, outputTokens: 500_000 })).toBeCloseTo(6, 12);
    expect(costOf(prices, { inputTokens: 1, outputTokens: 0 })).toBeCloseTo(0.000002, 12);
  });

  it("is unknown where a price that it needs is, and only then", () => {
    expect(costOf({}, { inputTokens: 1, outputTokens: 1 })).toBeNull();
    expect(costOf({ inputPrice: 2 }, { inputTokens: 1, outputTokens: 1 })).toBeNull();
    expect(costOf({ outputPrice: 2 }, { inputTokens: 1, outputTokens: 1 })).toBeNull();
    expect(costOf({ inputPrice: 2 }, { inputTokens: 1_000_000, outputTokens: 0 })).toBe(2);
    expect(costOf({}, { inputTokens: 0, outputTokens: 0 })).toBe(0);
  });

  it("is 0 where it is free", () => {
    expect(costOf({ inputPrice: 0, outputPrice: 0 }, { inputTokens: 9, outputTokens: 9, cachedTokens: 9 })).toBe(0);
  });

  it("counts cached input at its own price, else like the rest", () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 0, cachedTokens: 750_000 };
    expect(costOf({ ...prices, cachedPrice: 0.2 }, usage)).toBeCloseTo(0.65, 12);
    expect(costOf(prices, usage)).toBe(2);
    expect(costOf({ ...prices, cachedPrice: 0 }, usage)).toBe(0.5);
  });

  it("counts no more cached tokens than there is input", () => {
    expect(costOf({ ...prices, cachedPrice: 1 }, { inputTokens: 1_000_000, cachedTokens: 5_000_000 })).toBe(1);
  });

  it("is unknown for a question longer than the price holds for", () => {
    const facts = { ...prices, pricedUpToTokens: 1_000 };
    expect(costOf(facts, { inputTokens: 1_000, outputTokens: 0 })).toBeCloseTo(0.002, 12);
    expect(costOf(facts, { inputTokens: 1_001, outputTokens: 0 })).toBeNull();
  });
});
