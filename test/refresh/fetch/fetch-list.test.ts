import { describe, expect, it } from "vitest";
import { ProviderError, type ProviderErrorReason } from "../../../src/providers/provider.js";
import { modelRowsOf, stateOf } from "../../../src/refresh/catalog/catalog-entry.js";
import { nextEntry } from "../../../src/refresh/catalog/next-entry.js";
import { fetchList, judgeFailure, judgeList } from "../../../src/refresh/fetch/fetch-list.js";
import { fakeClock, settle } from "../../support/fake-clock.js";
import { fakeProvider, modelRow } from "../../support/fake-provider.js";
import { entryOf } from "../support.js";

describe("judgeList", () => {
  it("takes an empty list for none", () => {
    expect(judgeList([])).toMatchObject({ outcome: "empty" });
    expect(judgeList([modelRow("a")])).toEqual({ outcome: "ok", models: [{ id: "a", isChat: true }] });
  });

  it("keeps one row per id, and of it what is used", () => {
    const row = { id: "a", name: "A", contextTokens: 1, inputPrice: 0, input: ["text"] as const, isChat: true };
    const fat = { ...row, permission: ["a lot"], object: "model" };
    expect(judgeList([modelRow("a"), fat, { id: "__proto__", isChat: false }])).toEqual({
      outcome: "ok",
      models: [row, { id: "__proto__", isChat: false }],
    });
  });
});

describe("judgeFailure", () => {
  it("keeps the HTTP status", () => {
    expect(judgeFailure(new ProviderError("p", "http", "gone", { status: 404 }))).toMatchObject({ status: 404 });
    expect(judgeFailure(new ProviderError("p", "network", "away"))).not.toHaveProperty("status");
  });

  it.each<[ProviderErrorReason, string]>([
    ["timeout", "timeout"],
    ["auth", "auth"],
    ["rate-limited", "rate-limited"],
    ["spend-cap", "rate-limited"],
    ["overloaded", "http"],
    ["unknown-model", "http"],
    ["bad-request", "http"],
    ["http", "http"],
    ["network", "network"],
    ["cut-off", "network"],
    ["malformed", "malformed"],
  ])("takes %s for %s", (reason, outcome) => {
    expect(judgeFailure(new ProviderError("p", reason, "so it was"))).toMatchObject({ outcome, message: "so it was" });
  });

  it("passes on what the provider asks to wait, up to a day", () => {
    const asked = (retryAfterMs?: number) =>
      judgeFailure(new ProviderError("p", "rate-limited", "wait", { retryAfterMs }));
    expect(asked(5_000)).toMatchObject({ retryAfterMs: 5_000 });
    expect(asked()).toMatchObject({ retryAfterMs: null });
    expect(asked(0)).toMatchObject({ retryAfterMs: null });
    expect(asked(Number.NaN)).toMatchObject({ retryAfterMs: null });
    expect(asked(86_400_001)).toMatchObject({ retryAfterMs: 86_400_000 });
  });

  it("tells nobody what a foreign error says", () => {
    const failure = judgeFailure(new Error("key sk-123 at https://internal"));
    expect(failure).toMatchObject({ outcome: "malformed", message: "Its answer could not be read" });
  });
});

describe("fetchList", () => {
  const start = (provider = fakeProvider("p")) => {
    const clock = fakeClock();
    const stopping = new AbortController();
    return { clock, stopping, answer: fetchList(provider, { timeoutMs: 10_000, clock, signal: stopping.signal }) };
  };

  it("ends at its deadline although the provider ignores its signal", async () => {
    const provider = fakeProvider("p");
    provider.hangs();
    const { clock, answer } = start(provider);
    await clock.advance(10_000);
    expect(await answer).toMatchObject({
      outcome: "timeout",
      message: "The model list of p gave no answer within 10 s",
    });
    expect(provider.open()).toBe(0);
  });

  it("takes what is thrown at once for a failure", async () => {
    const provider = fakeProvider("p");
    const broken = {
      ...provider,
      listModels: () => {
        throw new ProviderError("p", "auth", "no");
      },
    };
    expect(await start(broken).answer).toMatchObject({ outcome: "auth" });
  });

  it("rejects at the shutdown only", async () => {
    const provider = fakeProvider("p");
    provider.hangs();
    const { stopping, answer } = start(provider);
    await settle();
    stopping.abort(new Error("the end"));
    await expect(answer).rejects.toThrow("the end");
  });
});

describe("nextEntry", () => {
  const times = { attemptedAt: 5_000, answeredAt: 6_000 };
  const good = entryOf({ models: [modelRow("a"), modelRow("b")], fetchedAt: 1_000, attemptedAt: 900, outcome: "ok" });

  it("changes list and success only for a good answer", () => {
    const failed = nextEntry(good, { outcome: "http", message: "500", retryAfterMs: 2_000 }, times);
    expect(failed).toEqual({
      ...good,
      attemptedAt: 5_000,
      outcome: "http",
      consecutiveFailures: 1,
      failingSince: 6_000,
      lastFailure: "500",
      retryAfterAt: 8_000,
    });
    const again = nextEntry(
      failed,
      { outcome: "empty", message: "none", retryAfterMs: null },
      { attemptedAt: 9_000, answeredAt: 9_500 },
    );
    expect(again).toMatchObject({ consecutiveFailures: 2, failingSince: 6_000, retryAfterAt: null, fetchedAt: 1_000 });
    expect(
      nextEntry(again, { outcome: "ok", models: good.models }, { attemptedAt: 10_000, answeredAt: 11_000 }),
    ).toEqual({
      ...good,
      fetchedAt: 11_000,
      attemptedAt: 10_000,
      missing: [],
    });
  });

  it("remembers what has left the list, and unlists it when two lists in a row lack it", () => {
    const without = (models: readonly string[], before = good) =>
      nextEntry(before, { outcome: "ok", models: models.map(modelRow) }, times);
    const once = without(["a"]);
    expect(stateOf(once, "a")).toBe("listed");
    expect(stateOf(once, "b")).toBe("listed");
    expect(stateOf(once, "never")).toBeUndefined();
    const failed = nextEntry(once, { outcome: "timeout", message: "late", retryAfterMs: null }, times);
    expect(stateOf(failed, "b")).toBe("listed");
    const twice = without(["a"], failed);
    expect(stateOf(twice, "b")).toBe("unlisted");
    expect(modelRowsOf(twice).map(({ model, state }) => `${model.id} ${state}`)).toEqual(["a listed", "b unlisted"]);
    expect(stateOf(without(["a", "b"], twice), "b")).toBe("listed");
  });

  it("remembers 500 of them, the latest", () => {
    const many = Array.from({ length: 600 }, (_unused, row) => modelRow(`m${row}`));
    const left = nextEntry({ ...good, models: many }, { outcome: "ok", models: [modelRow("a")] }, times);
    expect(left.missing).toHaveLength(500);
  });
});
