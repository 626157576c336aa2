import { expect, it } from "vitest";
import { createLoopDelayMeter } from "../../../src/bot/observe/loop-delay.js";

it("createLoopDelayMeter() tells nothing before the first measurement, and no delay below 0", () => {
  const meter = createLoopDelayMeter();
  expect(meter.read()).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 });
  meter.stop();
  expect(meter.read()).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 });
});
