import { describe, expect, it } from "vitest";
import { timeMark } from "../../src/base/time.js";
import type { ModelChange } from "../../src/refresh/catalog/change-log.js";
import { harness } from "./harness.js";

const DAY_MS = 86_400_000;
const model = (id: string, day: number) => ({ id, isChat: true, releasedAt: day * DAY_MS });
const OPENAI = { id: "openai", models: [model("gpt-5", 100)], families: ["gpt-5"] };
const claudes = [model("claude-sonnet-4", 10), model("claude-sonnet-5", 30), model("claude-opus-5", 40)];
const ANTHROPIC = { id: "anthropic", models: claudes };

const world = (changes: readonly ModelChange[] = [], missing?: Parameters<typeof harness>[0]) => {
  const log = { identity: "anthropic", last: null, days: [], changes: [...changes] };
  return harness({
    providers: [OPENAI, { ...ANTHROPIC, ...missing?.providers?.[0] }],
    changes: new Map([["anthropic", log]]),
  });
};

describe("/settings model with a pattern", () => {
  it("makes the newest match the default, and keeps what conversations have", async () => {
    const { say, settings, clock } = world();
    expect(await say("/settings model anthropic/claude-*sonnet*")).toBe(
      `New conversations here now get **anthropic/claude-sonnet-5** (the newest that matches \`anthropic/claude-*sonnet*\`, since ${timeMark(clock.now() - 1)}), ` +
        "and a newer match once one is listed. Conversations that have a model keep it.",
    );
    expect(settings.of("playground:local")).toEqual({
      modelPattern: { pattern: "anthropic/claude-*sonnet*", setAt: clock.now() - 1 },
    });
  });

  it("takes the newest that is allowed", async () => {
    const { say } = world();
    await say("/settings model anthropic/*");
    expect(await say("/settings model")).toContain("**anthropic/claude-opus-5**");
    await say("/settings models deny *opus*");
    expect(await say("/settings model")).toContain("**anthropic/claude-sonnet-5**");
  });

  it("is skipped while nothing fits, and says so", async () => {
    const { say } = world();
    const text = await say("/settings model groq/*");
    expect(text).toContain("**openai/gpt-5** (the first provider's newest preferred model)");
    expect(text).toContain("⚠️ No model that may be used matches `groq/*` now");
  });

  it("gives way to a model, and a model to it; default drops both", async () => {
    const { say, settings } = world();
    await say("/settings model anthropic/*");
    await say("/settings model openai/gpt-5");
    expect(settings.of("playground:local")).toEqual({ model: "openai/gpt-5" });
    await say("/settings model anthropic/*");
    await say("/settings model default");
    expect(settings.of("playground:local")).toEqual({});
  });

  it("says since when it comes to this model", async () => {
    const changes: ModelChange[] = [];
    const { say, clock, deps } = world(changes);
    await say("/settings model anthropic/claude-sonnet-*");
    const setAt = clock.now() - 1;
    await clock.advance(3 * DAY_MS);
    expect(await say("/settings show")).toContain(`since ${timeMark(setAt)}`);
    const appeared = { at: setAt + DAY_MS, provider: "anthropic", model: "claude-sonnet-5", kind: "new" as const };
    const other = { at: setAt + 2 * DAY_MS, provider: "anthropic", model: "claude-sonnet-4", kind: "new" as const };
    const log = deps.refresher.changes().get("anthropic");
    log?.changes?.push(appeared, other);
    expect(await say("/settings show")).toContain(`since ${timeMark(appeared.at)}`);
  });
});
