import { describe, expect, it } from "vitest";
import type { ModelInfo } from "../../../src/providers/provider.js";
import { familyOf, olderSibling, successorOf } from "../../../src/refresh/choose/successor.js";
import { snapshotOf } from "../support.js";

const DAY_MS = 86_400_000;
const NOW = 1_000 * DAY_MS;
const model = (id: string, facts: Partial<ModelInfo> = {}): ModelInfo => ({ id, isChat: true, ...facts });
const successor = (models: readonly ModelInfo[], of: ModelInfo) =>
  successorOf(
    {
      snapshot: snapshotOf({ openai: models }),
      modelFacts: (_provider, _model, row) => ({ ...row }) as object,
      now: NOW,
    },
    { provider: "openai", model: of.id },
    of,
  )?.model;

describe("familyOf()", () => {
  it.each([
    ["claude-3-5-sonnet-20241022", "claude-sonnet-4-5"],
    ["gpt-4o-mini", "gpt-4o-mini-2024-07-18"],
    ["gemini-2.5-pro-preview", "gemini-3-pro"],
  ])("is the same for %s and %s", (a, b) => expect(familyOf(a)).toBe(familyOf(b)));

  it.each([
    ["claude-sonnet-4", "claude-opus-4"],
    ["gpt-5", "gpt-5-mini"],
  ])("differs for %s and %s", (a, b) => expect(familyOf(a)).not.toBe(familyOf(b)));
});

describe("olderSibling()", () => {
  it("is the newest of the same family that is older", () => {
    const all = [model("gpt-4"), model("gpt-5"), model("gpt-6"), model("gpt-5-mini")];
    const snapshot = snapshotOf({ groq: [model("gpt-5.5")], openai: all });
    expect(olderSibling(snapshot, "openai", model("gpt-6"))?.id).toBe("gpt-5");
    expect(olderSibling(snapshot, "openai", model("gpt-4"))).toBeUndefined();
  });
});

describe("successorOf()", () => {
  it("is what the vendor names, where that is listed", () => {
    const models = [model("gpt-6"), model("other-1")];
    expect(successor(models, model("gpt-4", { replacement: "other-1" }))).toBe("other-1");
    expect(successor(models, model("gpt-4", { replacement: "unlisted" }))).toBe("gpt-6");
  });

  it("is the newest of the family, with the abilities of the one before", () => {
    const models = [model("gpt-5", { input: ["text", "image"] }), model("gpt-6"), model("gpt-6-mini")];
    expect(successor(models, model("gpt-4"))).toBe("gpt-6");
    expect(successor(models, model("gpt-4", { input: ["text", "image"] }))).toBe("gpt-5");
  });

  it("is none that retires or is deprecated itself", () => {
    const models = [
      model("gpt-6", { retiresAt: NOW + 29 * DAY_MS }),
      model("gpt-5", { isDeprecated: true }),
      model("gpt-4"),
    ];
    expect(successor(models, model("gpt-3"))).toBe("gpt-4");
    expect(successor([model("gpt-6", { retiresAt: NOW + 31 * DAY_MS })], model("gpt-3"))).toBe("gpt-6");
  });

  it("is called most alike where the family has none, and nothing where nothing is listed", () => {
    expect(successor([model("zeta"), model("gpt-5-mini")], model("gpt-4"))).toBe("gpt-5-mini");
    expect(successor([], model("gpt-4"))).toBeUndefined();
  });
});
