import { describe, expect, it } from "vitest";
import type { ModelQuota } from "../../src/quota/quota.js";
import { quotaState } from "../support/quota-states.js";
import { harness } from "./harness.js";

const CONVERSATION = "playground:local:general";
/** The harness's clock stands at 2026-01-05 12:00 UTC. */
const AT_18 = Date.UTC(2026, 0, 5, 18);
const OUT = quotaState({ isOut: true, renewsAt: AT_18 });
const PIN = { provider: "openai", model: "gpt-5", at: 1, by: null };
const USE = '/models detour "demo/demo-small" "openai/gpt-5"';

async function world(quotas: Readonly<Record<string, Partial<ModelQuota>>> = { openai: { out: OUT } }) {
  const it = harness({ ofModel: ({ provider }) => quotas[provider] ?? {} });
  await it.sessions.change(CONVERSATION, (before) => ({ ...before, pin: PIN }));
  return { ...it, session: () => it.sessions.get(CONVERSATION) };
}

describe("a press on Use", () => {
  it("lets the other model answer until the renewal, keeps the pin, and answers the question", async () => {
    const it = await world();
    const [reply] = await it.replies(USE, { isOperator: false });
    expect(reply).toEqual({
      markdown:
        "↪️ **demo/demo-small** answers here until 18:00 UTC; the pin stays **openai/gpt-5**. `/models back` returns " +
        "sooner. The last question is answered again.",
      dropsControls: true,
    });
    expect(it.retries).toHaveLength(1);
    const detour = { provider: "demo", model: "demo-small", until: AT_18, by: "Ada", pinAt: 1, window: OUT.key };
    expect(await it.session()).toMatchObject({ pin: PIN, detour });
  });

  it("twice changes nothing the second time", async () => {
    const it = await world();
    await it.say(USE);
    const before = await it.session();
    expect(await it.say(USE)).toContain("↪️ **demo/demo-small** answers here until 18:00 UTC");
    expect(await it.session()).toEqual(before);
    expect(it.retries).toHaveLength(1);
  });

  it.each([
    ["the pin has moved", {}, "pinned to **openai/gpt-5-mini** now, so nothing was changed", "gpt-5-mini"],
    ["the quota is fine again", { openai: {} }, "has quota again, so nothing was changed", "gpt-5"],
    ["the other is short by now", { openai: { out: OUT }, demo: { out: OUT } }, "is now out of quota, too", "gpt-5"],
  ])("is refused in words where %s", async (_when, quotas, words, model) => {
    const it = await world(quotas);
    await it.sessions.change(CONVERSATION, (before) => ({ ...before, pin: { ...PIN, model } }));
    expect(await it.say(USE)).toContain(words);
    expect(await it.session()).not.toHaveProperty("detour");
    expect(it.retries).toEqual([]);
  });

  it("is refused where fallback is off, where it was used already, and where a rule forbids the model", async () => {
    const off = await world();
    await off.say("/settings fallback off");
    expect(await off.say(USE)).toContain("switched off in this workspace");
    const used = await world();
    await used.say(USE);
    await used.say("/models back");
    expect(await used.say(USE)).toContain("only one switch is allowed");
    const ruled = await world();
    await ruled.say("/settings models deny demo/*");
    expect(await ruled.say(USE)).toContain("🔒 **demo/demo-small** is ruled out by this workspace");
    for (const it of [off, used, ruled]) expect(await it.session()).not.toHaveProperty("detour");
  });

  it("follows who may choose models", async () => {
    const it = await world();
    await it.say("/settings switching operators");
    for (const line of [USE, '/models back "openai/gpt-5"']) {
      expect(await it.say(line, { isOperator: false })).toContain("🔒 Only operators may use");
    }
    expect(await it.session()).not.toHaveProperty("detour");
  });

  it.each([
    [{ kind: "waiting" }, "will be answered again, after those that are waiting"],
    [{ kind: "not-yours" }, "The person who asked the last question can have it answered again."],
    [{ kind: "refused", why: "There are already 20 questions waiting here." }, "There are already 20 questions"],
    [{ kind: "not-last" }, "returns sooner."],
  ] as const)("says what became of the question: %j", async (outcome, words) => {
    const it = await world();
    it.answerRetryWith(outcome);
    expect(await it.say(USE)).toContain(words);
    expect(await it.session()).toHaveProperty("detour");
  });

  it("says until it is back where nobody knows when, and ends after a day at the latest", async () => {
    const it = await world({ openai: { out: quotaState({ isOut: true, renewsAt: undefined }) } });
    expect(await it.say(USE)).toContain("answers here until it is back");
    const at = it.clock.now() - 1;
    expect((await it.session()).detour).toMatchObject({ isOpenEnded: true, until: at + 86_400_000 });
  });
});

describe("/models status and /settings show", () => {
  it.each(["/models status", "/settings show"])("%s says who answers meanwhile", async (line) => {
    const it = await world();
    expect(await it.say(line)).not.toContain("↪️");
    await it.say(USE);
    expect(await it.say(line)).toContain("↪️ **demo/demo-small** answers here until 18:00 UTC");
    await it.clock.advance(AT_18 - it.clock.now());
    expect(await it.say(line)).not.toContain("↪️");
  });
});

describe("/models back", () => {
  it("ends a detour, and the next question goes to the pinned model", async () => {
    const it = await world();
    await it.say(USE);
    expect(await it.say("/models back")).toBe(
      "↩️ Back to **openai/gpt-5**. The next question goes to it, even if its quota is used up.",
    );
    expect(await it.session()).toMatchObject({ pin: PIN, triesPin: true });
    expect(await it.session()).not.toHaveProperty("detour");
  });

  it("as Keep under an answer keeps the pin, and is refused in words where it has moved", async () => {
    const it = await world();
    const [kept] = await it.replies('/models back "openai/gpt-5"');
    expect(kept).toMatchObject({ markdown: expect.stringContaining("**openai/gpt-5** stays."), dropsControls: true });
    expect(await it.say('/models back "openai/gpt-5-mini"')).toContain("pinned to **openai/gpt-5** now");
  });

  it("says that the host's budget can't be tried", async () => {
    const budget = quotaState({ isOut: true, renewsAt: AT_18, window: { source: "budget" } });
    const it = await world({ openai: { out: budget } });
    expect(await it.say("/models back")).toContain("is used up, so it can't answer until 18:00 UTC");
  });

  it("has nothing to do where no model is pinned", async () => {
    const it = harness();
    expect(await it.say("/models back")).toContain("No model is pinned here");
    expect(await it.say("/models detour demo/demo-small")).toContain("No model is pinned here yet");
  });
});

describe("/models use and /models unpin", () => {
  it.each(["/models use openai/gpt-5-mini", "/models unpin"])("%s ends a detour", async (line) => {
    const it = await world();
    await it.say(USE);
    await it.say(line);
    expect(await it.session()).not.toHaveProperty("detour");
  });
});

describe("/settings fallback", () => {
  it("says what is in force, and takes a mode and models", async () => {
    const it = await world();
    expect(await it.say("/settings fallback")).toContain("**ask** (the default)");
    expect(await it.say("/settings fallback auto demo/demo-small, openai/gpt-5-mini")).toContain(
      "Saved. While a quota is used up: **auto**, another model answers automatically until the quota renews: the first of " +
        "`demo/demo-small`, `openai/gpt-5-mini` that has quota.",
    );
    await it.say("/settings fallback ask");
    expect(it.settings.of("playground:local").fallback).toEqual({
      mode: "ask",
      models: ["demo/demo-small", "openai/gpt-5-mini"],
    });
    await it.say("/settings fallback models:default");
    expect(it.settings.of("playground:local").fallback).toEqual({ mode: "ask", models: [] });
    expect(await it.say("/settings fallback off")).toContain("**off**, another model never answers.");
  });

  it("refuses a model that nobody knows, or that may not be used, and changes nothing", async () => {
    const it = await world();
    expect(await it.say("/settings fallback auto no-such-model")).toContain(
      "`no-such-model` is not a model that I know",
    );
    await it.say("/settings models deny demo/*");
    expect(await it.say("/settings fallback auto demo/demo-small")).toContain("is ruled out by this workspace");
    expect(it.settings.of("playground:local").fallback).toBeUndefined();
    expect(await it.say("/settings fallback off", { isOperator: false })).toContain("🔒 Only operators");
  });
});
