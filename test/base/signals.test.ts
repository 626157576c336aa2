import { describe, expect, it } from "vitest";
import { createSignalHandler } from "../../src/base/signals.js";
import { fakeClock } from "../support/fake-clock.js";

describe("createSignalHandler()", () => {
  it("stops at the first signal, ignores its repeat within 2 s and kills at a later one", async () => {
    const clock = fakeClock();
    const calls: string[] = [];
    const onSignal = createSignalHandler({ clock, stop: () => calls.push("stop"), kill: () => calls.push("kill") });
    onSignal();
    onSignal();
    await clock.advance(2_000);
    onSignal();
    expect(calls).toEqual(["stop"]);
    await clock.advance(1);
    onSignal();
    expect(calls).toEqual(["stop", "kill"]);
  });
});
