import { describe, expect, it } from "vitest";
import { recover } from "../../../src/bot/turn/recover/recover.js";
import { StoreError } from "../../../src/store/store.js";
import { settle } from "../../support/fake-clock.js";
import { surfacesOf } from "../../support/fake-platform.js";
import { asked, CONVERSATION, ENDED, type World, world } from "../chat-world.js";

const used = ({ ledger }: World) => ledger.read({ from: 0, to: Number.MAX_SAFE_INTEGER });

describe("what a turn used", () => {
  it("is counted as the provider says, with its price where it is known", async () => {
    const it = world();
    it.setDefault({ provider: "openai", model: "gpt-4o" });
    await it.ask("hello");
    it.openai.streams[0]?.send("Hi.");
    it.openai.streams[0]?.finish({ usage: { inputTokens: 1_000_000, outputTokens: 0, cachedTokens: 0 } });
    await it.clock.advance(1_000);
    const [entry] = await used(it);
    expect(entry).toMatchObject({
      workspace: "fake:home",
      platform: "fake",
      user: { id: "ada", name: "ada" },
      provider: "openai",
      model: "gpt-4o",
      inputTokens: 1_000_000,
      outputTokens: 0,
      isEstimated: false,
      ending: "done",
    });
    expect(entry?.costUsd).toBeGreaterThan(0);
    expect(entry?.priceSource).toBe("table");
  });

  it("is estimated where it was stopped, and its price unknown for an unknown model", async () => {
    const it = await asked();
    it.stream.send("as far as it got");
    await settle();
    await it.chat.control.stop(CONVERSATION, { id: "ada", isOperator: false });
    await it.clock.advance(1_000);
    expect(await used(it)).toMatchObject([{ isEstimated: true, costUsd: null, ending: "stopped" }]);
    const [entry] = await used(it);
    expect(entry?.inputTokens).toBeGreaterThan(0);
    expect(entry?.outputTokens).toBeGreaterThan(0);
  });

  it("is nothing where the provider refused", async () => {
    const it = await asked();
    it.stream.fail(new Error("refused"));
    await it.clock.advance(10_000);
    expect(await used(it)).toEqual([]);
  });

  it("is nothing where it was stopped before anything went out to the provider", async () => {
    const it = await asked("first"); // two answers of a provider at a time
    await it.ask("second", { channel: "c2" });
    await it.ask("third", { channel: "c3", message: "q3" });
    expect(it.openai.streams).toHaveLength(2);
    await it.chat.control.stop("fake:home:c3", { id: "ada", isOperator: false });
    await it.clock.advance(1_000);
    expect(it.platform.marksOf("q3")).toEqual(["working", "incomplete"]);
    expect(await used(it)).toEqual([]);
    await it.chat.control.stop("fake:home:c2", { id: "ada", isOperator: false });
    await it.clock.advance(1_000);
    expect(await used(it)).toMatchObject([{ ending: "stopped", isEstimated: true, outputTokens: 0 }]);
  });

  it("is estimated where it failed after the model had begun to think", async () => {
    const it = await asked();
    it.stream.think("let me see");
    it.stream.fail(new Error("broken"));
    await it.clock.advance(1_000);
    expect(await used(it)).toMatchObject([{ ending: "failed", isEstimated: true, outputTokens: 3 }]);
  });

  it("is counted once by a start after a kill", async () => {
    const killed = await asked();
    killed.stream.send("as far as it got");
    await killed.clock.advance(100);
    const next = world(killed);
    const deps = {
      ...next,
      liveness: ENDED,
      behind: (_message: unknown, take: () => unknown) => take(),
      retake: async () => {},
      surfaces: surfacesOf(next.platform),
      log: { warn() {}, error() {}, info() {} },
    };
    await recover(deps as never);
    await recover(deps as never);
    expect(await used(next)).toMatchObject([{ model: "m1", ending: "interrupted", isEstimated: true }]);
    expect(next.platform.answers[0]?.controls).toEqual([{ label: "🔁 Retry", command: "/chat retry" }]);
  });
});

describe("reasoning", () => {
  it("stands as a quote above the answer where the conversation asks for it, and never in what is sent", async () => {
    const it = world();
    await it.sessions.change(CONVERSATION, (before) => ({ ...before, showsReasoning: true }));
    await it.ask("why?");
    it.openai.streams[0]?.think("Let me see\n");
    it.openai.streams[0]?.think("…");
    it.openai.streams[0]?.send("Because.");
    it.openai.streams[0]?.finish();
    await it.clock.advance(1_000);
    expect(it.texts()).toEqual(["> Let me see\n> …\n\nBecause."]);
    await it.ask("and?");
    expect(it.openai.streams[1]?.request.messages[1]).toEqual({ role: "assistant", content: "Because." });
  });
});

describe("the footer", () => {
  it("tells model, tokens and time where the workspace asks for it, and only there", async () => {
    const it = await asked();
    await it.settings.change("fake:home", (before) => ({ ...before, footer: true }));
    await it.clock.advance(2_500);
    it.stream.send("Hi.");
    it.stream.finish({ usage: { inputTokens: 1_000, outputTokens: 234 }, model: "m1-2026" });
    await it.clock.advance(1_000);
    expect(it.texts()).toEqual(["Hi.\n\n`openai/m1-2026 · 1,234 tokens · 2.5 s · ⚠️ model lists are outdated`"]);
    await it.settings.change("fake:home", (before) => ({ ...before, footer: false }));
    await it.ask("again");
    it.openai.streams[1]?.send("Hi again.");
    it.openai.streams[1]?.finish();
    await it.clock.advance(1_000);
    expect(it.texts()[1]).toBe("Hi again.");
  });
});

describe("a thread", () => {
  it("begins with its channel's model, prompt and reasoning, and keeps its own from then on", async () => {
    const it = world();
    const thread = `${CONVERSATION}:t1`;
    const pin = { provider: "anthropic", model: "claude", at: 1, by: "Ada" };
    await it.sessions.change(CONVERSATION, (before) => ({ ...before, pin, system: "Rhyme.", showsReasoning: true }));
    const inThread = async (text: string) => {
      const mention = it.platform.mention(text);
      await it.chat.onMention(it.platform, { ...mention, message: { ...mention.message, thread: "t1" } });
      await settle();
    };
    await inThread("hello");
    const system = expect.stringMatching(/^Be kind\.\n\n.*:\nRhyme\.$/);
    expect(it.anthropic.streams[0]?.request).toMatchObject({ model: "claude", system });
    it.anthropic.streams[0]?.finish();
    await it.clock.advance(1_000);
    await it.sessions.change(CONVERSATION, (before) => ({
      ...before,
      pin: { ...pin, provider: "openai", model: "m2" },
      system: null,
    }));
    await inThread("again");
    expect(it.anthropic.streams[1]?.request).toMatchObject({ model: "claude", system });
    expect((await it.sessions.get(thread)).showsReasoning).toBe(true);
  });

  it("says once, for its channel too, who set the system prompt that it began with", async () => {
    const it = world();
    const pin = { provider: "anthropic", model: "claude", at: 1, by: null };
    await it.sessions.change(CONVERSATION, (before) => ({ ...before, pin, system: "Rhyme.", systemNews: "*Eve*" }));
    const answerIn = async (thread: string, message: string, number: number) => {
      const mention = it.platform.mention("hello");
      await it.chat.onMention(it.platform, { ...mention, message: { ...mention.message, thread, message } });
      await settle();
      it.anthropic.streams[number]?.send("answer");
      it.anthropic.streams[number]?.finish();
      await it.clock.advance(1_000);
    };
    await answerIn("t1", "q1", 0);
    await answerIn("t1", "q2", 1);
    await answerIn("t2", "q3", 2);
    const line = "📝 \\*Eve\\* set a system prompt for this conversation; `/chat system` shows it.";
    expect(it.texts()).toEqual([`answer\n\n${line}`, "answer", "answer"]);
    expect(it.anthropic.streams[2]?.request.system).toContain("Rhyme.");
    await it.sessions.change(`${CONVERSATION}:t2`, (before) => ({ ...before, system: null, systemNews: "Bob" }));
    await answerIn("t2", "q4", 3);
    expect(it.texts().at(-1)).toBe("answer\n\n📝 Bob removed the system prompt of this conversation.");
    expect(it.anthropic.streams[3]?.request.system).toBe("Be kind.");
  });

  it("gets the default once somebody has given up its pin, whatever its channel is pinned to", async () => {
    const it = world();
    const pin = { provider: "anthropic", model: "claude", at: 1, by: "ada" };
    await it.sessions.change(CONVERSATION, (before) => ({ ...before, pin, system: "Rhyme." }));
    const thread = `${CONVERSATION}:t1`;
    await it.sessions.change(thread, (before) => ({ ...before, pinNews: "default" }));
    const mention = it.platform.mention("hello", { message: "q1" });
    await it.chat.onMention(it.platform, { ...mention, message: { ...mention.message, thread: "t1" } });
    await settle();
    expect(it.openai.streams[0]?.request.system).toContain("Rhyme.");
    it.openai.streams[0]?.finish();
    await it.clock.advance(1_000);
    expect((await it.sessions.get(thread)).pin).toMatchObject({ provider: "openai", model: "m1" });
    expect((await it.sessions.get(CONVERSATION)).pin).toEqual(pin);
  });

  it("pins its channel too where that had no model, so that later threads agree", async () => {
    const it = world();
    const mention = it.platform.mention("hello");
    await it.chat.onMention(it.platform, { ...mention, message: { ...mention.message, thread: "t1" } });
    await settle();
    expect((await it.sessions.get(CONVERSATION)).pin).toMatchObject({ provider: "openai", model: "m1", by: null });
  });

  it("keeps its answer while the store does not pin the channel, which is pinned as soon as it does", async () => {
    const it = world();
    const { change } = it.sessions;
    let failures = 3;
    Object.assign(it.sessions, {
      change: async (...terms: Parameters<typeof change>) => {
        if (failures > 0 && terms[0] === CONVERSATION) {
          failures -= 1;
          throw new StoreError("the file is locked");
        }
        return change(...terms);
      },
    });
    const mention = it.platform.mention("hello", { message: "q1" });
    await it.chat.onMention(it.platform, { ...mention, message: { ...mention.message, thread: "t1" } });
    await settle();
    it.openai.streams[0]?.send("Here it is.");
    it.openai.streams[0]?.finish();
    await it.clock.advance(10_000);
    expect(it.texts()).toEqual(["Here it is."]);
    expect(it.platform.marksOf("q1")).toEqual(["working", "done"]);
    expect((await it.sessions.get(CONVERSATION)).pin).toMatchObject({ provider: "openai", model: "m1" });
    expect(await it.sessions.recentTurns(`${CONVERSATION}:t1`, 5)).toHaveLength(1);
  });
});

describe("access", () => {
  it("refuses politely whom the workspace leaves out, and asks no provider", async () => {
    const it = world();
    await it.settings.change("fake:home", (before) => ({ ...before, access: { who: ["bob"] } }));
    await it.ask("hello", { message: "q1" });
    expect(it.texts()).toEqual([expect.stringContaining("Only some people may ask me here")]);
    expect(it.platform.marksOf("q1")).toEqual(["failed"]);
    expect(it.openai.streams).toEqual([]);
    expect(await it.sessions.openQuestions()).toEqual([]);
  });
});

describe("a refusal", () => {
  it("is for its reader only where the platform can whisper, and public where that fails", async () => {
    const it = world();
    await it.settings.change("fake:home", (before) => ({ ...before, access: { who: ["bob"] } }));
    const whispers: unknown[] = [];
    it.platform.whisper = async (below, to, { markdown }) => void whispers.push([below, to.id, markdown]);
    await it.ask("hello", { message: "q1" });
    expect(whispers).toEqual([
      [expect.objectContaining({ message: "q1" }), "ada", expect.stringContaining("Only some people")],
    ]);
    expect(it.texts()).toEqual([]);
    expect(it.platform.marksOf("q1")).toEqual(["failed"]);
    it.platform.whisper = async () => {
      throw new Error("not there");
    };
    await it.ask("hello", { message: "q2" });
    expect(it.texts()).toHaveLength(1);
  });

  it("of a question that the replicas have left no room for is stored at once: a start would ask it again", async () => {
    const it = world(undefined, {
      defer: () => {},
      questionLimits: {
        take: async () => ({ isAllowed: false, by: "user", until: 0 }),
        erasePast: async () => 0,
      },
    });
    await it.ask("hello", { message: "q1" });
    expect(it.platform.marksOf("q1")).toContain("failed");
    expect(await it.sessions.openQuestions()).toEqual([]);
  });
});

describe("two replicas", () => {
  it("can be stopped, or stopped for good, while the one waits for the other", async () => {
    const one = await asked("hello", { hasPeers: () => true });
    let hasPeers = true;
    const two = world({ ...one, store: one.store.another() }, { hasPeers: () => hasPeers });
    await two.ask("second", { message: "q2" });
    hasPeers = false; // else its own question is the last to be stopped
    expect(await two.chat.control.stop(CONVERSATION, { id: "ada", isOperator: false })).toBe("stopped");
    hasPeers = true;
    await one.clock.advance(500);
    expect(two.texts()).toEqual(["⏹️ Stopped."]);
    expect(two.platform.marksOf("q2")).toEqual(["waiting", "incomplete"]);
    await two.ask("third", { message: "q3" });
    const stopped = two.chat.stop(1_000);
    await one.clock.advance(5_000);
    await stopped;
    expect(two.texts().at(-1)).toBe("⚠️ Interrupted by a restart.");
    expect(two.platform.marksOf("q3")).toEqual(["waiting", "incomplete"]);
    expect(two.openai.streams).toEqual([]);
    expect((await two.sessions.openQuestions()).map(([, { text }]) => text)).toEqual(["hello"]);
  });

  it("stop each other's answers within half a second, for who may stop them", async () => {
    const peers = { hasPeers: () => true };
    const one = await asked("hello", peers);
    one.stream.send("so far");
    await one.clock.advance(1_000);
    const two = world({ ...one, store: one.store.another() }, peers);
    const stop = (id: string) => two.chat.control.stop(CONVERSATION, { id, isOperator: false });
    expect(await stop("eve")).toBe("not-yours");
    expect(await two.chat.control.stop("fake:home:other", { id: "ada", isOperator: false })).toBe("nothing-runs");
    await one.clock.advance(1_000);
    expect(one.stream.signal.aborted).toBe(false);
    expect(await stop("ada")).toBe("stopped");
    await one.clock.advance(499);
    expect(one.stream.signal.aborted).toBe(true);
    await one.clock.advance(1_000);
    expect(one.texts()).toEqual(["so far\n\n⏹️ Stopped."]);
    expect(await stop("ada")).toBe("nothing-runs");
  });

  it("stop the answer of one that has come since the last heartbeat", async () => {
    const one = await asked("hello", { hasPeers: () => true });
    one.stream.send("so far");
    await one.clock.advance(1_000);
    const two = world({ ...one, store: one.store.another() }, { hasPeers: () => false, findPeers: async () => true });
    expect(await two.chat.control.stop(CONVERSATION, { id: "ada", isOperator: false })).toBe("stopped");
    await one.clock.advance(1_000);
    expect(one.texts()).toEqual(["so far\n\n⏹️ Stopped."]);
  });

  it("stop the answer that streams, not the question that waits for it", async () => {
    const peers = { hasPeers: () => true };
    const one = await asked("hello", peers);
    one.stream.send("so far");
    await one.clock.advance(1_000);
    const two = world({ ...one, store: one.store.another() }, peers);
    await two.ask("second", { message: "q2", author: "bob" });
    const stop = (id: string) => two.chat.control.stop(CONVERSATION, { id, isOperator: false });
    expect(await stop("bob")).toBe("not-yours");
    expect(await stop("ada")).toBe("stopped");
    await one.clock.advance(2_000);
    expect(one.texts()).toEqual(["so far\n\n⏹️ Stopped."]);
    expect(two.openai.streams).toHaveLength(1);
    expect(two.platform.marksOf("q2")).toEqual(["waiting", "working"]);
    expect(await stop("bob")).toBe("stopped");
  });

  it("answer one conversation one after the other, with ⏳ while the second waits", async () => {
    const peers = { hasPeers: () => true };
    const one = await asked("hello", peers);
    const two = world({ ...one, store: one.store.another() }, peers);
    await two.ask("second", { message: "q2" });
    expect(two.openai.streams).toEqual([]);
    expect(two.platform.marksOf("q2")).toEqual(["waiting"]);
    one.stream.send("Hi.");
    one.stream.finish();
    await one.clock.advance(1_000);
    expect(two.openai.streams[0]?.request.messages).toHaveLength(3);
    expect(two.platform.marksOf("q2")).toEqual(["waiting", "working"]);
  });
});
