import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createMetrics, modelFamily } from "../../../src/bot/observe/metrics.js";
import type { TurnEvent } from "../../../src/bot/turn/turn-deps.js";
import { fakeClock } from "../../support/fake-clock.js";
import { fakePlatform } from "../../support/fake-platform.js";
import { fakeRefresher } from "../../support/fake-refresher.js";
import { eventually } from "../../support/playground-client.js";
import { providerStatus } from "../web/console/console-support.js";

const TURN: TurnEvent = {
  platform: "discord",
  provider: "openai",
  model: "gpt-5",
  ending: "done",
  durationMs: 4_000,
  firstTextMs: 700,
};

const SHARE = { host: "here", isOwn: true, shards: [1] };

function setup() {
  const clock = fakeClock();
  const discord = fakePlatform("discord");
  const refresher = fakeRefresher({
    status: () => ({
      indicator: "stale",
      isFresh: false,
      hasLists: true,
      lastRefreshAt: null,
      nextRefreshAt: null,
      providers: [
        providerStatus({ fetchedAt: clock.now() - 90_000, consecutiveFailures: 3, isFresh: false, models: 12 }),
        providerStatus({ id: "groq", fetchedAt: null, models: 0 }),
      ],
    }),
  });
  const metrics = createMetrics({
    clock,
    refresher,
    platforms: [discord],
    surfaces: [{ platform: discord, shares: () => ({ count: 2, replicas: [SHARE], received: 7 }) }],
    quota: { states: () => [] },
    load: () => 3,
  });
  return { metrics, discord, lines: async () => (await metrics.text()).split("\n") };
}

/** Everything once, so that each metric has a line. */
async function busy() {
  const { metrics, lines } = setup();
  metrics.onTurn(TURN);
  metrics.onRefresh({ provider: "openai", trigger: "timer", outcome: "ok", durationMs: 500 });
  metrics.onPlatformCall("discord", "edit", true);
  metrics.onPlatformCall("discord", "post", false);
  metrics.onDropped("discord");
  metrics.onWaiting("discord", 1);
  metrics.onMark("discord", "a", "waiting");
  metrics.onStoreCall("commit", false);
  metrics.onClaim("refresh", true);
  metrics.onClaim("refresh", false);
  return { metrics, lines, text: await lines() };
}

describe("createMetrics()", () => {
  it("tells of turns, refreshes, lists, platforms, store and claims", async () => {
    const { text } = await busy();
    for (const line of [
      'evergreen_turns_total{provider="openai",platform="discord",model_family="gpt",ending="done"} 1',
      'evergreen_first_text_seconds_sum{provider="openai"} 0.7',
      'evergreen_turn_duration_seconds_sum{provider="openai"} 4',
      "evergreen_turns_open 3",
      'evergreen_questions_waiting{platform="discord"} 1',
      'evergreen_refreshes_total{provider="openai",trigger="timer",outcome="ok"} 1',
      'evergreen_refresh_duration_seconds_sum{provider="openai"} 0.5',
      'evergreen_list_age_seconds{provider="openai"} 90',
      'evergreen_list_fresh{provider="openai"} 0',
      'evergreen_refresh_failures_in_row{provider="openai"} 3',
      'evergreen_models{provider="openai"} 12',
      'evergreen_models{provider="groq"} 0',
      'evergreen_platform_calls_total{platform="discord",call="edit",result="sent"} 1',
      'evergreen_platform_calls_total{platform="discord",call="edit",result="dropped"} 1',
      'evergreen_platform_calls_total{platform="discord",call="post",result="failed"} 1',
      'evergreen_platform_calls_waiting{platform="discord"} 1',
      'evergreen_shard_held{platform="discord",shard="1"} 1',
      'evergreen_events_received_total{platform="discord"} 7',
      'evergreen_platform_up{platform="discord"} 1',
      'evergreen_store_errors_total{operation="commit"} 1',
      'evergreen_store_errors_total{operation="read"} 0',
      'evergreen_claims_total{kind="refresh",result="won"} 1',
      'evergreen_claims_total{kind="refresh",result="lost"} 1',
    ]) {
      expect(text).toContain(line);
    }
    expect(text.join("\n")).not.toContain('evergreen_list_age_seconds{provider="groq"}');
    expect(text.join("\n")).toContain("nodejs_eventloop_lag_p99_seconds");
  });

  it("tells how late the event loop is without the step in which that is measured", async () => {
    const { lines } = setup();
    const median = async () =>
      Number((await lines()).find((line) => line.startsWith("nodejs_eventloop_lag_p50_seconds "))?.split(" ")[1]);
    await eventually("a measurement", async () => {
      await setTimeout(250); // a reading begins a new measurement, which takes two steps
      const seconds = await median();
      return seconds > 0 && seconds < 0.05;
    });
  });

  it("counts an answer that an ended process left, and guesses no duration", async () => {
    const { metrics, lines } = setup();
    metrics.onTurn({ ...TURN, ending: "interrupted", durationMs: null, firstTextMs: null });
    const text = await lines();
    expect(text.filter((line) => line.includes('ending="interrupted"')).length).toBe(1);
    expect(text.join("\n")).not.toContain("evergreen_turn_duration_seconds_sum{");
  });

  it("forgets a question's place in line once it is answered", async () => {
    const { metrics, lines } = setup();
    for (const message of ["a", "b"]) metrics.onMark("discord", message, "waiting");
    metrics.onMark("discord", "a", "working");
    expect(await lines()).toContain('evergreen_questions_waiting{platform="discord"} 1');
  });

  it("makes no label of a model's name, however many there are", async () => {
    const { metrics, lines } = setup();
    for (let count = 0; count < 500; count++) metrics.onTurn({ ...TURN, model: `never-heard-of-${count}` });
    metrics.onTurn({ ...TURN, provider: null, model: null });
    const turns = (await lines()).filter((line) => line.startsWith("evergreen_turns_total"));
    expect(turns).toEqual([
      'evergreen_turns_total{provider="openai",platform="discord",model_family="other",ending="done"} 500',
      'evergreen_turns_total{provider="none",platform="discord",model_family="none",ending="done"} 1',
    ]);
  });

  it("names and units follow Prometheus", async () => {
    const { text } = await busy();
    const types = text.flatMap((line) =>
      [/^# TYPE (\w+) (\w+)$/.exec(line)?.slice(1) ?? []].filter((found) => found.length > 0),
    );
    expect(types.filter(([name]) => name?.startsWith("evergreen_")).length).toBeGreaterThan(12);
    for (const [name = "", type] of types) {
      expect(/^(evergreen|nodejs|process)(_[a-z0-9]+)+$/.test(name), name).toBe(true);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
    }
  });

  it("has only values that Prometheus reads, also when it is read twice in one moment", async () => {
    const { lines } = await busy();
    for (const line of [...(await lines()), ...(await lines())].filter(
      (each) => each !== "" && !each.startsWith("#"),
    )) {
      expect(line).toMatch(/^\w+(\{[^}]*\})? (-?\d+(\.\d+)?(e[+-]?\d+)?|NaN|[+-]Inf)$/);
    }
  });

  it("is described whole in docs/operations.md, and its alerts speak of nothing else", async () => {
    const { text } = await busy();
    const given = new Set(text.flatMap((line) => /^# TYPE (evergreen_\w+) /.exec(line)?.[1] ?? []));
    const named = (file: string) =>
      [...readFileSync(file, "utf8").matchAll(/\bevergreen_[a-z_]+/g)].map(([name]) => name);
    const described = new Set(named("docs/operations.md"));
    expect([...given].filter((name) => !described.has(name))).toEqual([]);
    const isGiven = (name: string) => given.has(name.replace(/_(bucket|sum|count)$/, ""));
    expect([...described, ...named("deploy/alerts.yml")].filter((name) => !isGiven(name))).toEqual([]);
  });
});

describe("the Grafana dashboard", () => {
  interface Panel {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }
  const { panels }: { readonly panels: readonly Panel[] } = JSON.parse(
    readFileSync("deploy/grafana-dashboard.json", "utf8"),
  );

  it("draws only metrics that there are, by the labels that they have", async () => {
    const { text } = await busy();
    const samples = text.filter((line) => !line.startsWith("#"));
    const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(15);
    for (const expression of expressions) {
      const [, metric = "", filter = ""] = /\b((?:evergreen|process|nodejs)_\w+)\{([^}]*)\}/.exec(expression) ?? [];
      const described = new RegExp(`^# TYPE ${metric.replace(/_bucket$/, "")} `);
      expect(
        text.some((line) => described.test(line)),
        expression,
      ).toBe(true);
      expect(filter, expression).toBe('instance=~"$instance"');
      const own = samples.filter((line) => line.startsWith(`${metric}{`));
      const labels = /\bby \(([^)]*)\)/.exec(expression)?.[1]?.split(", ") ?? [];
      for (const label of labels.filter((each) => each !== "instance" && own.length > 0))
        expect(
          own.every((line) => line.includes(`${label}="`)),
          `${metric} has ${label}`,
        ).toBe(true);
    }
  });

  it("has panels that do not cover each other", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { gridPos: a, title } of panels) {
      expect(a.x + a.w, title).toBeLessThanOrEqual(24);
      const covered = panels.filter(({ gridPos: b }) => {
        const overlaps = (from: number, size: number, other: number, otherSize: number) =>
          from < other + otherSize && other < from + size;
        return b !== a && overlaps(a.x, a.w, b.x, b.w) && overlaps(a.y, a.h, b.y, b.h);
      });
      expect(covered, title).toEqual([]);
    }
  });
});

describe("modelFamily()", () => {
  it.each([
    ["gpt-5-mini", "gpt"],
    ["o4-mini", "gpt"],
    ["openai/o3", "gpt"],
    ["anthropic/claude-sonnet-4", "claude"],
    ["gemini-3-pro", "gemini"],
    ["gemma3:27b", "gemma"],
    ["meta-llama/Llama-4-Scout", "llama"],
    ["mixtral-8x7b", "mistral"],
    ["deepseek-r1-distill-llama-70b", "deepseek"],
    ["Qwen/Qwen3-235B", "qwen"],
    ["grok-4", "grok"],
    ["phi4", "phi"],
    ["evergreen-demo", "evergreen"],
    ["something-else", "other"],
  ])("puts %s into %s", (model, family) => {
    expect(modelFamily(model)).toBe(family);
  });
});
