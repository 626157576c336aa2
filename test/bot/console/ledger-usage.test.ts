import { describe, expect, it } from "vitest";
import { ledgerUsage } from "../../../src/bot/console/ledger-usage.js";
import { createLedger, type UsageEntry } from "../../../src/usage/ledger.js";
import { fakeClock } from "../../support/fake-clock.js";
import { memoryStore } from "../../support/memory-store.js";

const HOUR_MS = 3_600_000;

describe("ledgerUsage()", () => {
  it("adds up the entries of all workspaces by day and model, from the first day on", async () => {
    const clock = fakeClock();
    const store = memoryStore(clock.now);
    const ledger = createLedger({ store, clock });
    const entry = (id: string, fields: Partial<UsageEntry> = {}): UsageEntry => ({
      id,
      at: clock.now(),
      workspace: "playground:local",
      platform: "playground",
      user: { id: "local", name: "you" },
      provider: "openai",
      model: "gpt-5",
      inputTokens: 10,
      outputTokens: 2,
      cachedTokens: 0,
      costUsd: 0.5,
      isEstimated: false,
      ending: "done",
      ...fields,
    });
    await store.write([
      ledger.writeOf(entry("1")),
      ledger.writeOf(entry("2", { workspace: "discord:1" })),
      ledger.writeOf(entry("3", { model: "gpt-4", costUsd: null })),
      ledger.writeOf(entry("4", { model: "gpt-4", costUsd: 1 })),
      ledger.writeOf(entry("5", { at: clock.now() - 24 * HOUR_MS })),
      ledger.writeOf(entry("6", { at: clock.now() - 48 * HOUR_MS })),
    ]);
    const days = await ledgerUsage(ledger, clock.now)("2026-01-04");
    expect(days).toEqual([
      { day: "2026-01-04", provider: "openai", model: "gpt-5", inputTokens: 10, outputTokens: 2, costUsd: 0.5 },
      { day: "2026-01-05", provider: "openai", model: "gpt-5", inputTokens: 20, outputTokens: 4, costUsd: 1 },
      { day: "2026-01-05", provider: "openai", model: "gpt-4", inputTokens: 20, outputTokens: 4, costUsd: null },
    ]);
  });
});
