import { describe, expect, it } from "vitest";
import type { Log } from "../../../../src/base/log.js";
import { createPersonalData } from "../../../../src/bot/personal-data/personal-data.js";
import { PlatformError } from "../../../../src/bot/port/platform-error.js";
import { recover } from "../../../../src/bot/turn/recover/recover.js";
import { settle } from "../../../support/fake-clock.js";
import { surfacesOf } from "../../../support/fake-platform.js";
import { asked, by, CONVERSATION, ENDED, type World, world } from "../../chat-world.js";

const LOG = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;
const M2 = { provider: "openai", model: "m2" };
const CLAUDE = { provider: "anthropic", model: "claude" };
const USAGE = { inputTokens: 5, outputTokens: 2 };

/** A conversation whose last question, of ada's, has its answer. */
async function answered() {
  const it = await asked();
  it.stream.send("first answer");
  it.stream.finish({ usage: USAGE });
  await it.clock.advance(1_000);
  return it;
}

/** Two models answer that question too, and have said their first words. */
async function comparing(who = by("bea")) {
  const it = await answered();
  const outcome = await it.chat.control.compare(who, [M2, CLAUDE]);
  await settle();
  const [other, claude] = [it.openai.streams[1], it.anthropic.streams[0]];
  if (other === undefined || claude === undefined) throw new Error("nobody was asked");
  other.send("from m2");
  claude.send("from claude");
  await it.clock.advance(200);
  return { ...it, outcome, other, claude };
}

type Comparing = Awaited<ReturnType<typeof comparing>>;

/** Both have come to their end. */
async function compared(it: Comparing) {
  it.other.finish({ usage: USAGE });
  it.claude.finish({ usage: USAGE });
  await it.clock.advance(1_000);
  return it;
}

/** What pressing the choice under a message types. */
function choiceUnder({ platform }: World, index: number): string {
  const control = platform.answers[index]?.controls?.find(({ label }) => label.endsWith(" here"));
  if (control === undefined || !("command" in control)) throw new Error("there is no choice");
  return control.command.replace("/chat choose ", "");
}

const history = async ({ sessions }: World, conversation = CONVERSATION) =>
  (await sessions.recentTurns(conversation, 10)).map(({ model, answer }) => `${model}: ${answer}`);

/** Whom each answer of the ledger counts for. */
const counted = async ({ ledger, clock }: World) =>
  (await ledger.read({ from: 0, to: clock.now() })).map(({ user, model }) => `${user.id} ${model}`).sort();

const pinOf = async ({ sessions }: World, conversation = CONVERSATION) => (await sessions.get(conversation)).pin?.model;

const recoverAfter = (it: World) => {
  const next = world(it);
  const { sessions, store, chat, platform, clock, ledger, budgets, modelFacts, refresher, onTurn } = next;
  const deps = {
    chat,
    store,
    ledger,
    budgets,
    onTurn,
    modelFacts,
    refresher,
    sessions,
    clock,
    surfaces: surfacesOf(platform),
    log: LOG,
  };
  return recover({
    ...deps,
    settings: { languageOf: () => undefined },
    liveness: ENDED,
    behind: (_message, take) => take(),
    retake: async () => {},
  }).then((count) => ({ next, count }));
};

describe("compare()", () => {
  it("has both answer at once, each below its model's name, with time, tokens, cost and a choice", async () => {
    const it = await comparing();
    expect(it.outcome).toEqual({ kind: "started", models: [M2, CLAUDE], link: undefined, fault: undefined });
    expect(it.texts()).toEqual(["first answer", "**openai/m2**\n\nfrom m2", "**anthropic/claude**\n\nfrom claude"]);
    expect(it.other.request.messages).toEqual([{ role: "user", content: "hello" }]);
    await compared(it);
    expect(it.texts()[2]).toMatch(
      /^\*\*anthropic\/claude\*\*\n\nfrom claude\n\n`\d+\.\d s · 7 tokens · cost unknown`$/,
    );
    expect(it.platform.answers[2]?.controls?.map(({ label }) => label)).toEqual([
      "Use anthropic/claude here",
      ...["👍", "👎"],
    ]);
    expect(it.platform.answers.map(({ replyTo }) => replyTo)).toEqual(["q1", "q1", "q1"]);
  });

  it("takes a vote on each answer for the model that gave it, before and after it is chosen", async () => {
    const it = await compared(await comparing());
    const { rate, choose } = it.chat.control;
    const [, m2 = "", claude = ""] = it.platform.answers.map(({ key }) => key.message);
    expect(await rate(by("ada", { on: claude }), true)).toMatchObject({ how: "new", model: "anthropic/claude" });
    expect(await rate(by("ada", { on: m2 }), false)).toMatchObject({ how: "new", model: "openai/m2", instead: [] });
    await choose(by("ada"), choiceUnder(it, 2), () => []);
    expect(await rate(by("ada", { on: claude }), true)).toMatchObject({ how: "same", model: "anthropic/claude" });
    expect(await rate(by("ada", { on: m2 }), true)).toMatchObject({ how: "changed" });
  });

  it("leaves history and pin as they are, and gives the question its own mark back when the last has ended", async () => {
    const it = await comparing();
    it.other.finish();
    await it.clock.advance(1_000);
    expect(it.platform.marksOf("q1")).toEqual(["working", "done", undefined, "working"]);
    it.claude.fail(new Error("broken"));
    await it.clock.advance(1_000);
    expect(it.platform.marksOf("q1").at(-1)).toBe("done");
    expect(await history(it)).toEqual(["m1: first answer"]);
    expect(await pinOf(it)).toBe("m1");
    expect(await it.sessions.openQuestions()).toEqual([]);
  });

  it("shows its marks in their order, however slow the platform is with the first", async () => {
    const it = await answered();
    const { mark } = it.platform;
    it.platform.mark = async (...call) => {
      await it.clock.sleep(call[1] === undefined ? 5_000 : 0);
      return mark(...call);
    };
    await it.chat.control.compare(by("bea"), [M2]);
    await settle();
    it.openai.streams[1]?.finish();
    await it.clock.advance(20_000);
    expect(it.platform.marksOf("q1")).toEqual(["working", "done", undefined, "working", "done"]);
  });

  it("keeps nobody waiting: the conversation goes on meanwhile", async () => {
    const it = await comparing();
    await it.ask("next");
    expect(it.openai.streams[2]?.request.messages.at(-1)).toEqual({ role: "user", content: "next" });
  });

  it("counts each answer as a question of the person who compares", async () => {
    const it = await compared(await comparing());
    expect(await counted(it)).toEqual(["ada m1", "bea claude", "bea m2"]);
    for (let round = 0; round < 9; round++) {
      await it.chat.control.compare(by("bea"), [M2, CLAUDE]);
      await settle();
      for (const { finish } of [...it.openai.streams, ...it.anthropic.streams]) finish();
      await it.clock.advance(1_000);
    }
    const outcome = await it.chat.control.compare(by("bea"), [M2, CLAUDE]);
    expect(outcome).toMatchObject({ kind: "refused", why: expect.stringContaining("limit of questions per person") });
    await it.chat.stop(0);
  });

  it("spends the budget of the person who compares, says so, and stops where it is used up", async () => {
    const first = await answered();
    const person = { amount: 2, unit: "questions", per: "day", setAt: 0 } as const;
    await first.settings.change("fake:home", (before) => ({ ...before, budgets: { person } }));
    const compareM2 = async () => {
      await first.chat.control.compare(by("bea"), [M2]);
      await settle();
      first.openai.streams.at(-1)?.send("from m2");
      first.openai.streams.at(-1)?.finish({ usage: USAGE });
      await first.clock.advance(1_000);
      return first.texts().at(-1);
    };
    expect(await compareM2()).toContain("💰 50 % of your 2 questions for today");
    expect(await compareM2()).toContain("💰 100 %");
    expect(await compareM2()).toMatch(/^⛔ Your budget of 2 questions for today is used up/);
    expect(first.platform.answers.at(-1)?.controls ?? []).toEqual([]);
    expect(first.openai.streams).toHaveLength(3);
  });

  it("is refused where nothing was asked, what was asked is erased, or one runs already", async () => {
    const empty = world();
    expect(await empty.chat.control.compare(by("bea"), [M2])).toEqual({ kind: "nothing-asked" });
    const it = await comparing();
    expect(await it.chat.control.compare(by("ada"), [M2])).toEqual({ kind: "already" });
    await compared(it);
    const erased = createPersonalData({ ...it, log: LOG, surfaces: surfacesOf(it.platform), forgetImages() {} });
    await erased.erase({ platform: "fake", id: "ada" });
    await settle();
    expect(await it.chat.control.compare(by("bea"), [M2])).toEqual({ kind: "nothing-asked" });
    expect(await it.chat.control.retry(by("ada"))).toEqual({ kind: "nothing-asked" });
    expect(it.texts()).toEqual(["(erased)", "(erased)", "(erased)"]);
    await expect(it.chat.control.choose(by("bea"), "openai/m2")).rejects.toThrow("was erased");
  });

  it("says under an answer why a model cannot give one, and offers no choice there", async () => {
    const it = await answered();
    await it.chat.control.compare(by("bea"), [{ provider: "gone", model: "m" }]);
    await it.clock.advance(1_000);
    expect(it.texts()[1]).toContain("is not configured any more");
    expect(it.platform.answers[1]?.controls ?? []).toEqual([]);
    expect(it.platform.marksOf("q1").at(-1)).toBe("done");
  });
});

describe("compare() where there are threads", () => {
  const THREAD = `${CONVERSATION}:t1`;
  async function inThread() {
    const it = await answered();
    it.platform.openThread = async () => ({
      place: { platform: "fake", workspace: "home", channel: "general", thread: "t1" },
      link: "<#t1>",
    });
    const outcome = await it.chat.control.compare(by("bea"), [CLAUDE]);
    await settle();
    it.anthropic.streams[0]?.send("from claude");
    await it.clock.advance(200);
    return { ...it, outcome };
  }

  it("answers in one below the answer, and a choice there counts in the channel and in the thread", async () => {
    const it = await inThread();
    expect(it.outcome).toMatchObject({ kind: "started", link: "<#t1>" });
    expect(it.platform.answers[1]?.key.thread).toBe("t1");
    it.anthropic.streams[0]?.finish();
    await it.clock.advance(1_000);
    const chosen = await it.chat.control.choose(by("bea", { conversation: THREAD }), choiceUnder(it, 1));
    expect(chosen).toEqual({ model: CLAUDE, isNew: true, isLeftBehind: false });
    for (const conversation of [CONVERSATION, THREAD]) {
      expect(await pinOf(it, conversation)).toBe("claude");
      expect(await history(it, conversation)).toEqual(["claude: from claude"]);
    }
  });

  it("stops there too", async () => {
    const it = await inThread();
    expect(await it.chat.control.stop(THREAD, { id: "bea", isOperator: false })).toBe("stopped");
  });

  it("answers below the question where the bot may open none", async () => {
    const it = await answered();
    it.platform.openThread = async () => {
      throw new PlatformError("fake", "forbidden", "Missing Permissions");
    };
    expect(await it.chat.control.compare(by("bea"), [CLAUDE])).toMatchObject({ kind: "started", link: undefined });
    await settle();
    it.anthropic.streams[0]?.send("from claude");
    await it.clock.advance(200);
    expect(it.platform.answers[1]?.key).not.toHaveProperty("thread");
  });
});

describe("choose()", () => {
  it("pins the model and puts its answer in the place of the one before; once more changes nothing", async () => {
    const it = await compared(await comparing());
    const choice = choiceUnder(it, 2);
    expect(await it.chat.control.choose(by("cleo"), choice)).toEqual({
      model: CLAUDE,
      isNew: true,
      isLeftBehind: false,
    });
    expect(await history(it)).toEqual(["claude: from claude"]);
    const { pin } = await it.sessions.get(CONVERSATION);
    expect(pin).toMatchObject({ ...CLAUDE, by: "cleo" });
    await it.clock.advance(1_000);
    expect(await it.chat.control.choose(by("dan"), choice)).toMatchObject({ isNew: false });
    expect((await it.sessions.get(CONVERSATION)).pin).toEqual(pin);
    await it.ask("go on");
    expect(it.anthropic.streams[1]?.request.messages).toEqual([
      { role: "user", content: "hello" },
      { role: "assistant", content: "from claude" },
      { role: "user", content: "go on" },
    ]);
    expect(await it.chat.control.choose(by("cleo"), "openai/m2")).toMatchObject({ model: M2, isNew: true });
    expect(await history(it)).toEqual(["m2: from m2"]);
  });

  it("keeps later turns where they are", async () => {
    const it = await compared(await comparing());
    await it.ask("next");
    it.openai.streams[2]?.send("second answer");
    it.openai.streams[2]?.finish();
    await it.clock.advance(1_000);
    await it.chat.control.choose(by("bea"), choiceUnder(it, 1));
    expect(await history(it)).toEqual(["m2: from m2", "m1: second answer"]);
  });

  it("after a fresh start changes the model only, and after the conversation was erased nothing", async () => {
    const it = await compared(await comparing());
    await it.sessions.startOver(CONVERSATION);
    expect(await it.chat.control.choose(by("bea"), choiceUnder(it, 1))).toMatchObject({ isLeftBehind: true });
    expect(await history(it)).toEqual([]);
    expect(await pinOf(it)).toBe("m2");
    const choice = choiceUnder(it, 2);
    await it.chat.control.forget(CONVERSATION);
    await expect(it.chat.control.choose(by("bea"), choice)).rejects.toThrow("There is no such answer");
    expect(await it.store.values("turns").entries("")).toEqual([]);
  });

  it("refuses a model that may not be used any more, with the rule's words", async () => {
    const it = await compared(await comparing());
    await it.settings.change("fake:home", () => ({ models: { deny: ["anthropic/*"] } }));
    await expect(it.chat.control.choose(by("bea"), choiceUnder(it, 2))).rejects.toThrow("ruled out by this workspace");
    expect(await pinOf(it)).toBe("m1");
  });
});

describe("an answer that is compared", () => {
  it("is stopped by itself, by who compares or an operator, and may be chosen as far as it got", async () => {
    const it = await comparing();
    const running = it.platform.answers[1]?.controls?.[0];
    const [, answer] = /^\/chat stop (\S+)$/.exec((running && "command" in running && running.command) || "") ?? [];
    const stop = (id: string, isOperator = false) => it.chat.control.stop(CONVERSATION, { id, isOperator }, answer);
    expect(await stop("ada")).toBe("not-yours");
    expect(await stop("bea")).toBe("stopped");
    await it.clock.advance(1_000);
    expect(it.texts()[1]).toContain("⏹️ Stopped.");
    expect(it.claude.signal.aborted).toBe(false);
    await it.chat.control.choose(by("bea"), choiceUnder(it, 1));
    expect(await history(it)).toEqual(["m2: from m2"]);
    expect(it.platform.marksOf("q1").at(-1)).toBe("working");
    it.claude.finish();
    await it.clock.advance(1_000);
    expect(it.platform.marksOf("q1").at(-1)).toBe("incomplete");
  });

  it("is ended with all others there before the conversation is erased", async () => {
    const it = await comparing();
    const erasing = it.chat.control.forget(CONVERSATION);
    await it.clock.advance(1_000);
    await erasing;
    expect([it.other.signal.aborted, it.claude.signal.aborted]).toEqual([true, true]);
    expect(await it.store.values("turns").entries("")).toEqual([]);
  });

  it("comes back with nothing where its question was erased while another process wrote it", async () => {
    const it = await comparing();
    await it.sessions.forget(CONVERSATION);
    await compared(it);
    expect(await it.store.values("turns").entries("")).toEqual([]);
  });

  it("is ended by the next start where it was killed, once, and can be chosen", async () => {
    const it = await comparing();
    const { next, count } = await recoverAfter(it);
    expect(count).toBe(2);
    expect(it.texts().slice(1)).toEqual([
      "**openai/m2**\n\nfrom m2\n\n⚠️ Interrupted by a restart.",
      "**anthropic/claude**\n\nfrom claude\n\n⚠️ Interrupted by a restart.",
    ]);
    expect(it.platform.marksOf("q1").at(-1)).toBe("done");
    expect(await history(next)).toEqual(["m1: first answer"]);
    expect((await recoverAfter(it)).count).toBe(0);
    await next.chat.control.choose(by("bea"), choiceUnder(next, 2));
    expect(await history(next)).toEqual(["claude: from claude"]);
    expect(await counted(next)).toEqual(["ada m1", "bea claude", "bea m2"]);
  });

  it("is told of where it was killed before its first word", async () => {
    const it = await answered();
    await it.chat.control.compare(by("bea"), [CLAUDE]);
    await settle();
    await recoverAfter(it);
    expect(it.texts()[1]).toBe("**anthropic/claude**\n\n⚠️ Interrupted by a restart.");
    expect(it.platform.marksOf("q1").at(-1)).toBe("done");
  });
});
