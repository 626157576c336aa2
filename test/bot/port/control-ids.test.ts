import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/base/log.js";
import { createControlIds } from "../../../src/bot/port/control-ids.js";
import { fakeClock, settle } from "../../support/fake-clock.js";
import { memoryStore } from "../../support/memory-store.js";

const DAY_MS = 86_400_000;

function setup() {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;
  const start = () => createControlIds({ store, clock, log });
  return { clock, store, start, ids: start() };
}

describe("createControlIds()", () => {
  it("gives any command an id that every platform takes, and the command back, also after a restart", async () => {
    const { ids, start } = setup();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1, maxLength: 400 }), async (command) => {
        const id = await ids.idFor(command);
        expect(id).toMatch(/^[a-z0-9:_-]{1,40}$/);
        expect(await start().commandOf(id)).toBe(command);
      }),
      { numRuns: 100 },
    );
  });

  it("gives equal commands one id, different ones different ids, and writes each once", async () => {
    const { ids, store } = setup();
    const first = await ids.idFor("/models use openai/gpt-5");
    const calls = store.calls();
    expect(await ids.idFor("/models use openai/gpt-5")).toBe(first);
    expect(store.calls()).toBe(calls);
    expect(await ids.idFor("/models use openai/gpt-5-mini")).not.toBe(first);
    expect(await store.values("controls").entries()).toHaveLength(2);
  });

  it.each([
    "",
    "cmd:",
    "cmd:0123",
    "nonsense",
    `cmd:${"0".repeat(32)}`,
    `cmd:${"A".repeat(32)}`,
    "\0",
    "x".repeat(10_000),
  ])("knows no command for the forged id %j", async (id) => {
    const { ids } = setup();
    await ids.idFor("/refresh-models");
    expect(await ids.commandOf(id)).toBeUndefined();
  });

  it("knows no command for a damaged row", async () => {
    const { ids, store, start } = setup();
    const id = await ids.idFor("/refresh-models");
    store.damage("controls", id);
    expect(await start().commandOf(id)).toBeUndefined();
  });

  it("forgets at the next start what nobody was shown for 30 days, and keeps what was shown again", async () => {
    const { clock, ids, start } = setup();
    const old = await ids.idFor("/old");
    const used = await ids.idFor("/used");
    await clock.advance(20 * DAY_MS);
    await ids.idFor("/used");
    await clock.advance(10 * DAY_MS);
    await start().idFor("/other");
    await settle();
    expect(await ids.commandOf(old)).toBe("/old");
    await clock.advance(1);
    await start().idFor("/other");
    await settle();
    expect(await ids.commandOf(old)).toBeUndefined();
    expect(await ids.commandOf(used)).toBe("/used");
  });

  it("does not take an id for stored that could not be stored", async () => {
    const { ids, store } = setup();
    store.breakDown();
    await expect(ids.idFor("/refresh-models")).rejects.toThrow();
    store.recover();
    const id = await ids.idFor("/refresh-models");
    expect(await ids.commandOf(id)).toBe("/refresh-models");
  });
});
