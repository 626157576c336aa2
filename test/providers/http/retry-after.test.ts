import { describe, expect, it } from "vitest";
import { parseDuration, retryAfterMs } from "../../../src/providers/http/retry-after.js";

const NOW = Date.UTC(2026, 0, 5, 12);

describe("parseDuration()", () => {
  it.each([
    ["12ms", 12],
    ["1s", 1_000],
    ["6m0s", 360_000],
    ["2m59.56s", 179_560],
    ["1h0m3s", 3_603_000],
    ["1d2h", 93_600_000],
    ["1m", 60_000],
    ["0s", 0],
    ["7.66s", 7_660],
    ["12", 12_000],
    ["soon", undefined],
    ["", undefined],
    ["-1", undefined],
  ])("reads %j as %s ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});

describe("retryAfterMs()", () => {
  it.each([
    [{ "retry-after": "20" }, 20_000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "1.5" }, 1_500],
    [{ "retry-after": "Mon, 05 Jan 2026 12:00:30 GMT" }, 30_000],
    [{ "retry-after": "Mon, 05 Jan 2026 11:00:00 GMT" }, 0],
    [{ "retry-after-ms": "250", "retry-after": "1" }, 250],
    [{ "retry-after": "later" }, undefined],
    [{}, undefined],
  ])("reads %j as %s", (headers, ms) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>), NOW)).toBe(ms);
  });
});
