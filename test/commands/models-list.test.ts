import { describe, expect, it } from "vitest";
import { timeMark } from "../../src/base/time.js";
import { chat, harness } from "./harness.js";

const many = (count: number, prefix: string) =>
  chat(...Array.from({ length: count }, (_unused, index) => `${prefix}-${index}`));
const rowsIn = (text: string) => text.split("\n").filter((line) => line.startsWith("- `"));

describe("/models list", () => {
  it("groups the chat models by provider", async () => {
    const world = harness({
      providers: [
        { id: "openai", models: [...chat("gpt-5"), { id: "embedding", isChat: false }] },
        { id: "demo", models: chat("demo-small") },
      ],
    });
    expect(await world.say("/models list")).toBe(
      [
        "**Models**: 2 in all, on 2 lists",
        `**openai** (1 model, list from ${timeMark(world.at)})`,
        "- `gpt-5`",
        `**demo** (1 model, list from ${timeMark(world.at)})`,
        "- `demo-small`",
      ].join("\n"),
    );
  });

  it("shows one provider's alone", async () => {
    const text = await harness().say("/models list demo");
    expect(text).toContain("demo-large");
    expect(text).not.toContain("gpt-5");
  });

  it.each([
    ["mini", ["- `gpt-5-mini`", "- `o4_mini`"]],
    ["GPT 5 mini", ["- `gpt-5-mini`"]],
    ['"GPT 5 mini"', ["- `gpt-5-mini`"]],
    ["openai o4", ["- `o4_mini`"]],
    ["search:demo/", ["- `demo-small`", "- `demo-large`"]],
  ])("finds %s by its parts, case ignored", async (search, rows) => {
    expect(rowsIn(await harness().say(`/models list ${search}`))).toEqual(rows);
  });

  it("says so when nothing fits, and names the closest", async () => {
    expect(await harness().say("/models list gpt-5-nini")).toBe(
      "No listed model matches `gpt-5-nini`. The closest: `openai/gpt-5-mini`.",
    );
  });

  it("shows 40 models whole", async () => {
    const world = harness({ providers: [{ id: "openai", models: many(40, "m") }] });
    const text = await world.say("/models list");
    expect(rowsIn(text)).toHaveLength(40);
    expect(text).not.toMatch(/more|Page/);
  });

  it("goes on by buttons from 41 models on, each model once", async () => {
    const world = harness({ providers: [{ id: "openai", models: many(81, "m") }] });
    const rows: string[] = [];
    const pressed: string[] = [];
    for (let command: string | undefined = "/models list"; command !== undefined; ) {
      const [reply] = await world.replies(command);
      expect(reply?.markdown).toContain(`(81 models,`);
      expect(reply?.markdown).toContain(`Page ${pressed.length + 1} of 3.`);
      rows.push(...rowsIn(reply?.markdown ?? ""));
      const next = (reply?.controls ?? []).find(({ label }) => label.endsWith("▶"));
      command = next && "command" in next ? next.command : undefined;
      pressed.push(command ?? "end");
    }
    expect(pressed).toEqual(["/models list page:p2", "/models list page:p3", "end"]);
    expect(new Set(rows).size).toBe(81);
    expect(rows).toHaveLength(81);
  });

  it("goes on with what a search found, over the providers, and takes a page past the end for the last", async () => {
    const world = harness({
      providers: [
        { id: "a", models: many(30, "m") },
        { id: "b", models: many(30, "m") },
      ],
    });
    const [first] = await world.replies("/models list m-");
    expect(rowsIn(first?.markdown ?? "")).toHaveLength(40);
    expect(first?.controls).toEqual([{ label: "Page 2 ▶", command: "/models list page:p2 search:m-" }]);
    const last = await world.say("/models list page:p9 search:m-");
    expect(last).toContain("**b** (30 found");
    expect(last).not.toContain("**a**");
    expect(rowsIn(last)).toHaveLength(20);
  });

  it("shows every provider's share, with honest counts", async () => {
    const world = harness({
      providers: [
        { id: "openrouter", models: many(400, "x") },
        { id: "openai", models: many(3, "y") },
        { id: "demo", models: many(30, "z") },
      ],
    });
    const text = await world.say("/models list");
    expect(rowsIn(text)).toHaveLength(40);
    expect(rowsIn(text).filter((row) => row.includes("y-"))).toHaveLength(3);
    expect(text).toContain("- … 381 more of openrouter");
    expect(text).toContain("- … 12 more of demo");
    expect(text).toContain("Narrow it down with a search");
    const [reply] = await world.replies("/models list");
    expect(reply?.controls).toEqual([
      { label: "All 400 of openrouter", command: "/models list openrouter" },
      { label: "All 30 of demo", command: "/models list demo" },
    ]);
    expect(text.length).toBeLessThan(4_000);
  });

  it("says why a provider has no list", async () => {
    const world = harness({ providers: [{ id: "ollama" }, { id: "groq", outcome: "auth", failures: 1 }] });
    const [first, second] = (await world.say("/models list")).split("\n");
    expect(first).toBe("– **ollama**: no list yet");
    expect(second).toMatch(/^⚠️ \*\*groq\*\*: no list yet, it refused the key\. Check its API key/);
  });

  it("says when the list is an old one", async () => {
    const world = harness({ providers: [{ id: "openai", models: chat("a"), outcome: "timeout", failures: 1 }] });
    expect(await world.say("/models list")).toContain("; last attempt: timed out)");
  });

  it("marks the pinned model and never leaves it out", async () => {
    const world = harness({ providers: [{ id: "openai", models: many(60, "m") }] });
    await world.say("/models use openai/m-55");
    const text = await world.say("/models list");
    expect(rowsIn(text)[0]).toBe("- `m-55` 📌 pinned here");
    expect(rowsIn(text)).toHaveLength(40);
  });

  it("tells the pin's state when no list has it", async () => {
    const world = harness();
    await world.say("/models use openai/unheard-of");
    expect(await world.say("/models list")).toContain(
      "📌 pinned here: `openai/unheard-of` (not on its provider's list)",
    );
  });

  it("shows what is no longer listed for two lists, and not what one list left out", async () => {
    const [once = [], twice = []] = [chat("once"), chat("twice")].map(([model], index) =>
      model ? [{ model, misses: index + 1, lastListedAt: 0 }] : [],
    );
    const world = harness({ providers: [{ id: "openai", models: chat("a"), missing: [...once, ...twice] }] });
    expect(rowsIn(await world.say("/models list"))).toEqual([
      "- `a`",
      "- `once`",
      "- `twice` (no longer on its provider's list)",
    ]);
    // The same number as everywhere else, and what stands below it besides.
    expect(await world.say("/models list")).toContain("**openai** (1 model and 2 that left the list, list from");
  });

  it("shows which models are retired and which are refused for chat", async () => {
    const missing = chat("old").map((model) => ({ model, misses: 1, lastListedAt: 0 }));
    const refused = [
      { model: "old", as: "unknown-model", at: 1, isGone: true },
      { model: "b", as: "not-usable", at: 1, isGone: false },
    ] as const;
    const world = harness({ providers: [{ id: "openai", models: chat("a", "b"), missing, refused }] });
    expect(rowsIn(await world.say("/models list"))).toEqual([
      "- `a`",
      "- `b` (its provider refuses it for chat)",
      "- `old` (retired by its provider)",
    ]);
  });

  it("asks for stale lists to be refreshed behind its back, of what it shows", async () => {
    const world = harness();
    await world.say("/models list");
    await world.say("/models list demo");
    world.suggest("/models use", "model", "g");
    expect(world.nudges).toEqual([
      { trigger: "picker", providers: undefined },
      { trigger: "picker", providers: ["demo"] },
      { trigger: "picker", providers: undefined },
    ]);
    expect(world.refreshes).toEqual([]);
  });

  it("still shows the lists when the store is down", async () => {
    const world = harness();
    world.store.breakDown();
    expect(rowsIn(await world.say("/models list"))).toHaveLength(5);
  });

  it("keeps ids from breaking the formatting", async () => {
    const world = harness({ providers: [{ id: "openai", models: chat("a`b**c", "<t:1:R>", "x\u0000y\u200b\nz") }] });
    expect(rowsIn(await world.say("/models list"))).toEqual(["- `a'b**c`", "- `‹t:1:R>`", "- `xy\ufffd z`"]);
  });

  it("says which models retire, and which are deprecated", async () => {
    const models = [
      { id: "a", isChat: true, retiresAt: Date.UTC(2027, 0, 14), isDeprecated: true as const },
      { id: "b", isChat: true, isDeprecated: true as const },
    ];
    const world = harness({ providers: [{ id: "openai", models }] });
    expect(rowsIn(await world.say("/models list"))).toEqual(["- `a` (retires on 14 Jan 2027)", "- `b` (deprecated)"]);
  });

  it("suggests providers, and nothing for a search", () => {
    expect(harness().suggest("/models list", "provider", "o")).toEqual([
      { label: "openai", value: "openai" },
      { label: "demo", value: "demo" },
    ]);
    expect(harness().suggest("/models list", "search", "o")).toEqual([]);
  });
});
