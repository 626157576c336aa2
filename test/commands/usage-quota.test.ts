import { describe, expect, it } from "vitest";
import { quotaState, SURE } from "../support/quota-states.js";
import { harness } from "./harness.js";

const quotas = [
  quotaState({ riskSince: 1, forecast: { ...SURE, shareAtEnd: { low: 0.8, high: 1.2 } } }),
  quotaState({ window: { provider: "demo", model: "demo-small", period: "minute", used: 10 } }),
  quotaState({ window: { provider: "demo", scope: "account", name: "balance", limit: undefined, used: undefined } }),
];

describe("/usage quota", () => {
  it("shows what is left, the worst first, with a picture of use, band and limit", async () => {
    const world = harness({ quotas });
    const [reply] = await world.replies("/usage quota");
    expect(reply?.markdown).toContain("- ⚠️ groq: requests a day of `m1`: 13 % used, 130 of 1,000; about 70 % likely");
    expect(world.painted).toEqual([
      expect.objectContaining({
        limit: 100,
        bars: [
          { label: "groq m1 requests /day", values: [13, 67, 40], note: "13 %" },
          { label: "demo demo-small requests /minute", values: [1, 0, 0], note: "1 %" },
        ],
      }),
    ]);
    expect(reply?.files).toMatchObject([{ name: "quota.png" }]);
    expect(reply?.files?.[0]?.alt).toContain("groq m1 requests /day: 13 % used, about 70 % likely to run out");
  });

  it("tells amounts to the host's own people only", async () => {
    const world = harness({ quotas, isHostOperator: false });
    const [reply] = await world.replies("/usage quota", { isOperator: true });
    expect(reply?.markdown).toContain("13 % used; about 70 %");
    expect(reply?.markdown).not.toMatch(/1,000|\$/);
  });

  it("shows one provider's, and says where there is none", async () => {
    const world = harness({ quotas });
    const [demo] = await world.replies("/usage quota demo", { canShowFiles: false });
    expect(demo?.markdown).not.toContain("groq");
    expect(demo?.files).toBeUndefined();
    const [openai] = await world.replies("/usage quota openai");
    expect(openai?.markdown).toContain("**openai** has reported none of its quotas yet");
    const [none] = await harness().replies("/usage quota");
    expect(none?.markdown).toContain("No provider has reported any of its quotas yet");
  });

  it("stands beside /usage, which is also called /usage show", async () => {
    const world = harness();
    const [bare] = await world.replies("/usage 7d");
    const [shown] = await world.replies("/usage show 7d");
    expect(shown).toEqual(bare);
    const [wrong] = await world.replies("/usage nothing");
    expect(wrong?.markdown).toContain("I don't understand `nothing` here");
  });
});

describe("/models status", () => {
  it("has one line where a quota is at risk, and none where all is well", async () => {
    const [risky] = await harness({ quotas }).replies("/models status");
    expect(risky?.markdown).toContain("⚠️ groq: requests a day of `m1`: about 70 % likely to run out Thu 14:00");
    const [calm] = await harness({ quotas: quotas.slice(1) }).replies("/models status");
    expect(calm?.markdown).not.toContain("likely");
  });
});
