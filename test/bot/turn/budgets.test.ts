import { describe, expect, it } from "vitest";
import { recover } from "../../../src/bot/turn/recover/recover.js";
import type { Usage } from "../../../src/providers/provider.js";
import { comparedId } from "../../../src/store/sessions/sessions.js";
import { StoreError } from "../../../src/store/store.js";
import type { WorkspaceBudgets } from "../../../src/usage/budgets/budget.js";
import type { UsageEntry } from "../../../src/usage/ledger.js";
import { settle } from "../../support/fake-clock.js";
import { surfacesOf } from "../../support/fake-platform.js";
import { fakeRefresher } from "../../support/fake-refresher.js";
import { ENDED, type World, world } from "../chat-world.js";

const DAY_MS = 86_400_000;
/** USD per million tokens, so that an answer of 1,000 tokens costs 0.01 USD. */
const FACTS = { inputPrice: 10, outputPrice: 10, outputTokens: 20_000, priceSource: "table" } as const;
const priced: World["modelFacts"] = (_provider, model) => (model === "m1" ? FACTS : {});
const USED: Usage = { inputTokens: 200, outputTokens: 800 };

const budgeted = (more: Parameters<typeof world>[1] = {}, before?: World) =>
  world(before, { modelFacts: priced, ...more });

async function setBudgets(it: World, budgets: WorkspaceBudgets) {
  await it.settings.change("fake:home", (settings) => ({ ...settings, budgets }));
}
const perDay = (amount: number, unit: "usd" | "tokens" | "questions" = "usd", setAt = 0) =>
  ({ amount, unit, per: "day", setAt }) as const;

/** Asks in a channel of its own; answers where it was sent. Returns what the bot shows for it, and its controls. */
async function ask(it: World, question: string, { channel = question, author = "ada", usage = USED } = {}) {
  const sent = it.openai.streams.length;
  await it.ask(question, { message: question, channel, author });
  it.openai.streams[sent]?.send("hi");
  it.openai.streams[sent]?.finish({ usage });
  await it.clock.advance(100);
  await settle();
  const shown = it.platform.answers.findLast(({ replyTo }) => replyTo === question);
  return { text: shown?.text ?? "", controls: shown?.controls ?? [], isSent: it.openai.streams.length > sent };
}

async function spent(it: World): Promise<readonly UsageEntry[]> {
  return it.ledger.read({ from: 0, to: Number.POSITIVE_INFINITY });
}
const accounts = async (it: World) =>
  Object.fromEntries(await it.store.values("counts").entries("budget/")) as Record<string, Record<string, unknown>>;

const recoverDeps = (next: World) =>
  ({
    ...next,
    liveness: ENDED,
    behind: (_message: unknown, take: () => unknown) => take(),
    surfaces: surfacesOf(next.platform),
    log: { warn() {}, error() {}, info() {} },
  }) as never;

describe("budgets", () => {
  it("tell at 50, 80 and 100 % once, then stop, and renew at midnight UTC", async () => {
    const it = budgeted();
    await setBudgets(it, { person: perDay(0.1) });
    const told: string[] = [];
    for (let count = 1; count <= 10; count++) {
      const { text } = await ask(it, `q${count}`);
      if (text !== "hi") told.push(`${count}: ${text.replace("hi\n\n", "")}`);
    }
    expect(told).toEqual([
      "5: 💰 50 % of your 0.1 USD for today",
      "8: 💰 80 % of your 0.1 USD for today",
      "10: 💰 100 % of your 0.1 USD for today",
    ]);
    const stopped = await ask(it, "late");
    expect(stopped.isSent).toBe(false);
    expect(stopped.text).toMatch(/^⛔ Your budget of 0.1 USD for today is used up\. It renews .*UTC/);
    expect(stopped.text).toContain("An operator can double it until tomorrow.");
    expect(it.platform.marksOf("late").at(-1)).toBe("failed");
    expect((await ask(it, "bob's", { author: "bob" })).text).toBe("hi");
    await it.clock.advance(DAY_MS - (it.clock.now() % DAY_MS));
    expect((await ask(it, "tomorrow")).text).toBe("hi");
  });

  it("hold the worst case: what an answer on its way may use is not spent twice", async () => {
    const it = budgeted();
    // 20,000 tokens at 10 USD a million are held: 0.2 USD, more than there is.
    await setBudgets(it, { workspace: perDay(0.1) });
    await it.ask("first", { message: "first", channel: "a", author: "ada" });
    await it.ask("second", { message: "second", channel: "b", author: "bob" });
    expect(it.openai.streams).toHaveLength(1);
    expect(it.platform.marksOf("second").at(-1)).toBe("waiting");
    it.openai.streams[0]?.send("hi");
    it.openai.streams[0]?.finish({ usage: USED });
    await it.clock.advance(1_000);
    expect(it.openai.streams).toHaveLength(2);
    expect(it.platform.marksOf("second").at(-1)).toBe("working");
  });

  it("say after two minutes that what is left is held", async () => {
    const it = budgeted();
    await setBudgets(it, { channel: perDay(0.1) });
    await it.ask("first", { message: "first", channel: "a" });
    await it.chat.onMention(it.platform, {
      ...it.platform.mention("second", { message: "second", channel: "a", author: "bob" }),
      message: { platform: "fake", workspace: "home", channel: "a", thread: "t", message: "second" },
    });
    await it.clock.advance(130_000);
    expect(it.texts().at(-1)).toMatch(/^⛔ The rest of this channel's budget of 0.1 USD for today is reserved/);
  });

  it("let through what costs nothing in USD, and offer it where nothing else is left", async () => {
    const facts: World["modelFacts"] = (_provider, model) =>
      model === "free" ? { inputPrice: 0, outputPrice: 0 } : FACTS;
    const it = budgeted({ modelFacts: facts });
    await setBudgets(it, { person: perDay(0.01) });
    await ask(it, "q1");
    expect((await ask(it, "q2")).isSent).toBe(false);
    it.setDefault({ provider: "openai", model: "free" });
    expect((await ask(it, "q3", { channel: "fresh" })).text).toBe("hi");
    expect((await spent(it)).map(({ costUsd }) => costUsd)).toEqual([0.01, 0]);
  });

  it("count models of unknown price in tokens and questions, and ask none of them once USD are used up", async () => {
    const it = budgeted();
    await setBudgets(it, { person: perDay(0.01), workspace: perDay(3, "questions") });
    it.setDefault({ provider: "openai", model: "unknown" });
    await ask(it, "q1", { channel: "a" });
    it.setDefault({ provider: "openai", model: "m1" });
    await ask(it, "q2", { channel: "b" });
    expect((await ask(it, "q3", { channel: "a" })).text).toMatch(/^⛔ Your budget/);
    await ask(it, "q4", { channel: "a", author: "bob" });
    expect((await ask(it, "q5", { author: "cleo" })).text).toMatch(
      /^⛔ This workspace's budget of 3 questions for today/,
    );
  });

  it("refuse with a clear line while the store fails, and answer again by themselves", async () => {
    const it = budgeted();
    await setBudgets(it, { person: perDay(1) });
    const { swap } = it.store;
    const isOfBudgets = (keys: readonly string[]) => keys.some((key) => key.startsWith("budget/"));
    let isDown = true;
    it.store.swap = async (rows, writes) => {
      if (isDown && isOfBudgets([rows].flat().map(({ key }) => key))) throw new StoreError("it cannot be reached");
      return swap(rows, writes);
    };
    const down = await ask(it, "q1");
    expect(down.isSent).toBe(false);
    expect(down.text).toMatch(/^⛔ The budgets cannot be checked right now because the bot's store does not answer/);
    isDown = false;
    await it.clock.advance(600_000);
    expect((await ask(it, "q2")).text).toBe("hi");
  });

  it("count what was used before they were set, of person, channel and workspace", async () => {
    const it = budgeted();
    for (let count = 0; count < 3; count++) await ask(it, `q${count}`, { channel: "a" });
    await ask(it, "b1", { channel: "b", author: "bob" });
    const compared = { ...(await spent(it))[0], id: comparedId("fake:home:a", "x0") } as UsageEntry;
    await it.store.write([it.ledger.writeOf({ ...compared, user: { id: "bob", name: "Bob" } })]);
    const setAt = it.clock.now();
    await setBudgets(it, {
      person: perDay(1, "usd", setAt),
      channel: perDay(6, "questions", setAt),
      workspace: perDay(1, "usd", setAt),
    });
    await ask(it, "q3", { channel: "a" });
    const found = await accounts(it);
    expect(found["budget/channel/fake:home:a/day"]).toMatchObject({ questions: 5, held: {} });
    expect(found["budget/workspace/fake:home/day"]).toMatchObject({ questions: 6, tokens: 6_000 });
    const [person] = Object.entries(found).filter(([key]) => key.startsWith("budget/person/fake:home/"));
    expect(person?.[1]).toMatchObject({ questions: 4, name: "ada" });
    expect(person?.[0]).not.toContain("ada");
  });

  it("of the host hold over all workspaces, and a workspace's own below them", async () => {
    const it = budgeted({ hostBudgets: [{ scope: "person", amount: 0.02, unit: "usd", per: "day" }] });
    await it.budgets.load();
    await setBudgets(it, { person: perDay(5) });
    await ask(it, "q1");
    await ask(it, "q2");
    const stopped = await ask(it, "q3");
    expect(stopped.text).toContain("Your budget of 0.02 USD for today (set by the bot's host) is used up");
    expect(stopped.controls).toEqual([{ label: "🔁 Retry", command: "/chat retry" }]);
  });

  it("let an operator's raise through until tomorrow", async () => {
    const it = budgeted();
    await setBudgets(it, { channel: perDay(0.01) });
    await ask(it, "q1", { channel: "a" });
    const { controls } = await ask(it, "q2", { channel: "a" });
    expect(controls.map((control) => ("command" in control ? control.command : ""))).toContain(
      "/settings raise channel",
    );
    await setBudgets(it, {
      channel: perDay(0.01),
      raised: { "channel/fake:home:a": { amount: 0.02, setAt: it.clock.now() } },
    });
    expect((await ask(it, "q3", { channel: "a" })).text).toContain("💰 100 % of this channel's 0.02 USD for today");
    expect((await ask(it, "q4", { channel: "a" })).isSent).toBe(false);
    expect((await ask(it, "q5", { channel: "b" })).isSent).toBe(true);
    await it.clock.advance(DAY_MS);
    await ask(it, "q6", { channel: "a" });
    expect((await ask(it, "q7", { channel: "a" })).text).toMatch(/^⛔ This channel's budget of 0.01 USD/);
  });

  it("release what a killed process held, and count what its answer had used", async () => {
    const killed = budgeted();
    await setBudgets(killed, { person: perDay(0.1), workspace: perDay(100_000, "tokens") });
    await killed.ask("first", { message: "first", channel: "a", author: "ada" });
    killed.openai.streams[0]?.send("as far as it got");
    await killed.clock.advance(100);
    const next = budgeted({}, killed);
    await next.settings.load();
    expect(Object.values(await accounts(next)).map(({ held }) => Object.keys(held as object))).toEqual([
      ["fake:home:a:first"],
      ["fake:home:a:first"],
    ]);
    await recover(recoverDeps(next));
    await recover(recoverDeps(next));
    const [entry] = await spent(next);
    const tokens = (entry?.inputTokens ?? 0) + (entry?.outputTokens ?? 0);
    expect(tokens).toBeGreaterThan(0);
    for (const account of Object.values(await accounts(next)))
      expect(account).toMatchObject({ held: {}, tokens, questions: 1, usd: entry?.costUsd });
  });

  it("count what a killed process had used of a model that only its provider's list has a price of", async () => {
    const models = [{ id: "m1", isChat: true }];
    const entry = { models, refused: [] } as never;
    const refresher = fakeRefresher({
      snapshot: () => ({ providers: new Map([["openai", entry]]), fetching: new Set() }),
    });
    const listed = { refresher, modelFacts: (_provider: string, _model: string, row?: object) => (row ? FACTS : {}) };
    const killed = budgeted(listed);
    await setBudgets(killed, { person: perDay(1) });
    await killed.ask("first", { message: "first", channel: "a", author: "ada" });
    killed.openai.streams[0]?.send("as far as it got");
    await killed.clock.advance(100);
    const next = budgeted(listed, killed);
    await next.settings.load();
    await recover(recoverDeps(next));
    expect((await spent(next))[0]?.costUsd).toBeGreaterThan(0);
    expect(Object.values(await accounts(next))).toMatchObject([{ held: {}, unpriced: 0, questions: 1 }]);
  });

  it("cost one write more a turn", async () => {
    const writesOf = async (it: World) => {
      const { swap, write } = it.store;
      let writes = 0;
      const counted = async <T>(work: () => Promise<T>) => {
        writes += 1;
        return work();
      };
      it.store.swap = (...terms) => counted(() => swap(...terms));
      it.store.write = (...terms) => counted(() => write(...terms));
      await ask(it, "counted");
      return writes;
    };
    const plain = budgeted();
    await ask(plain, "before");
    const limited = budgeted();
    await setBudgets(limited, { person: perDay(1), channel: perDay(1), workspace: perDay(1) });
    await ask(limited, "before");
    expect(await writesOf(limited)).toBe((await writesOf(plain)) + 1);
  });
});
