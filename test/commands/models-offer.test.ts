import { describe, expect, it } from "vitest";
import { harness } from "./harness.js";

const affectedPins = [
  { model: "openai/gpt-4", channels: 12, retiresAt: Date.UTC(2027, 0, 14), successor: "openai/gpt-5" },
];

describe("/models status", () => {
  it("tells operators of channels whose model retires, and offers its successor in all", async () => {
    const world = harness({ affectedPins });
    expect(await world.say("/models status")).toContain(
      "⏳ 12 channels are pinned to `openai/gpt-4`, which retires on 14 Jan 2027.",
    );
    expect(await world.controls("/models status")).toContainEqual({
      label: "Offer openai/gpt-5 in all",
      command: "/models offer openai/gpt-4 openai/gpt-5",
    });
    expect(await world.say("/models status", { isOperator: false })).not.toContain("retires");
  });
});

describe("/models offer", () => {
  it("keeps the offer for the workspace and moves nobody", async () => {
    const { say, settings, sessions, clock } = harness();
    const pin = { provider: "openai", model: "gpt-4", at: 1, by: null };
    await sessions.change("playground:local:general", (before) => ({ ...before, pin }));
    expect(await say("/models offer openai/gpt-4 openai/gpt-5")).toContain("No conversation switches by itself.");
    expect(settings.of("playground:local")).toEqual({
      offers: { "openai/gpt-4": { successor: "openai/gpt-5", at: clock.now() - 1 } },
    });
    expect((await sessions.get("playground:local:general")).pin).toEqual(pin);
  });

  it("offers nothing that may not be used, and is for operators", async () => {
    const { say, settings } = harness({ rules: { deny: ["openai/*"] } });
    expect(await say("/models offer openai/gpt-4 openai/gpt-5")).toContain("🔒");
    expect(await say("/models offer openai/gpt-4 demo/demo-small", { isOperator: false })).toContain(
      "🔒 Only operators",
    );
    expect(settings.of("playground:local")).toEqual({});
  });
});
