import { describe, expect, it } from "vitest";
import {
  anthropicRateLimits,
  openAiRateLimits,
  parseDuration,
  retryAfterMs,
} from "../../src/providers/http/rate-limits.js";

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

describe("openAiRateLimits()", () => {
  const read = (limit: string, remaining: string) =>
    openAiRateLimits(
      new Headers({ "x-ratelimit-limit-tokens": limit, "x-ratelimit-remaining-tokens": remaining }),
      NOW,
    );

  it.each([
    ["0", "0"],
    ["-1", "-1"],
    ["-1", "5"],
    ["100", "-1"],
  ])("takes a limit of %s with %s remaining for unknown", (limit, remaining) => {
    expect(read(limit, remaining)).toBeUndefined();
  });

  it("keeps a bucket that is empty", () => {
    expect(read("100", "0")).toEqual([{ kind: "tokens", limit: 100, remaining: 0 }]);
  });

  it("says nothing where there are no headers", () => {
    expect(openAiRateLimits(new Headers(), NOW)).toBeUndefined();
  });
});

describe("anthropicRateLimits()", () => {
  it("reads all four kinds and leaves a broken time out", () => {
    const headers = new Headers({
      "anthropic-ratelimit-tokens-limit": "1000",
      "anthropic-ratelimit-tokens-remaining": "10",
      "anthropic-ratelimit-tokens-reset": "tomorrow",
      "anthropic-ratelimit-input-tokens-remaining": "7",
    });
    expect(anthropicRateLimits(headers)).toEqual([
      { kind: "tokens", limit: 1000, remaining: 10 },
      { kind: "input-tokens", remaining: 7 },
    ]);
    expect(anthropicRateLimits(new Headers())).toBeUndefined();
  });
});
