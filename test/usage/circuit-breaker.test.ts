import { describe, expect, it } from "vitest";
import { ProviderError, type ProviderErrorReason } from "../../src/providers/provider.js";
import { createCircuitBreaker } from "../../src/usage/circuit-breaker.js";
import { fakeClock } from "../support/fake-clock.js";

const failure = (reason: ProviderErrorReason, status?: number) =>
  new ProviderError("openai", reason, "down", { status });

function setup() {
  const clock = fakeClock();
  const breaker = createCircuitBreaker(clock);
  const fail = (times: number, error: unknown = failure("network")) => {
    for (let time = 0; time < times; time++) breaker.fail("openai", error);
  };
  return { clock, breaker, fail, isOpen: () => breaker.admit("openai").isOpen };
}

describe("createCircuitBreaker()", () => {
  it("opens after the fifth outage in a row, not after the fourth, and for that provider only", () => {
    const { breaker, fail, isOpen } = setup();
    fail(4);
    expect(isOpen()).toBe(false);
    fail(1);
    expect(breaker.admit("openai")).toEqual({ isOpen: true, retryAfterMs: 15_000 });
    expect(breaker.admit("anthropic")).toEqual({ isOpen: false });
  });

  it("says what the provider said last", () => {
    const { breaker, fail } = setup();
    fail(4);
    fail(1, new ProviderError("openai", "overloaded", "down", { words: "The engine died" }));
    expect(breaker.admit("openai")).toMatchObject({ isOpen: true, words: "The engine died" });
  });

  it.each([
    ["a timeout", failure("timeout")],
    ["no connection", failure("network")],
    ["a 500", failure("http", 500)],
    ["a 503", failure("overloaded", 503)],
  ])("counts %s", (_name, error) => {
    const { fail, isOpen } = setup();
    fail(5, error);
    expect(isOpen()).toBe(true);
  });

  it.each([
    ["a refused key", failure("auth", 401)],
    ["a rate limit", failure("rate-limited", 429)],
    ["a bad request", failure("bad-request", 400)],
    ["an unknown model", failure("unknown-model", 404)],
    ["an error of our own", new Error("stopped")],
  ])("never opens on %s", (_name, error) => {
    const { fail, isOpen } = setup();
    fail(20, error);
    expect(isOpen()).toBe(false);
  });

  it("counts only failures in a row: an answer, or a refusal, begins anew", () => {
    const { breaker, fail, isOpen } = setup();
    fail(4);
    breaker.succeed("openai");
    fail(4);
    fail(1, failure("bad-request", 400));
    fail(4);
    expect(isOpen()).toBe(false);
    fail(1);
    expect(isOpen()).toBe(true);
  });

  it("counts failures within 60 s, and no longer", async () => {
    const { clock, fail, isOpen } = setup();
    fail(4);
    await clock.advance(60_001);
    fail(1);
    expect(isOpen()).toBe(false);
    fail(3);
    expect(isOpen()).toBe(false);
    fail(1);
    expect(isOpen()).toBe(true);
  });

  it("counts failures that are exactly 60 s apart", async () => {
    const { clock, fail, isOpen } = setup();
    fail(4);
    await clock.advance(60_000);
    fail(1);
    expect(isOpen()).toBe(true);
  });

  it("lets one probe through after 15 s, whose success closes it", async () => {
    const { clock, breaker, fail, isOpen } = setup();
    fail(5);
    await clock.advance(14_999);
    expect(isOpen()).toBe(true);
    await clock.advance(1);
    expect(isOpen()).toBe(false);
    expect(breaker.admit("openai")).toEqual({ isOpen: true, retryAfterMs: 15_000 });
    breaker.succeed("openai");
    expect(isOpen()).toBe(false);
    fail(4);
    expect(isOpen()).toBe(false);
  });

  it("stays open for another 15 s after a probe that failed", async () => {
    const { clock, fail, isOpen } = setup();
    fail(5);
    await clock.advance(15_000);
    expect(isOpen()).toBe(false);
    await clock.advance(5_000);
    fail(1);
    await clock.advance(14_999);
    expect(isOpen()).toBe(true);
    await clock.advance(1);
    expect(isOpen()).toBe(false);
  });

  it("sends another probe where nobody heard of the last one", async () => {
    const { clock, fail, isOpen } = setup();
    fail(5);
    await clock.advance(15_000);
    expect(isOpen()).toBe(false);
    await clock.advance(15_000);
    expect(isOpen()).toBe(false);
  });
});
