import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/refresh/catalog/catalog-entry.js";
import {
  describeResult,
  INTERVALS,
  indicatorLine,
  indicatorText,
  outcomeHint,
  outcomeWords,
  providerWarnings,
  refreshLabel,
} from "../../src/refresh/refresh-texts.js";
import type { ProviderStatus, RefreshResult, RefreshStatus } from "../../src/refresh/refresher.js";
import { entryOf } from "./support.js";

const result = (part: Partial<RefreshResult>): RefreshResult => ({
  provider: "openai",
  outcome: "ok",
  added: 0,
  gone: 0,
  entry: entryOf(),
  ...part,
});
const rows = (count: number) => Array.from({ length: count }, (_unused, row) => ({ id: `m${row}`, isChat: true }));

describe("indicatorText", () => {
  it("says the three lines exactly", () => {
    expect(indicatorText("refreshing")).toBe("🔄 Background refresh in progress...");
    expect(indicatorText("fresh")).toBe("✓ Auto-refreshed - models up to date");
    expect(indicatorText("stale")).toBe("⚠️ Using cached models - refresh recommended");
  });
});

describe("refreshLabel", () => {
  it("tells no cache, fresh and stale apart exactly", () => {
    expect(refreshLabel({ hasLists: false, isFresh: false })).toBe("🔄 Refresh Models");
    expect(refreshLabel({ hasLists: true, isFresh: true })).toBe("🔄 Refresh (auto-updated)");
    expect(refreshLabel({ hasLists: true, isFresh: false })).toBe("🔄 Refresh (outdated)");
  });
});

describe("providerWarnings", () => {
  const warnings = (status: Partial<ProviderStatus>) => {
    const known = { id: "groq", outcome: "ok", fetchedAt: 1, consecutiveFailures: 0, ...status } as ProviderStatus;
    return providerWarnings({ providers: [known] } as unknown as RefreshStatus);
  };

  it.each([
    ["that refuses its key", { outcome: "auth", consecutiveFailures: 1 }, "groq: refused the key"],
    ["that has never given a list", { outcome: "timeout", fetchedAt: null }, "groq: timed out"],
    [
      "that failed twice",
      { outcome: "http", failureStatus: 500, consecutiveFailures: 2 },
      "groq: answered with an error (500)",
    ],
  ] as const)("names a provider %s", (_what, status, warning) => {
    expect(warnings(status)).toEqual([warning]);
  });

  it.each([
    ["has a list", {}],
    ["failed once", { outcome: "network", consecutiveFailures: 1 }],
    ["was never asked", { outcome: null, fetchedAt: null }],
  ] as const)("names none that %s", (_what, status) => {
    expect(warnings(status)).toEqual([]);
  });
});

describe("indicatorLine()", () => {
  const lineOf = (status: Partial<RefreshStatus>, ...providers: readonly Partial<ProviderStatus>[]) =>
    indicatorLine({
      ...{ indicator: "fresh", hasLists: true, ...status },
      providers: providers.map((each, index) => ({
        ...{ id: `p${index}`, outcome: "ok", fetchedAt: 1, consecutiveFailures: 0 },
        ...each,
      })),
    } as unknown as RefreshStatus);
  const failing = { outcome: "auth", fetchedAt: null, consecutiveFailures: 1 } as const;

  it("is the indicator alone while no provider fails", () => {
    expect(lineOf({}, {})).toBe("✓ Auto-refreshed - models up to date");
    expect(lineOf({ indicator: "stale" }, {})).toBe("⚠️ Using cached models - refresh recommended");
  });

  it("counts the providers that fail, whatever the indicator", () => {
    expect(lineOf({}, {}, failing)).toBe("✓ Auto-refreshed - models up to date · 1 provider failing");
    expect(lineOf({ indicator: "refreshing" }, failing, failing)).toBe(
      "🔄 Background refresh in progress... · 2 providers failing",
    );
  });

  it("never speaks of cached models where no provider has a list, but says what is wrong", () => {
    const none = { hasLists: false, indicator: "stale" } as const;
    expect(lineOf(none, failing, { ...failing, outcome: "timeout" })).toBe(
      "⚠️ No model list: p0 refused the key, p1 timed out",
    );
    expect(lineOf(none, ...Array(5).fill(failing))).toMatch(/p2 refused the key, 2 more failing$/);
    expect(lineOf(none, { outcome: null, fetchedAt: null })).toBe("⚠️ No model list yet");
    expect(lineOf(none)).toBe("⚠️ No model list: no provider is configured");
  });
});

describe("INTERVALS", () => {
  it("offers the six choices with their exact texts", () => {
    expect(INTERVALS.map(({ value, label }) => `${value} = ${label}`)).toEqual([
      "1 = 1 minute (testing)",
      "3 = 3 minutes (active use)",
      "5 = 5 minutes (default)",
      "10 = 10 minutes (light use)",
      "15 = 15 minutes (minimal use)",
      "smart = smart (adapts to use)",
    ]);
  });
});

describe("outcomeWords", () => {
  it("has words for every failure, and a hint", () => {
    const failures: readonly Outcome[] = [
      "timeout",
      "auth",
      "rate-limited",
      "http",
      "network",
      "malformed",
      "empty",
      "suspicious",
    ];
    expect(new Set(failures.map((outcome) => outcomeWords(outcome))).size).toBe(failures.length);
    expect(failures.map((outcome) => outcomeHint({ outcome })).every((hint) => hint?.endsWith("."))).toBe(true);
    expect(outcomeHint({ outcome: "auth" })).toContain("API key");
  });

  it("tells an account without credit from a limit of a minute", () => {
    const failed = (what: string) => ({
      outcome: "rate-limited" as const,
      lastFailure: `acme says that ${what} (429)`,
    });
    const spent = failed("the account's budget is used up");
    expect(outcomeWords("rate-limited", spent)).toBe("has no credit left");
    expect(outcomeHint(spent)).toBe("Add credit or raise its limit at the provider.");
    expect(outcomeWords("rate-limited", failed("a quota is used up"))).toBe("has used up a quota");
    expect(outcomeWords("rate-limited", { lastFailure: "acme is limiting the rate" })).toBe("hit its rate limit");
  });

  it("names the variable to fix, and that a restart follows", () => {
    const variables = { keyVariable: "OPENAI_API_KEY", addressVariable: "OPENAI_BASE_URL" };
    expect(outcomeHint({ outcome: "auth", ...variables })).toBe(
      "Put a valid key into `OPENAI_API_KEY` in `.env`, then restart.",
    );
    for (const outcome of ["network", "malformed", "http"] as const)
      expect(outcomeHint({ outcome, ...variables })).toMatch(/`OPENAI_BASE_URL` in `\.env`, then restart\.$/);
  });

  it("has no hint where nothing is wrong", () => {
    expect(outcomeHint({ outcome: "ok" })).toBeUndefined();
    expect(outcomeHint({ outcome: null })).toBeUndefined();
  });
});

describe("describeResult", () => {
  it("brackets only what changed", () => {
    const entry = entryOf({ models: [...rows(61), { id: "embedding", isChat: false }], fetchedAt: 1 });
    expect(describeResult(result({ added: 2, gone: 1, entry }))).toBe("✓ openai: 61 models (+2 new, 1 gone)");
    expect(describeResult(result({ added: 2, entry }))).toBe("✓ openai: 61 models (+2 new)");
    expect(describeResult(result({ gone: 1, entry }))).toBe("✓ openai: 61 models (1 gone)");
    expect(describeResult(result({ entry }))).toBe("✓ openai: 61 models");
  });

  it("counts one model as one", () => {
    expect(describeResult(result({ entry: entryOf({ models: rows(1) }) }))).toBe("✓ openai: 1 model");
  });

  it("says from when the list is that it goes on with", () => {
    const entry = entryOf({ models: rows(3), fetchedAt: 1_700_000_000_999 });
    expect(describeResult(result({ provider: "anthropic", outcome: "timeout", entry }))).toBe(
      "⚠️ anthropic: timed out, using the list from <t:1700000000:R>",
    );
  });

  it("says that there is no list yet, unless an empty one came", () => {
    expect(describeResult(result({ provider: "groq", outcome: "empty" }))).toBe("⚠️ groq: answered with an empty list");
    expect(describeResult(result({ provider: "groq", outcome: "timeout" }))).toBe("⚠️ groq: timed out, no list yet");
  });

  // dyad-sh/dyad#3263: a local server whose models are all of another kind.
  it("never counts 0 models where the list came without any for chat", () => {
    const entry = entryOf({ models: [{ id: "text-embedding-nomic", isChat: false }], fetchedAt: 1 });
    const line = describeResult(result({ provider: "lm", entry }));
    expect(line).toMatch(/^⚠️ lm: its list came, but none of its 1 model is for chat/);
    expect(line).toContain("/models use lm/MODEL");
  });

  // mostlygeek/llama-swap#146, containers/ramalama#2343: "Loading model" for a minute after the start.
  it("passes on what a vendor says of its error, made safe to show", () => {
    const lastFailure = "lm is still loading the model (503): *Loading* model";
    const entry = entryOf({ outcome: "http", failureStatus: 503, lastFailure });
    expect(describeResult(result({ provider: "lm", outcome: "http", entry }))).toBe(
      `⚠️ lm: answered with an error (503), no list yet. ${lastFailure}.`,
    );
    expect(describeResult(result({ outcome: "http", entry }), (text) => text.replaceAll("*", "")).includes("*")).toBe(
      false,
    );
    expect(outcomeHint({ outcome: "http", failureStatus: 503, lastFailure })).toBe("It is retried automatically.");
    expect(
      outcomeHint({ outcome: "http", failureStatus: 503, lastFailure: "lm answered with an error (503)" }),
    ).toContain("may be down");
  });

  it("names the status of an error, and where it says that nothing is there, the address", () => {
    const line = (failureStatus: number) =>
      describeResult(result({ outcome: "http", entry: entryOf({ outcome: "http", failureStatus }) }));
    expect(line(500)).toBe("⚠️ openai: answered with an error (500), no list yet");
    expect(outcomeHint({ outcome: "http", failureStatus: 500 })).toContain("may be down");
    expect(outcomeHint({ outcome: "http", failureStatus: 404 })).toBe("Check its base URL.");
  });

  it("says what was wrong with the connection", () => {
    const entry = entryOf({
      outcome: "network",
      lastFailure: "openai answered with a redirect; set its final address",
    });
    expect(describeResult(result({ outcome: "network", entry }))).toBe(
      "⚠️ openai: could not be reached, no list yet. openai answered with a redirect; set its final address.",
    );
  });

  it("says why nothing was fetched", () => {
    const skipped = result({
      outcome: "skipped",
      why: "another replica is at it",
      entry: entryOf({ fetchedAt: 5_000 }),
    });
    expect(describeResult(skipped)).toBe(
      "⚠️ openai: not refreshed: another replica is at it, using the list from <t:5:R>",
    );
  });
});
