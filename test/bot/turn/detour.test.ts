import { describe, expect, it } from "vitest";
import type { Control } from "../../../src/commands/command.js";
import { ProviderError } from "../../../src/providers/provider.js";
import { detourFor, withDetour, withoutDetour } from "../../../src/quota/fallback/route.js";
import type { ModelQuota, QuotaUse } from "../../../src/quota/quota.js";
import { modelName } from "../../../src/refresh/choose/model-ref.js";
import { entryOf } from "../../refresh/support.js";
import { settle } from "../../support/fake-clock.js";
import { modelRow } from "../../support/fake-provider.js";
import { fakeRefresher } from "../../support/fake-refresher.js";
import { quotaState, SURE } from "../../support/quota-states.js";
import type { ScriptedProvider } from "../../support/scripted-provider.js";
import { CONVERSATION, world as chatWorld, type World } from "../chat-world.js";

/** A Monday, where the fake clock begins. */
const NOW = Date.UTC(2026, 0, 5, 12);
const AT_18 = NOW + 6 * 3_600_000;
const OUT = quotaState({
  isOut: true,
  renewsAt: AT_18,
  window: { provider: "openai", model: "m1", used: 1_000, remaining: 0, resetAt: AT_18 },
});
const RISK = quotaState({ riskSince: NOW - 1, forecast: SURE, window: { provider: "openai", model: "m1" } });
const LINE = "↪️ Answered by anthropic/m1: openai/m1 is out of quota until 18:00 UTC. /models back returns now.";

/** A chat with two providers, whose quotas the test sets; both have one model of the same name. */
function world(before?: World) {
  const quotas = new Map<string, Partial<ModelQuota>>();
  const notes: QuotaUse[] = [];
  const probes = { isDue: false };
  const lists = new Map(
    ["openai", "anthropic"].map((id) => [id, entryOf({ models: [modelRow("m1")], fetchedAt: 1 })] as const),
  );
  const it = chatWorld(before, {
    refresher: fakeRefresher({ snapshot: () => ({ providers: lists, fetching: new Set() }) }),
    setups: ["openai", "anthropic"].map((id) => ({ id, preferredFamilies: [] })) as never,
    quota: {
      ofModel: (model) => ({ isKnown: true, ...quotas.get(modelName(model)) }),
      mayProbe: async () => probes.isDue,
      note: (use) => void notes.push(use),
      count() {},
      accountOf: () => undefined,
    },
  });
  /** Asks, and lets the provider answer. */
  async function answered(text: string, by: ScriptedProvider = it.openai) {
    await it.ask(text);
    const stream = by.streams.at(-1) ?? expect.fail("nothing was asked");
    stream.send(`to ${text}`);
    stream.finish();
    await settle();
    return it.texts().at(-1) ?? "";
  }
  const controls = () =>
    (it.platform.answers.at(-1)?.controls ?? []).flatMap((control: Control) =>
      "command" in control ? [{ label: control.label, command: control.command }] : [],
    );
  return { ...it, quotas, notes, probes, answered, controls, session: () => it.sessions.get(CONVERSATION) };
}

const OFFERED = [
  { label: "Use anthropic/m1 until 18:00 UTC", command: '/models detour "anthropic/m1" "openai/m1"' },
  { label: "Keep openai/m1", command: '/models back "openai/m1"' },
];

describe("a pinned model whose quota is out", () => {
  it("is not asked; the asker reads why, and gets two named controls", async () => {
    const it = world();
    it.quotas.set("openai/m1", { out: OUT });
    await it.ask("hello", { message: "q1" });
    expect(it.openai.streams).toHaveLength(0);
    expect(it.texts()).toEqual([
      "⛔ **openai/m1** is out of quota until 18:00 UTC (openai: requests a day of `m1`). anthropic/m1 can answer " +
        "until then, this question included.",
    ]);
    expect(it.controls()).toEqual(expect.arrayContaining(OFFERED));
    expect(it.platform.marksOf("q1").at(-1)).toBe("failed");
  });

  it("is asked all the same when it is time for a probe", async () => {
    const it = world();
    it.quotas.set("openai/m1", { out: OUT });
    it.probes.isDue = true;
    expect(await it.answered("hello")).toBe("to hello");
    expect(it.notes.at(-1)).toMatchObject({ model: { provider: "openai", model: "m1" }, isAnswered: true });
  });

  it("is asked once when somebody wants to try", async () => {
    const it = world();
    await it.answered("first");
    it.quotas.set("openai/m1", { out: OUT });
    await it.sessions.change(CONVERSATION, (before) => ({ ...before, triesPin: true as const }));
    expect(await it.answered("second")).toBe("to second");
    await it.ask("third");
    expect(it.openai.streams).toHaveLength(2);
    expect(await it.session()).not.toHaveProperty("triesPin");
  });

  it("is asked once where a person wants to try it in a channel whose questions each begin a thread", async () => {
    const it = world();
    await it.answered("first");
    it.quotas.set("openai/m1", { out: OUT });
    await it.sessions.change(CONVERSATION, (before) => ({ ...before, triesPin: true as const }));
    for (const thread of ["t1", "t2"]) {
      const mention = it.platform.mention("hello");
      await it.chat.onMention(it.platform, { ...mention, message: { ...mention.message, thread } });
      await settle();
      it.openai.streams.at(-1)?.finish();
      await settle();
    }
    expect(it.openai.streams).toHaveLength(2);
    expect(it.texts().at(-1)).toContain("⛔");
  });

  it("gets no offer where fallback is off, or nothing else may answer", async () => {
    const it = world();
    it.quotas.set("openai/m1", { out: OUT });
    it.quotas.set("anthropic/m1", { risk: RISK });
    await it.ask("hello");
    expect(it.texts()[0]).toContain("Choose another model with `/models use`, or try it anyway");
    it.quotas.delete("anthropic/m1");
    await it.settings.change("fake:home", (before) => ({ ...before, fallback: { mode: "off" } }));
    await it.ask("again");
    expect(it.controls().map(({ label }) => label)).not.toEqual(expect.arrayContaining([OFFERED[0]?.label]));
  });

  it("says where nobody knows when it renews, and what is left of the other", async () => {
    const it = world();
    it.quotas.set("openai/m1", { out: { ...OUT, renewsAt: undefined } });
    it.quotas.set("anthropic/m1", { isKnown: false });
    await it.ask("hello");
    expect(it.texts()[0]).toContain("out of quota until it is back");
    expect(it.texts()[0]).toContain("The remaining quota of anthropic/m1 is not known.");
    expect(it.controls()[0]?.label).toBe("Use anthropic/m1 until it is back");
  });

  it("may not be tried where it is the host's own budget", async () => {
    const it = world();
    it.quotas.set("openai/m1", { out: { ...OUT, window: { ...OUT.window, source: "budget" } } });
    it.quotas.set("anthropic/m1", { out: OUT });
    await it.ask("hello");
    expect(it.texts()[0]).toContain("set by the bot's host). Choose another model with `/models use`.");
  });

  it("is offered another model also under the refusal that told it", async () => {
    const it = world();
    await it.ask("hello");
    it.quotas.set("openai/m1", { out: OUT });
    it.openai.streams[0]?.fail(new ProviderError("openai", "quota", "openai says that a quota is used up"));
    await settle();
    expect(it.texts()[0]).toContain("A quota of the bot's account at **openai** is used up.");
    expect(it.controls()).toEqual(expect.arrayContaining(OFFERED));
  });

  it("stops a retry with that model too, but no retry with another", async () => {
    const it = world();
    it.quotas.set("anthropic/m1", { out: OUT });
    await it.answered("hello");
    const invocation = { ...SAID, conversation: CONVERSATION };
    await it.chat.control.retry(invocation, { provider: "anthropic", model: "m1" });
    await settle();
    expect(it.anthropic.streams).toHaveLength(0);
    expect(it.texts().at(-1)).toContain("⛔ **anthropic/m1** is out of quota until 18:00 UTC");
    expect(it.controls().map(({ label }) => label)).not.toContain(OFFERED[0]?.label);
  });
});

const SAID = {
  platform: "fake",
  workspace: "fake:home",
  user: { id: "ada", name: "Ada" },
  isOperator: true,
  isDirect: false,
  isGuest: false,
  isInGroup: async () => false,
  canShowFiles: false,
};

describe("a pinned model whose quota is at risk", () => {
  const NOTICE =
    "⚠️ openai: requests a day of `m1`: about 70 % likely to run out Thu 14:00–Fri 09:00; renews Sun 00:00 UTC.";

  it("goes on answering, with one quiet line and the controls, once per episode", async () => {
    const it = world();
    await it.answered("first");
    it.quotas.set("openai/m1", { risk: RISK });
    expect(await it.answered("second")).toBe(`to second\n\n${NOTICE}`);
    expect(it.controls()).toEqual(
      expect.arrayContaining([{ ...OFFERED[0], label: "Use anthropic/m1 until Sun 00:00 UTC" }, OFFERED[1]]),
    );
    await it.clock.advance(1_000);
    expect(await it.answered("third")).toBe("to third");
    it.quotas.delete("openai/m1");
    expect(await it.answered("fourth")).toBe("to fourth");
    it.quotas.set("openai/m1", { risk: { ...RISK, riskSince: it.clock.now() + 1 } });
    await it.clock.advance(1_000);
    expect(await it.answered("fifth")).toBe(`to fifth\n\n${NOTICE}`);
    expect(it.openai.streams).toHaveLength(5);
  });

  it("is told in each conversation by itself, and again by a restarted bot only where it was not", async () => {
    const it = world();
    it.quotas.set("openai/m1", { risk: RISK });
    await it.answered("here");
    const after = world(it);
    after.quotas.set("openai/m1", { risk: RISK });
    expect(await after.answered("still here")).toBe("to still here");
    await after.ask("there", { channel: "other" });
    after.openai.streams.at(-1)?.finish();
    await settle();
    expect(after.texts().at(-1)).toContain("likely to run out");
  });

  it("is told once for a channel whose questions each begin a thread", async () => {
    const it = world();
    await it.answered("first");
    it.quotas.set("openai/m1", { risk: RISK });
    const told: string[] = [];
    for (const thread of ["t1", "t2"]) {
      const mention = it.platform.mention("hello");
      await it.chat.onMention(it.platform, { ...mention, message: { ...mention.message, thread } });
      await settle();
      it.openai.streams.at(-1)?.finish();
      await settle();
      told.push(it.texts().at(-1) ?? "");
      await it.clock.advance(1_000);
    }
    expect(told.map((text) => text.includes("likely to run out"))).toEqual([true, false]);
  });

  it("says nothing before there is a forecast", async () => {
    const it = world();
    it.quotas.set("openai/m1", { risk: { ...RISK, forecast: undefined } });
    expect(await it.answered("hello")).toBe("to hello");
  });
});

describe("a detour", () => {
  async function agreed() {
    const it = world();
    await it.answered("first");
    it.quotas.set("openai/m1", { out: OUT });
    const { pin } = await it.session();
    if (pin === null) return expect.fail("it has no pin");
    const detour = detourFor(OUT, { provider: "anthropic", model: "m1" }, { pin, by: "Ada", now: it.clock.now() });
    await it.sessions.change(CONVERSATION, (before) => withDetour(before, detour));
    return { ...it, pin };
  }

  it("answers by the other model with a line under each, keeps the pin, and ends by itself at the renewal", async () => {
    const it = await agreed();
    for (const text of ["second", "third"]) {
      expect(await it.answered(text, it.anthropic)).toBe(`to ${text}\n\n${LINE}`);
    }
    expect(await it.session()).toMatchObject({ pin: it.pin, detour: { model: "m1" } });
    await it.clock.advance(AT_18 - it.clock.now());
    it.quotas.delete("openai/m1");
    expect(await it.answered("fourth")).toBe("to fourth");
    expect(await it.session()).not.toHaveProperty("detour");
  });

  it("goes on after a restart, and on another replica", async () => {
    const it = await agreed();
    const after = world(it);
    after.quotas.set("openai/m1", { out: OUT });
    expect(await after.answered("second", after.anthropic)).toContain(LINE);
  });

  it("goes on in a new thread of its channel", async () => {
    const it = await agreed();
    const mention = it.platform.mention("in a thread");
    await it.chat.onMention(it.platform, { ...mention, message: { ...mention.message, thread: "t1" } });
    await settle();
    expect(it.anthropic.streams).toHaveLength(1);
  });

  it("ends where the pin moves, and does not come back", async () => {
    const it = await agreed();
    const pin = { provider: "openai", model: "m2", at: it.clock.now() + 1, by: "Ada" };
    await it.sessions.change(CONVERSATION, (before) => ({ ...before, pin }));
    expect(await it.answered("second")).toContain("to second");
    expect(await it.session()).not.toHaveProperty("detour");
  });

  it("ends before the other model's quota is drained, and says so", async () => {
    const it = await agreed();
    it.quotas.set("openai/m1", {});
    it.quotas.set("anthropic/m1", { risk: RISK });
    expect(await it.answered("second")).toBe(
      "to second\n\n↩️ anthropic/m1 no longer answers here: it is out of quota, too, or no longer allowed.",
    );
    expect(it.anthropic.streams).toHaveLength(0);
    it.quotas.set("anthropic/m1", {});
    expect(await it.answered("third")).toBe("to third");
  });

  it("is stopped with words where both are out", async () => {
    const it = await agreed();
    it.quotas.set("anthropic/m1", { out: OUT });
    await it.ask("second");
    expect(it.texts().at(-1)).toContain("anthropic/m1, which answered meanwhile, is out of quota, too.");
    expect(it.controls().map(({ label }) => label)).not.toContain("Keep openai/m1");
  });

  it("survives a person's other choices in the same conversation", async () => {
    const it = await agreed();
    await it.ask("second");
    await it.sessions.change(CONVERSATION, withoutDetour);
    it.anthropic.streams[0]?.send("done");
    it.anthropic.streams[0]?.finish();
    await settle();
    expect(await it.session()).not.toHaveProperty("detour");
  });
});

describe("automatic fallback", () => {
  async function auto() {
    const it = world();
    await it.settings.change("fake:home", (before) => ({ ...before, fallback: { mode: "auto" } }));
    await it.answered("first");
    return it;
  }

  it("begins a detour by itself, says so once, and returns at the renewal", async () => {
    const it = await auto();
    it.quotas.set("openai/m1", { out: OUT });
    const once = "\nThis began automatically, because `/settings fallback` is `auto` here.";
    expect(await it.answered("second", it.anthropic)).toBe(`to second\n\n${LINE}${once}`);
    expect(await it.answered("third", it.anthropic)).toBe(`to third\n\n${LINE}`);
    expect(it.controls().map(({ label }) => label)).not.toContain("Keep openai/m1");
    await it.clock.advance(AT_18 - it.clock.now());
    it.quotas.delete("openai/m1");
    expect(await it.answered("fourth")).toBe("to fourth");
  });

  it("asks the other model the very question that was refused", async () => {
    const it = await auto();
    await it.ask("second");
    it.quotas.set("openai/m1", { out: OUT });
    it.openai.streams.at(-1)?.fail(new ProviderError("openai", "quota", "used up"));
    await settle();
    it.anthropic.streams[0]?.send("here");
    it.anthropic.streams[0]?.finish();
    await settle();
    expect(it.texts().at(-1)).toContain(`here\n\n${LINE}`);
    expect(it.notes).toContainEqual(expect.objectContaining({ isAnswered: false, model: expect.anything() }));
  });

  it("shows the refusal where nothing else may answer", async () => {
    const it = await auto();
    await it.ask("second");
    it.quotas.set("openai/m1", { out: OUT });
    it.quotas.set("anthropic/m1", { out: OUT });
    it.openai.streams.at(-1)?.fail(new ProviderError("openai", "quota", "used up"));
    await settle();
    expect(it.texts().at(-1)).toContain("A quota of the bot's account at **openai** is used up.");
  });
});

describe("passing trouble", () => {
  it("makes no detour, but offers the other model for this one answer", async () => {
    const it = world();
    await it.ask("hello");
    it.openai.streams[0]?.fail(new ProviderError("openai", "timeout", "gave no answer"));
    await settle();
    expect(it.controls()[0]).toEqual({
      label: "Answer again with anthropic/m1",
      command: '/chat retry model:"anthropic/m1"',
    });
    expect(await it.session()).not.toHaveProperty("detour");
    expect(await it.answered("next")).toBe("to next");
  });
});

describe("a limit of a minute", () => {
  it("that is used up is waited for, under ⏳", async () => {
    const it = world();
    it.quotas.set("openai/m1", { waitUntil: it.clock.now() + 20_000 });
    await it.ask("hello", { message: "q1" });
    expect(it.platform.marksOf("q1")).toEqual(["working", "waiting"]);
    expect(it.openai.streams).toHaveLength(0);
    await it.clock.advance(20_000);
    expect(it.platform.marksOf("q1").at(-1)).toBe("working");
    it.openai.streams[0]?.send("hi");
    it.openai.streams[0]?.finish();
    await settle();
    expect(it.texts()).toEqual(["hi"]);
    expect(it.platform.marksOf("q1").at(-1)).toBe("done");
  });

  it("that refuses a question is told to its asker, who is not made to wait", async () => {
    const it = world();
    await it.ask("hello");
    const limits = [
      { ...RISK.window, period: "minute", source: "header", isRefused: true, resetAt: it.clock.now() + 20_000 },
    ] as const;
    it.quotas.set("openai/m1", { waitUntil: it.clock.now() + 20_000 });
    const terms = { retryAfterMs: 20_000, limits };
    it.openai.streams[0]?.fail(new ProviderError("openai", "rate-limited", "slow down", terms));
    await settle();
    expect(it.texts()[0]).toContain("is limiting the rate of requests. Try again in 20 s.");
    expect(it.notes.at(-1)).toMatchObject({ isAnswered: false, readings: limits });
  });

  it("can be stopped while it is waited for", async () => {
    const it = world();
    it.quotas.set("openai/m1", { waitUntil: it.clock.now() + 20_000 });
    await it.ask("hello");
    await it.chat.control.stop(CONVERSATION, { id: "ada", isOperator: true });
    await settle();
    expect(it.texts()).toEqual(["⏹️ Stopped."]);
    expect(it.openai.streams).toHaveLength(0);
  });
});
