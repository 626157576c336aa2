import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../src/base/time.js";
import type { Invocation } from "../../src/commands/command.js";
import { harness } from "./harness.js";

/** The harness's clock stands at 2026-01-05 12:00 UTC. */
const NOW = Date.UTC(2026, 0, 5, 12);
const NO_FILES: Partial<Invocation> = { canShowFiles: false };
const blocksOf = (markdown: string) => [...markdown.matchAll(/```\n([\s\S]*?)\n```/g)].map((match) => match[1] ?? "");

describe("/usage", () => {
  it("shows today's models as a table with totals, and their chart as a picture", async () => {
    const world = harness();
    await world.record(
      { inputTokens: 12_000, outputTokens: 3_000, cachedTokens: 2_000, costUsd: 0.0421 },
      { provider: "groq", model: "llama", inputTokens: 900, outputTokens: 50, costUsd: 0.5 },
      { provider: "groq", model: "llama", inputTokens: 100, outputTokens: 50, costUsd: 0.5 },
    );
    const [reply] = await world.replies("/usage");
    expect(reply?.markdown).toBe(
      [
        "**Usage by model, today** (2026-01-05, UTC)",
        "3 questions · 16.1K tokens (13K in, 2K of it from the provider's cache, 3.1K out) · $1.04",
        "```",
        "model         asked  input  output     cost",
        "openai/gpt-5      1    12K      3K  $0.0421",
        "groq/llama        2     1K     100    $1.00",
        "total             3    13K    3.1K    $1.04",
        "```",
        "Cost by list prices; the provider's bill may differ.",
      ].join("\n"),
    );
    expect(reply?.files).toEqual([
      {
        name: "usage.png",
        bytes: new Uint8Array([1]),
        alt: "Bar chart of the tokens by model, today. openai/gpt-5: 15K tokens, $0.0421; groq/llama: 1.1K tokens, $1.00.",
      },
    ]);
    expect(world.painted).toEqual([
      {
        title: "Tokens by model, today",
        isTimeline: false,
        parts: [
          { label: "input", tone: "main" },
          { label: "cached input", tone: "faded" },
          { label: "output", tone: "accent" },
        ],
        bars: [
          { label: "openai/gpt-5", values: [10_000, 2_000, 3_000], note: "15K · $0.0421" },
          { label: "groq/llama", values: [1_000, 0, 100], note: "1.1K · $1.00" },
        ],
      },
    ]);
  });

  it.each([
    ["where no file can be shown", false],
    ["where it cannot be drawn", true],
  ])("shows bars in the text %s", async (_where, canShowFiles) => {
    const world = harness();
    world.stopPainting();
    await world.record(
      { inputTokens: 700, outputTokens: 50 },
      { model: "gpt-5-mini", inputTokens: 225, outputTokens: 25 },
      { model: "idle", inputTokens: 0, outputTokens: 0 },
    );
    const [reply] = await world.replies("/usage", { canShowFiles });
    expect(reply?.files).toBeUndefined();
    expect(blocksOf(reply?.markdown ?? "")[1]).toBe(
      [
        "openai/gpt-5       ████████████████████  75%",
        "openai/gpt-5-mini  ██████▋░░░░░░░░░░░░░  25%",
        "openai/idle        ░░░░░░░░░░░░░░░░░░░░   0%",
      ].join("\n"),
    );
  });

  it("says what is unknown, what is at least, what is estimated and what is free", async () => {
    const world = harness();
    await world.record(
      { model: "priced", inputTokens: 4_000, costUsd: 0.5 },
      { model: "unpriced", inputTokens: 3_000, costUsd: null },
      { model: "mixed", inputTokens: 1_000, costUsd: 0.25, isEstimated: true },
      { model: "mixed", inputTokens: 900, costUsd: null },
      { model: "free", inputTokens: 100, costUsd: 0, isEstimated: true },
      { model: "half-free", inputTokens: 10, costUsd: 0 },
      { model: "half-free", inputTokens: 10, costUsd: null },
    );
    const text = await world.say("/usage");
    expect(text).toContain("· at least ≈$0.75\n");
    const rows = (blocksOf(text)[0] ?? "").split("\n").map((row) => row.split(/ {2,}/));
    expect(rows.map(([label, , , , cost]) => [label, cost])).toEqual([
      ["model", "cost"],
      ["openai/priced", "$0.50"],
      ["openai/unpriced", "unknown"],
      ["openai/mixed", "≥≈$0.25"],
      ["openai/half-free", "unknown"],
      ["openai/free", "$0"],
      ["total", "≥≈$0.75"],
    ]);
    expect(text).toContain("≈ estimated; the provider reported no token counts");
    expect(text).toContain("Some models have no known price");
    expect(text).not.toContain("$0.00");
  });

  it("says cost unknown where no price is known", async () => {
    const world = harness();
    await world.record({ costUsd: null });
    const text = await world.say("/usage");
    expect(text).toContain("1 question · 1.2K tokens (1K in, 200 out) · cost unknown\n");
    expect(text).not.toContain("list prices");
  });

  it("counts a period's whole UTC days, of this workspace only", async () => {
    const world = harness();
    const midnight = Date.UTC(2026, 0, 5);
    await world.record(
      { at: midnight },
      { at: midnight - 1 },
      { at: midnight - 6 * DAY_MS },
      { at: midnight - 6 * DAY_MS - 1 },
      { at: midnight - 29 * DAY_MS },
      { at: midnight - 29 * DAY_MS - 1 },
      { at: midnight, workspace: "discord:1" },
    );
    const asked = async (text: string) => /(\d+) question/.exec(await world.say(text))?.[1];
    expect(await asked("/usage today")).toBe("1");
    expect(await asked("/usage")).toBe("1");
    expect(await asked("/usage 7d")).toBe("3");
    expect(await asked("/usage 30d")).toBe("5");
    expect(await asked("/usage month")).toBe("2");
    expect(await world.say("/usage 7d")).toContain("(2025-12-30 to 2026-01-05, UTC)");
    expect(await world.say("/usage month")).toContain("**Usage by model, this month** (2026-01-01 to 2026-01-05, UTC)");
  });

  it("groups by people, and nothing in a name leaves its cell", async () => {
    const world = harness();
    await world.record(
      { user: { id: "u1", name: "``` @everyone <t:1:R>\n# loud" }, outputTokens: 9_000 },
      { user: { id: "u2", name: "日本太郎" } },
      { user: { id: "u3", name: `z${"\u0301".repeat(100_000)}` } },
    );
    const text = await world.say("/usage today user", NO_FILES);
    expect(text.match(/```/g)).toHaveLength(4);
    expect(text.length).toBeLessThan(1_500);
    expect(text).not.toMatch(/<t:\d/);
    expect(text).toContain("\n日本太郎 ");
  });

  it("shows days newest first in the text, and all days in order in the chart", async () => {
    const world = harness();
    await world.record(
      ...Array.from({ length: 20 }, (_, days) => ({ at: NOW - days * DAY_MS, inputTokens: 100 + days })),
    );
    const text = await world.say("/usage 30d day");
    const days = (blocksOf(text)[0] ?? "").split("\n").map((row) => row.split(/ {2,}/)[0]);
    expect(days.slice(0, 3)).toEqual(["day", "2026-01-05", "2026-01-04"]);
    expect(days.slice(-2)).toEqual(["10 earlier", "total"]);
    const bars = world.painted[0]?.bars ?? [];
    expect(bars).toHaveLength(30);
    expect(bars[0]).toEqual({ label: "Dec 7", values: [0, 0], note: "" });
    expect(bars.at(-1)).toMatchObject({ label: "Jan 5", values: [100, 200] });
    expect(world.painted[0]?.isTimeline).toBe(true);
  });

  it("fits into one Discord message, and 60 columns, however many and long the names are", async () => {
    const world = harness();
    const entries = Array.from({ length: 60 }, (_, index) => ({
      provider: "a-long-gateway-name",
      model: `vendor/some-model-with-a-long-name-${index}-20250929`,
      inputTokens: 999_949_000,
      outputTokens: 999_949_000,
      costUsd: index % 2 === 0 ? null : 12_345.6,
      isEstimated: true,
    }));
    await world.record(
      ...entries,
      ...entries.map((fields, index) => ({ ...fields, id: `again${index}`, costUsd: 9_999.4 })),
    );
    const text = await world.say("/usage", NO_FILES);
    expect(text.length).toBeLessThan(2_000);
    for (const line of blocksOf(text).flatMap((block) => block.split("\n")))
      expect([...line].length).toBeLessThanOrEqual(60);
    expect(text).toContain("50 more");
    expect(text).toContain("-20250929");
  });

  it("says so kindly where nothing was used", async () => {
    const world = harness();
    expect(await world.say("/usage")).toBe(
      "**Usage by model, today** (2026-01-05, UTC)\nNo model was used here today. `/usage 30d` looks further back.",
    );
    expect(await world.say("/usage 7d")).toBe(
      "**Usage by model, the last 7 days** (2025-12-30 to 2026-01-05, UTC)\n" +
        "No model was used here in the last 7 days.",
    );
    expect(world.painted).toEqual([]);
  });

  it("is there for everyone, for them alone, and says what it takes", async () => {
    const world = harness();
    expect(await world.say("/usage", { isOperator: false, isGuest: true })).toContain("No model was used");
    expect(world.dispatcher.visibilityOf("/usage 7d")).toBe("ephemeral");
    expect(await world.say("/usage yesterday")).toContain("takes `today`, `7d`, `30d` or `month`");
    expect(await world.say("/usage week by:people")).toContain("`by` takes `model`, `provider`, `user` or `day`");
  });

  it("says so when the store is down", async () => {
    const world = harness();
    world.store.breakDown();
    expect(await world.say("/usage")).toContain("storage did not answer");
  });

  describe("what others used", () => {
    const MEMBER: Partial<Invocation> = { isOperator: false, user: { id: "ada", name: "Ada" } };
    const people = async () => {
      const world = harness();
      await world.record(
        { user: { id: "ada", name: "Ada" }, inputTokens: 100, outputTokens: 10 },
        { user: { id: "bob", name: "Bob" }, inputTokens: 900, outputTokens: 90 },
        { user: { id: "eve", name: "Ada" }, inputTokens: 9_000, outputTokens: 0 },
      );
      return world;
    };

    it("is shown to a member as one sum, with their own row, in text and picture", async () => {
      const world = await people();
      const [reply] = await world.replies("/usage by:user", MEMBER);
      expect(reply?.markdown).toContain("3 questions · 10.1K tokens");
      expect(blocksOf(reply?.markdown ?? "")).toEqual([
        [
          "user       asked  input  output   cost",
          "Ada            1    100      10  $0.01",
          "everybody      3    10K     100  $0.03",
        ].join("\n"),
      ]);
      expect(reply?.markdown).toContain("Only operators see other people's rows.");
      expect(reply?.markdown + JSON.stringify([reply?.files, world.painted])).not.toContain("Bob");
      expect(world.painted.flatMap(({ bars }) => bars.map(({ label }) => label))).toEqual(["Ada"]);
    });

    it("is shown as a sum alone to a member who asked nothing", async () => {
      const world = await people();
      const [reply] = await world.replies("/usage by:user", { ...MEMBER, user: { id: "zoe", name: "Bob" } });
      expect(reply?.markdown).toContain("everybody      3");
      expect(reply?.markdown).not.toMatch(/Ada|Bob/);
      expect(reply?.files).toBeUndefined();
    });

    it("is shown to operators with names, and to anyone by model", async () => {
      const world = await people();
      expect(await world.say("/usage by:user", NO_FILES)).toContain("Bob");
      expect(await world.say("/usage by:model", { ...MEMBER, ...NO_FILES })).toContain("3 questions");
    });

    it.each(["model", "provider", "user", "day"])(
      "is part of nothing in a direct message, by %s, not for operators either",
      async (by) => {
        const world = harness();
        const direct = { isDirect: true, workspace: "discord:dm:7", user: { id: "ada", name: "Ada" } };
        await world.record(
          { workspace: "discord:dm", user: { id: "ada", name: "Ada" }, inputTokens: 1_000, outputTokens: 0 },
          { workspace: "discord:dm", user: { id: "bob", name: "Bob" }, inputTokens: 5, outputTokens: 0 },
          { workspace: "discord:dm:7", user: { id: "ada", name: "Ada" }, inputTokens: 2_000, outputTokens: 0 },
          { workspace: "discord:dm:7", user: { id: "bob", name: "Bob" }, inputTokens: 7, outputTokens: 0 },
          { workspace: "discord:dm:8", user: { id: "ada", name: "Ada" }, inputTokens: 7, outputTokens: 0 },
        );
        for (const isOperator of [true, false]) {
          const [reply] = await world.replies(`/usage by:${by}`, { ...direct, isOperator });
          expect(reply?.markdown).toContain("2 questions · 3K tokens (3K in, 0 out)");
          expect(reply?.markdown + JSON.stringify([reply?.files, world.painted])).not.toMatch(/Bob|Rows of others/);
        }
      },
    );
  });
});
