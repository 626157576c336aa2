import { describe, expect, it } from "vitest";
import { createSettings } from "../../src/refresh/settings.js";
import { createWishes } from "../../src/refresh/wishes.js";
import { fakeClock } from "../support/fake-clock.js";
import { memoryStore } from "../support/memory-store.js";

const log = { debug() {}, info() {}, warn() {}, error() {} };

function world(workspaces: readonly string[]) {
  const clock = fakeClock();
  const host = { isEnabled: true, intervalMs: 300_000 };
  const settings = createSettings({ store: memoryStore(clock.now), host, log });
  let looks = 0;
  const look = () => {
    looks += 1;
    return workspaces;
  };
  const wishes = createWishes({ settings, workspaces: look, host, clock });
  return { clock, settings, wishes, looks: () => looks };
}

describe("intervalOf()", () => {
  it("follows a changed setting at once", async () => {
    const { settings, wishes } = world(["w"]);
    expect(wishes.intervalOf("openai")).toBe(300_000);
    await settings.change("w", () => ({ interval: 1 }));
    expect(wishes.intervalOf("openai")).toBe(60_000);
    await settings.change("w", () => ({ isEnabled: false }));
    expect(wishes.intervalOf("openai")).toBeNull();
  });

  it("looks at the workspaces once a second at most", async () => {
    const { clock, wishes, looks } = world(["w", "v"]);
    for (let call = 0; call < 100; call++) wishes.intervalOf("openai");
    expect(looks()).toBe(1);
    await clock.advance(999);
    wishes.intervalOf("openai");
    expect(looks()).toBe(1);
    await clock.advance(1);
    wishes.intervalOf("openai");
    expect(looks()).toBe(2);
  });

  it("is the host's where there is no workspace", () => {
    expect(world([]).wishes.intervalOf("openai")).toBe(300_000);
  });

  it("counts the quiet time of each workspace from its last interaction, or from the start", async () => {
    const { clock, settings, wishes } = world(["w"]);
    await settings.change("w", () => ({ interval: "smart" }));
    expect(wishes.intervalOf("openai")).toBe(180_000);
    await clock.advance(100 * 60_000);
    expect(wishes.intervalOf("openai")).toBe(20 * 60_000);
    wishes.noteActivity("elsewhere");
    await clock.advance(1_000);
    expect(wishes.intervalOf("openai")).toBeGreaterThan(20 * 60_000);
    wishes.noteActivity("w");
    await clock.advance(1_000);
    expect(wishes.intervalOf("openai")).toBe(180_000);
  });
});
