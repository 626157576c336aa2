import { describe, expect, it } from "vitest";
import { verdict } from "../../../src/refresh/choose/allowed-models.js";
import type { ModelRules } from "../../../src/refresh/settings.js";

const judge = (workspace: ModelRules, name = "openai/gpt-5", outputPrice?: number, host: ModelRules = {}) =>
  verdict({ name, outputPrice }, { host, workspace });
const ruleOf = (...args: Parameters<typeof judge>) => {
  const judged = judge(...args);
  return judged.isAllowed ? undefined : judged.rule;
};

describe("verdict()", () => {
  it("allows everything where nothing is set", () => {
    expect(judge({})).toEqual({ isAllowed: true });
    expect(judge({ allow: [], deny: [] })).toEqual({ isAllowed: true });
  });

  it("allows only what one of the allowed patterns fits", () => {
    expect(ruleOf({ allow: ["anthropic/*", "openai/gpt-5"] })).toBeUndefined();
    expect(ruleOf({ allow: ["anthropic/*", "groq/*"] })).toBe(
      "is not among the models that this workspace allows: `anthropic/*` or `groq/*`",
    );
  });

  it("lets deny win over allow", () => {
    expect(ruleOf({ allow: ["openai/*"], deny: ["*/gpt-5"] })).toBe("is ruled out by this workspace: deny `*/gpt-5`");
  });

  it.each([
    [15, undefined],
    [15.01, "costs 15.01 USD per million output tokens, and this workspace allows at most 15"],
    [0, undefined],
    [undefined, undefined],
  ])("judges a price of %s against at most 15", (price, rule) => {
    expect(ruleOf({ maxPrice: 15 }, "openai/gpt-5", price)).toBe(rule);
  });

  it("blocks unknown prices only where that is set", () => {
    expect(ruleOf({ maxPrice: 15, unknownPrice: "pass" })).toBeUndefined();
    expect(ruleOf({ maxPrice: 15, unknownPrice: "block" })).toContain("has no known price");
    expect(ruleOf({ unknownPrice: "block" }, "openai/gpt-5", 3)).toBeUndefined();
  });

  it("binds by the host's rules whatever a workspace allows", () => {
    const judged = judge({ allow: ["*"] }, "openai/gpt-5", 3, { deny: ["openai/*"] });
    expect(judged).toEqual({ isAllowed: false, by: "host", rule: "is ruled out by the bot's host: deny `openai/*`" });
  });
});
