import { describe, expect, it } from "vitest";
import { createBurstBrake } from "../../../../src/bot/turn/line/burst-brake.js";
import { fakeClock, settle } from "../../../support/fake-clock.js";

function burst(count: number) {
  const clock = fakeClock();
  const intake = createBurstBrake(clock);
  const ends: (() => void)[] = [];
  for (let number = 0; number < count; number++)
    void intake.take(() => new Promise<void>((resolve) => ends.push(resolve)));
  let isCalm = false;
  void intake.calm().then(() => {
    isCalm = true;
  });
  return { clock, ends, isCalm: () => isCalm };
}

describe("createBurstBrake()", () => {
  it("lets answers begin at once while few questions are being taken", async () => {
    const { isCalm } = burst(19);
    await settle();
    expect(isCalm()).toBe(true);
  });

  it("lets them wait in a burst until most of it is taken", async () => {
    const { clock, ends, isCalm } = burst(21);
    await settle();
    ends[0]?.();
    await settle();
    expect(isCalm()).toBe(false);
    ends[1]?.();
    await settle();
    expect(isCalm()).toBe(true);
    expect(clock.sleepers()).toBe(0);
  });

  it("lets nobody wait for more than 2 s", async () => {
    const { clock, isCalm } = burst(100);
    await clock.advance(1_999);
    expect(isCalm()).toBe(false);
    await clock.advance(1);
    expect(isCalm()).toBe(true);
  });
});
