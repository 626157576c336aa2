import { describe, expect, it } from "vitest";
import { createPinCensus } from "../../../src/bot/status/pin-census.js";
import type { ModelInfo } from "../../../src/providers/provider.js";
import { createSessions } from "../../../src/store/sessions/sessions.js";
import { snapshotOf } from "../../refresh/support.js";
import { fakeClock } from "../../support/fake-clock.js";
import { memoryStore } from "../../support/memory-store.js";

const DAY_MS = 86_400_000;

function world() {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const sessions = createSessions({ store, now: clock.now });
  let lists = snapshotOf({ openai: [] });
  const snapshot = () => lists;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const census = createPinCensus({
    store,
    refresher: { snapshot },
    allowed: { snapshot },
    modelFacts: () => ({}),
    clock,
    log,
  });
  return {
    clock,
    census,
    list: (...next: readonly ModelInfo[]) => {
      lists = snapshotOf({ openai: next });
    },
    pin: (conversation: string, model: string) =>
      sessions.change(conversation, (before) => ({ ...before, pin: { provider: "openai", model, at: 1, by: null } })),
  };
}

describe("the census of pins", () => {
  it("counts the channels of a workspace that are pinned to a model which retires", async () => {
    const { clock, census, list, pin } = world();
    const retiresAt = clock.now() + 20 * DAY_MS;
    list({ id: "gpt-4", isChat: true, retiresAt }, { id: "gpt-5", isChat: true });
    for (let channel = 0; channel < 600; channel++) await pin(`fake:home:c${channel}`, "gpt-4");
    await pin("fake:home:c1:thread", "gpt-4");
    await pin("fake:home:other", "gpt-5");
    await pin("fake:away:c1", "gpt-4");
    expect(census.affectedPins("fake:home")).toEqual([]);
    await census.tick();
    const found = { model: "openai/gpt-4", retiresAt, successor: "openai/gpt-5" };
    expect(census.affectedPins("fake:home")).toEqual([{ ...found, channels: 600 }]);
    expect(census.affectedPins("fake:away")).toEqual([{ ...found, channels: 1 }]);
  });

  it("counts again after an hour, and at once where other models are affected", async () => {
    const { clock, census, list, pin } = world();
    const retiresAt = clock.now() + 20 * DAY_MS;
    await pin("fake:home:c1", "gpt-4");
    await census.tick();
    list({ id: "gpt-4", isChat: true, retiresAt });
    await census.tick();
    expect(census.affectedPins("fake:home")[0]?.channels).toBe(1);
    await pin("fake:home:c2", "gpt-4");
    await census.tick();
    expect(census.affectedPins("fake:home")[0]?.channels).toBe(1);
    await clock.advance(3_600_000);
    await census.tick();
    expect(census.affectedPins("fake:home")[0]?.channels).toBe(2);
    list({ id: "gpt-4", isChat: true });
    await census.tick();
    expect(census.affectedPins("fake:home")).toEqual([]);
  });

  it("counts within an hour what begins to retire while its list stays the same", async () => {
    const { clock, census, list, pin } = world();
    await pin("fake:home:c1", "gpt-4");
    list({ id: "gpt-4", isChat: true, retiresAt: clock.now() + 30 * DAY_MS + 600_000 });
    await census.tick();
    expect(census.affectedPins("fake:home")).toEqual([]);
    await clock.advance(3_600_000);
    await census.tick();
    expect(census.affectedPins("fake:home")[0]?.channels).toBe(1);
  });

  it("counts once more where other models become affected during a count", async () => {
    const { census, list, pin, clock } = world();
    const retiresAt = clock.now() + 20 * DAY_MS;
    await pin("fake:home:c1", "gpt-4");
    await pin("fake:home:c2", "gpt-5");
    list({ id: "gpt-4", isChat: true, retiresAt }, { id: "gpt-5", isChat: true });
    const counting = census.tick();
    list({ id: "gpt-4", isChat: true, retiresAt }, { id: "gpt-5", isChat: true, retiresAt });
    await census.tick();
    await counting;
    await census.tick();
    expect(census.affectedPins("fake:home").map(({ model }) => model)).toEqual(["openai/gpt-4", "openai/gpt-5"]);
  });
});
