import { describe, expect, it } from "vitest";
import { pinOutlook } from "../../../src/commands/wording/pin-outlook.js";
import type { ModelInfo } from "../../../src/providers/provider.js";
import { snapshotOf } from "../../refresh/support.js";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 11, 1);
const PIN = { provider: "openai", model: "gpt-4" };

function outlook(retiresAt: number | undefined, offers?: Parameters<typeof pinOutlook>[0]["offers"]) {
  const gpt4: ModelInfo = { id: "gpt-4", isChat: true, ...(retiresAt !== undefined && { retiresAt }) };
  const lists = snapshotOf({ openai: [gpt4, { id: "gpt-5", isChat: true }] });
  return pinOutlook({ lists, snapshot: lists, modelFacts: () => ({}), now: NOW, offers }, PIN);
}

describe("pinOutlook()", () => {
  it("says when a pinned model retires within 30 days, with its successor and one button", () => {
    expect(outlook(NOW + 30 * DAY_MS)).toEqual({
      note: `openai/gpt-4 retires ${NOW + 30 * DAY_MS}`,
      line:
        "⏳ `openai/gpt-4` retires on 31 Dec 2026. It stays pinned here until somebody changes it. " +
        "Its successor here: `openai/gpt-5`.",
      controls: [{ label: "Use openai/gpt-5", command: "/models use openai/gpt-5" }],
    });
    expect(outlook(NOW - DAY_MS)?.line).toContain("was due to retire on 30 Nov 2026");
  });

  it("says nothing of a later day, or of none", () => {
    expect(outlook(NOW + 30 * DAY_MS + 1)).toBeUndefined();
    expect(outlook(undefined)).toBeUndefined();
  });

  it("says it again, with another note, once an operator offers a model", () => {
    const offers = { "openai/gpt-4": { successor: "groq/llama-4", at: 7 } };
    expect(outlook(NOW + DAY_MS, offers)).toMatchObject({
      note: `openai/gpt-4 retires ${NOW + DAY_MS} offered 7`,
      controls: [{ command: "/models use groq/llama-4" }],
    });
    expect(outlook(undefined, offers)?.line).toBe("An operator offers `groq/llama-4` in place of `openai/gpt-4`.");
  });
});
