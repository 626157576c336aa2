import { describe, expect, it } from "vitest";
import { createOpenStreams } from "../../../../src/bot/slack/send/stream-driver.js";
import { fakeClock } from "../../../support/fake-clock.js";

describe("createOpenStreams()", () => {
  it("counts what grows, and forgets what nobody ended when Slack has ended it", async () => {
    const clock = fakeClock();
    const open = createOpenStreams(clock);
    const [first, second] = [{}, {}];
    open.add(first);
    await clock.advance(200_000);
    open.add(first);
    open.add(second);
    expect(open.count()).toBe(2);
    await clock.advance(100_000);
    expect(open.count()).toBe(1);
    open.delete(second);
    expect(open.count()).toBe(0);
  });
});
