import { afterEach, describe, expect, it } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import type { Log } from "../../../src/base/log.js";
import { recover } from "../../../src/bot/turn/recover/recover.js";
import { ProviderError } from "../../../src/providers/provider.js";
import { StoreError } from "../../../src/store/store.js";
import { HOST_CHAT } from "../../support/chat-deps.js";
import { settle } from "../../support/fake-clock.js";
import { fakePlatform, surfacesOf } from "../../support/fake-platform.js";

import type { OpenStream } from "../../support/scripted-provider.js";

import { asked, CONVERSATION, ENDED, type World, world } from "../chat-world.js";

describe("createChat()", () => {
  afterEach(() => settle());

  it("answers a question: working mark, growing text, saved turn, done mark", async () => {
    const { clock, platform, sessions, stream, texts, turns } = await asked();
    expect(platform.marksOf("q1")).toEqual(["working"]);
    expect(texts()).toEqual([]);
    stream.send("Hel");
    await settle();
    expect(texts()).toEqual(["Hel"]);
    expect(platform.answers[0]?.replyTo).toBe("q1");
    stream.send("lo ");
    stream.send("there");
    await clock.advance(100);
    expect(texts()).toEqual(["Hello there"]);
    stream.send("!");
    stream.finish({ usage: { inputTokens: 3, outputTokens: 4 } });
    await settle();
    expect(texts()).toEqual(["Hello there!"]);
    expect(platform.marksOf("q1")).toEqual(["working", "done"]);
    expect(await sessions.recentTurns(CONVERSATION, 10)).toMatchObject([
      {
        question: { message: "q1", author: "ada", text: "hello" },
        answer: "Hello there!",
        ending: "done",
        provider: "openai",
        model: "m1",
        usage: { inputTokens: 3, outputTokens: 4 },
      },
    ]);
    expect(turns).toMatchObject([{ platform: "fake", provider: "openai", ending: "done" }]);
    expect(await sessions.openQuestions()).toEqual([]);
  });

  it("pins the default in force at the first message and never moves the pin by itself", async () => {
    const { ask, clock, openai, anthropic, sessions, setDefault, stream } = await asked();
    stream.finish();
    await settle();
    expect((await sessions.get(CONVERSATION)).pin).toEqual({
      provider: "openai",
      model: "m1",
      at: clock.now(),
      by: null,
    });
    setDefault({ provider: "anthropic", model: "m1" });
    await ask("again");
    expect(openai.streams).toHaveLength(2);
    expect(anthropic.streams).toHaveLength(0);
  });

  it("sends the system prompt, the conversation so far and the question", async () => {
    const { ask, openai, stream } = await asked("first");
    stream.send("one");
    stream.finish();
    await settle();
    await ask("second");
    expect(openai.streams[1]?.request).toEqual({
      model: "m1",
      system: "Be kind.",
      messages: [
        { role: "user", content: "first" },
        { role: "assistant", content: "one" },
        { role: "user", content: "second" },
      ],
    });
  });

  it("keeps a running answer on its model when a person moves the pin meanwhile, and says so under the next one", async () => {
    const { ask, anthropic, clock, openai, sessions, stream, texts } = await asked();
    stream.send("half");
    await clock.advance(10);
    await sessions.change(CONVERSATION, (session) => ({
      ...session,
      pin: { provider: "anthropic", model: "m1", at: clock.now(), by: "Grace" },
    }));
    await clock.advance(10);
    stream.send(" whole");
    stream.finish();
    await clock.advance(100);
    expect(openai.streams).toHaveLength(1);
    await ask("next");
    anthropic.streams[0]?.send("from the other");
    anthropic.streams[0]?.finish();
    await clock.advance(100);
    expect(texts()[1]).toContain("from the other");
  });

  it.each([
    [
      "cut off",
      (stream: OpenStream) => stream.fail(new ProviderError("openai", "cut-off", "early")),
      "\n\n⚠️ The answer was cut off.",
    ],
    ["whole", (stream: OpenStream) => stream.finish(), ""],
  ])(
    "says under a %s answer that the model is the default again, and what was chosen while it ran under the next",
    async (_how, end, line) => {
      const { ask, clock, openai, sessions, stream, texts } = await asked();
      stream.send("a");
      stream.finish();
      await clock.advance(1_000);
      await sessions.change(CONVERSATION, (session) => ({ ...session, pin: null, pinNews: "default" }));
      await ask("more");
      openai.streams[1]?.send("b");
      await clock.advance(1_000);
      const pin = { provider: "openai", model: "m2", at: clock.now(), by: "Grace" };
      await sessions.change(CONVERSATION, (session) => ({ ...session, pin, pinNews: "chosen" }));
      if (openai.streams[1] !== undefined) end(openai.streams[1]);
      await clock.advance(1_000);
      await ask("again");
      openai.streams[2]?.send("c");
      openai.streams[2]?.finish();
      await clock.advance(1_000);
      expect(texts()).toEqual([
        "a",
        `b${line}\n\n📌 Back to the default: openai/m1.`,
        "c\n\n📌 Now with openai/m2, chosen by Grace.",
      ]);
    },
  );

  it("says once, under the next answer, that a person chose the model", async () => {
    const { ask, clock, openai, sessions, stream, texts } = await asked();
    stream.send("a");
    stream.finish();
    await clock.advance(1_000);
    await sessions.change(CONVERSATION, (session) => ({
      ...session,
      pin: { provider: "openai", model: "m2", at: clock.now(), by: "Grace" },
      pinNews: "chosen",
    }));
    for (const turn of [1, 2]) {
      await clock.advance(1_000);
      await ask("more");
      openai.streams[turn]?.send("b");
      openai.streams[turn]?.finish();
      await clock.advance(1_000);
    }
    expect(texts()).toEqual(["a", "b\n\n📌 Now with openai/m2, chosen by Grace.", "b"]);
    expect((await sessions.recentTurns(CONVERSATION, 1))[0]?.answer).toBe("b");
  });

  it("lets no name that somebody chose format or link in its own words", async () => {
    const { clock, settings, sessions, texts, ask, openai, setDefault } = world();
    const trap = "[free](http://evil.example)";
    setDefault(undefined);
    const pin = { provider: "openai", model: trap, at: clock.now(), by: `**Eve** ${trap}` };
    await sessions.change(CONVERSATION, (session) => ({ ...session, pin, pinNews: "chosen" }));
    await settings.change("fake:home", (before) => ({ ...before, footer: true }));
    await ask("hello", { message: "q1" });
    openai.streams[0]?.send("Hi.");
    openai.streams[0]?.finish();
    await clock.advance(1_000);
    await sessions.change(CONVERSATION, (session) => ({ ...session, pin: { ...pin, provider: "gone" } }));
    await ask("and now?", { message: "q2" });
    await clock.advance(1_000);
    const escaped = "\\[free\\](http://evil.example)";
    expect(texts()[0]).toContain(`Now with openai/${escaped}, chosen by \\*\\*Eve\\*\\* ${escaped}.`);
    expect(texts()[1]).toContain(`pinned to **gone/${escaped}**`);
  });

  it("leaves an answer behind whose asker started over meanwhile", async () => {
    const { ask, clock, openai, sessions, stream } = await asked("old");
    stream.send("late");
    await clock.advance(10);
    await sessions.change(CONVERSATION, (session) => ({
      ...session,
      firstTurn: session.nextTurn,
      startedAt: clock.now(),
    }));
    stream.finish();
    await clock.advance(100);
    await ask("new");
    expect(openai.streams[1]?.request.messages).toEqual([{ role: "user", content: "new" }]);
  });

  it("answers that there is no list yet, and pins nothing", async () => {
    const it = world();
    it.setDefault(undefined);
    await it.ask("hello", { message: "q1" });
    expect(it.texts()[0]).toContain("There is no model to answer with");
    expect(it.platform.marksOf("q1")).toEqual(["working", "failed"]);
    expect((await it.sessions.get(CONVERSATION)).pin).toBeNull();
  });

  it("keeps the pin to a provider that is not configured any more, and offers a way out", async () => {
    const it = world();
    const pin = { provider: "groq", model: "m9", at: 0, by: null };
    await it.sessions.change(CONVERSATION, (session) => ({ ...session, pin }));
    await it.ask("hello");
    expect(it.texts()[0]).toContain("groq/m9");
    expect(it.platform.answers[0]?.controls).toEqual([{ label: "Use the default", command: "/models unpin" }]);
    expect((await it.sessions.get(CONVERSATION)).pin).toEqual(pin);
  });

  it("drops a question that was delivered twice", async () => {
    const it = world();
    await it.ask("hello", { message: "q1" });
    await it.ask("hello", { message: "q1" });
    expect(it.openai.streams).toHaveLength(1);
    await it.ask("", { message: "q2" });
    await it.ask("", { message: "q2" });
    expect(it.texts()).toHaveLength(1);
  });

  it("answers one question of a conversation at a time; others are marked as waiting, and other channels go on", async () => {
    const { ask, clock, openai, platform, stream } = await asked();
    await ask("second", { message: "q2" });
    await ask("elsewhere", { message: "q3", channel: "random" });
    expect(openai.streams.map(({ request }) => request.messages.at(-1)?.content)).toEqual(["hello", "elsewhere"]);
    expect(platform.marksOf("q2")).toEqual(["waiting"]);
    stream.send("x");
    stream.finish();
    await clock.advance(100);
    expect(openai.streams[2]?.request.messages.at(-1)?.content).toBe("second");
    expect(platform.marksOf("q2")).toEqual(["waiting", "working"]);
  });

  it("lets 20 wait and tells the next, with a thread to go to, without a call to the provider", async () => {
    const { ask, openai, platform, sessions, texts } = await asked();
    for (let waiting = 1; waiting <= 20; waiting++) {
      await ask("more", { message: `w${waiting}`, author: `person ${waiting}` });
    }
    await ask("too many", { message: "w21" });
    expect(texts()).toEqual(["⛔ There are already 20 questions waiting here. Ask again later, or in a thread."]);
    expect(platform.marksOf("w20")).toEqual(["waiting"]);
    expect(platform.marksOf("w21")).toEqual(["failed"]);
    expect(openai.streams).toHaveLength(1);
    expect(await sessions.openQuestions()).toHaveLength(21);
  });

  it.each([
    ["", "no question"],
    ["a".repeat(32_001), "32,000"],
  ])("refuses %#: a question that is none or too long, without a call to the provider", async (text, words) => {
    const it = world();
    await it.ask(text, { message: "q1" });
    expect(it.texts()[0]).toContain(words);
    expect(it.platform.marksOf("q1")).toEqual(["failed"]);
    expect(it.openai.streams).toHaveLength(0);
    expect(await it.sessions.openQuestions()).toEqual([]);
  });

  it("tells a person who asks too much when the next question is taken", async () => {
    const it = world();
    for (let count = 0; count < 21; count++) await it.ask("more", { channel: `c${count}`, message: `q${count}` });
    expect(it.texts()).toEqual([expect.stringMatching(/^⛔ You have reached the limit .* is accepted <t:\d+:R>\.$/)]);
    expect(it.platform.marksOf("q20")).toEqual(["failed"]);
    expect(it.openai.streams).toHaveLength(2);
  });

  it("keeps the text of an answer that breaks off and says so", async () => {
    const { clock, platform, sessions, stream, texts } = await asked();
    stream.send("half an ans");
    stream.fail(new ProviderError("openai", "cut-off", "the stream ended early"));
    await clock.advance(100);
    expect(texts()).toEqual(["half an ans\n\n⚠️ The answer was cut off."]);
    expect(platform.marksOf("q1")).toEqual(["working", "incomplete"]);
    expect(await sessions.recentTurns(CONVERSATION, 1)).toMatchObject([{ answer: "half an ans", ending: "cut-off" }]);
  });

  it("cuts an answer off that falls silent for the time-out, and not before", async () => {
    const { clock, stream, texts } = await asked();
    stream.send("hm");
    await clock.advance(59_000);
    expect(texts()).toEqual(["hm"]);
    await clock.advance(2_000);
    expect(texts()).toEqual(["hm\n\n⚠️ The answer was cut off."]);
    expect(stream.signal.aborted).toBe(true);
  });

  it("waits three times as long for the first text", async () => {
    const { clock, platform, texts } = await asked();
    await clock.advance(179_000);
    expect(texts()).toEqual([]);
    await clock.advance(2_000);
    expect(texts()[0]).toContain("gave no answer in time");
    expect(platform.marksOf("q1")).toEqual(["working", "failed"]);
  });

  it.each([
    ["auth", {}, "refuses the bot's key"],
    ["rate-limited", { retryAfterMs: 20_000 }, "Try again in 20 s"],
    ["overloaded", {}, "overloaded"],
    ["spend-cap", {}, "ask the bot's operator"],
    ["unknown-model", {}, "does not know this model"],
    ["network", {}, "cannot be reached"],
    ["http", { status: 500 }, "status 500"],
    ["malformed", {}, "vendor's text. Check its base URL."],
    ["bad-request", { status: 400 }, "(vendor's text). Choose another one"],
    ["context-too-long", {}, "too long for this model at **openai**. Start over: `/chat new`"],
    ["no-access", { words: "Your plan lacks it." }, "It says: Your plan lacks it. Choose another one"],
    ["quota", { retryAfterMs: 7_200_000 }, "Try again in 2 h"],
    ["loading", {}, "still loading this model. Try again in a minute"],
    ["out-of-memory", { words: "7 GiB needed" }, "too little memory for this model. It says: 7 GiB needed."],
    ["content-refused", {}, "refused the content. Rephrase it, or try another model with `/models use`."],
    ["address", {}, "Check its base URL."],
  ] as const)("says in our words why there is no answer: %s", async (reason, details, words) => {
    const { clock, logged, openai, platform, texts } = await asked();
    for (let attempt = 0; attempt < 3; attempt++) {
      openai.streams[attempt]?.fail(new ProviderError("openai", reason, "vendor's text.", details));
      await clock.advance(3_000);
    }
    expect(texts()[0]).toContain(words);
    expect(texts()[0]).toContain("(Reference ref1)");
    expect(platform.marksOf("q1")).toEqual(["working", "failed"]);
    expect(logged).toContainEqual({ level: "warn", fields: expect.objectContaining({ reference: "ref1" }) });
  });

  it("hides what a fault of our own says, but leads to the log", async () => {
    const { stream, texts } = await asked();
    stream.fail(new Error("secret inside"));
    await settle();
    expect(texts()).toEqual(["Something went wrong on my side. Please ask again in a moment. (Reference ref1)"]);
  });

  it.each([
    ["stop", "", "⚠️ The model gave an empty answer.", "incomplete"],
    ["stop", "\u200b \u2800", "⚠️ The model gave an empty answer.", "incomplete"],
    ["length", "long", "long\n\n⚠️ The answer reached the model's length limit.", "incomplete"],
    ["refused", "", "⚠️ The model refused to answer this.", "done"],
    ["filtered", "some", "some\n\n⚠️ The provider's filter ended this answer.", "incomplete"],
  ] as const)("shows the finish %s with text %j", async (reason, text, shown, mark) => {
    const { clock, platform, stream, texts } = await asked();
    if (text !== "") stream.send(text);
    stream.finish({ reason });
    await clock.advance(100);
    expect(texts()).toEqual([shown]);
    expect(platform.marksOf("q1")).toEqual(["working", mark]);
  });

  it.each([
    ["stop", "gave only reasoning and an empty answer"],
    ["length", "reached its length limit while reasoning"],
  ] as const)("says where reasoning that ended with %s was all there was", async (reason, said) => {
    const { clock, platform, stream, texts } = await asked();
    stream.think("hmm");
    stream.finish({ reason });
    await clock.advance(100);
    expect(texts()).toEqual([expect.stringContaining(said)]);
    expect(platform.marksOf("q1")).toEqual(["working", "incomplete"]);
  });

  it("sends the host's output cap, and says when an answer reached it", async () => {
    const { clock, stream, texts } = await asked("hello", { chat: { ...HOST_CHAT, maxOutputTokens: 1_234 } });
    expect(stream.request.maxOutputTokens).toBe(1_234);
    stream.send("long");
    stream.finish({ reason: "length" });
    await clock.advance(100);
    expect(texts()).toEqual(["long\n\n⚠️ The answer reached the limit of 1,234 tokens per answer. Ask me to continue."]);
  });

  it("sends no output cap for a model of which nothing is known, where nobody has set one", async () => {
    const { stream } = await asked();
    expect(stream.request).not.toHaveProperty("maxOutputTokens");
  });

  it("stops for its asker and for operators, keeps the text and ends the provider's stream", async () => {
    const { chat, clock, platform, stream, texts } = await asked();
    stream.send("so far");
    await settle();
    expect(await chat.control.stop(CONVERSATION, { id: "eve", isOperator: false })).toBe("not-yours");
    expect(await chat.control.stop("fake:home:random", { id: "ada", isOperator: false })).toBe("nothing-runs");
    expect(await chat.control.stop(CONVERSATION, { id: "root", isOperator: true })).toBe("stopped");
    await clock.advance(100);
    expect(texts()).toEqual(["so far\n\n⏹️ Stopped."]);
    expect(platform.marksOf("q1")).toEqual(["working", "incomplete"]);
    expect(stream.signal.aborted).toBe(true);
    expect(await chat.control.stop(CONVERSATION, { id: "ada", isOperator: false })).toBe("nothing-runs");
  });

  it("closes the code that an answer was stopped in, so that the line below it is none", async () => {
    const { chat, clock, stream, texts } = await asked();
    stream.send("Do this:\n```sh\nnpm");
    await settle();
    await chat.control.stop(CONVERSATION, { id: "ada", isOperator: false });
    await clock.advance(100);
    expect(texts()).toEqual(["Do this:\n```sh\nnpm\n```\n\n⏹️ Stopped."]);
  });

  it("still gets the last text out when the platform fails for a moment", async () => {
    const { clock, platform, stream, texts } = await asked();
    stream.send("one");
    await settle();
    platform.failing.add("edit");
    stream.send(" two");
    stream.finish();
    await clock.advance(1_500);
    expect(texts()).toEqual(["one"]);
    platform.failing.clear();
    await clock.advance(1_000);
    expect(texts()).toEqual(["one two"]);
    expect(platform.marksOf("q1").at(-1)).toBe("done");
  });

  it.each(["gone", "forbidden"] as const)(
    "ends the provider's stream within a second when the answer's place is lost (%s), and sends nothing more",
    async (reason) => {
      const { ask, clock, openai, platform, sessions, stream, texts } = await asked();
      stream.send("Hel");
      await settle();
      platform.refusing.set("edit", reason);
      platform.refusing.set("post", reason);
      stream.send("lo there");
      await clock.advance(1_000);
      expect(stream.signal.aborted).toBe(true);
      await clock.advance(60_000);
      expect(platform.edits()).toBe(0);
      expect(texts()).toEqual(["Hel"]);
      expect(platform.marksOf("q1")).toEqual(["working", "incomplete"]);
      expect(await sessions.recentTurns(CONVERSATION, 10)).toMatchObject([
        { answer: "Hello there", ending: "cut-off" },
      ]);
      expect(await sessions.openQuestions()).toEqual([]);
      await ask("and now?");
      expect(openai.streams).toHaveLength(2);
    },
  );

  it("does not say that an answer is done which nobody can see", async () => {
    const { clock, platform, sessions, stream } = await asked();
    platform.refusing.set("post", "forbidden");
    stream.send("all of it");
    stream.finish();
    await clock.advance(1_000);
    expect(platform.marksOf("q1")).toEqual(["working", "failed"]);
    expect(await sessions.openQuestions()).toEqual([]);
  });

  it("marks what was shown of an answer as kept when the rest has no place any more", async () => {
    const { clock, platform, stream } = await asked();
    stream.send("half");
    await clock.advance(1_000);
    platform.refusing.set("edit", "forbidden");
    stream.send(" and more");
    stream.finish();
    await clock.advance(1_000);
    expect(platform.marksOf("q1")).toEqual(["working", "incomplete"]);
  });

  it("spreads a long answer over messages, and a kill's last words go below the last of them", async () => {
    const it = await asked();
    const answer = "a line of an answer\n".repeat(300);
    it.stream.send(answer);
    await it.clock.advance(10_000);
    expect(it.texts().length).toBeGreaterThan(2);
    expect(it.texts().join("")).toBe(answer);
    const next = world(it);
    await recover({
      ...next,
      liveness: ENDED,
      behind: (_message, take) => take(),
      retake: async () => {},
      surfaces: surfacesOf(it.platform),
      log: { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log,
    });
    expect(it.texts().at(-1)).toMatch(/answer\n\n\n⚠️ Interrupted by a restart\.$/);
  });

  it("never shows the working mark after the end mark, however slow the platform is with the first", async () => {
    const it = world();
    const real = it.platform.mark;
    it.platform.mark = async (message, mark) => {
      if (mark === "working") await it.clock.sleep(5_000);
      await real(message, mark);
    };
    await it.ask("hello", { message: "q1" });
    it.openai.streams[0]?.send("x");
    it.openai.streams[0]?.finish();
    await it.clock.advance(10_000);
    expect(it.platform.marksOf("q1")).toEqual(["working", "done"]);
  });

  it("puts the end mark once a store that keeps marks is back", async () => {
    const it = await asked();
    const real = it.platform.mark;
    let isDown = true;
    it.platform.mark = async (message, mark) => {
      if (isDown) throw new StoreError("database is locked");
      await real(message, mark);
    };
    it.stream.send("all of it");
    it.stream.finish();
    await it.clock.advance(20_000);
    expect(it.platform.marksOf("q1")).toEqual(["working"]);
    isDown = false;
    await it.clock.advance(10_000);
    expect(it.platform.marksOf("q1")).toEqual(["working", "done"]);
    expect(await it.sessions.openQuestions()).toEqual([]);
  });

  it("leaves a question to the next start whose end mark found no room before the stop, and only then", async () => {
    for (const [refusal, left] of [
      ["unavailable", 1],
      ["forbidden", 0],
    ] as const) {
      const it = await asked();
      it.platform.refusing.set("mark", refusal);
      it.stream.send("all of it");
      it.stream.finish();
      await it.clock.advance(1_000);
      expect(await it.sessions.openQuestions()).toHaveLength(left);
      it.platform.refusing.clear();
      const next = world(it);
      await recover({
        ...next,
        liveness: ENDED,
        behind: (_message, take) => take(),
        retake: async () => {},
        surfaces: surfacesOf(it.platform),
        log: { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log,
      });
      expect(it.texts()).toEqual(["all of it"]);
      expect(it.platform.marksOf("q1")).toEqual(left === 1 ? ["working", "done"] : ["working"]);
      expect(await next.sessions.openQuestions()).toEqual([]);
    }
  });

  it("goes on when the platform refuses a mark", async () => {
    const it = world();
    it.platform.failing.add("mark");
    await it.ask("hello");
    it.openai.streams[0]?.send("hi");
    it.openai.streams[0]?.finish();
    await it.clock.advance(100);
    expect(it.texts()).toEqual(["hi"]);
  });

  it("marks a question as done only once its turn is saved, however long the store takes to come back", async () => {
    const { clock, platform, sessions, store, stream } = await asked();
    stream.send("hi");
    await settle();
    store.breakDown();
    stream.finish();
    await clock.advance(60_000);
    expect(platform.marksOf("q1")).toEqual(["working"]);
    store.recover();
    await clock.advance(60_000);
    expect(platform.marksOf("q1")).toEqual(["working", "done"]);
    expect(await sessions.recentTurns(CONVERSATION, 5)).toMatchObject([{ answer: "hi", ending: "done" }]);
    expect(await sessions.openQuestions()).toEqual([]);
  });

  it("says so where the record of a conversation is damaged, and /chat new starts it afresh behind its turns", async () => {
    const { ask, clock, openai, platform, sessions, store, stream, texts } = await asked();
    stream.send("before");
    stream.finish();
    await clock.advance(100);
    store.damage("sessions", CONVERSATION);
    await ask("anybody there?", { message: "q2" });
    expect(texts().at(-1)).toContain("`/chat new` starts a new one");
    expect(platform.marksOf("q2").at(-1)).toBe("failed");
    expect(await sessions.openQuestions()).toEqual([]);
    expect(await sessions.startOver(CONVERSATION)).toMatchObject({ pin: null, firstTurn: 1, nextTurn: 1 });
    await ask("and now?");
    expect(openai.streams.at(-1)?.request.messages).toEqual([{ role: "user", content: "and now?" }]);
  });

  it("ends an answer that never stops by itself", async () => {
    const { clock, stream, texts } = await asked();
    for (let count = 0; count < 21; count++) stream.send("x".repeat(10_000));
    await clock.advance(1_000_000);
    expect(texts().join("")).toContain("⚠️ The answer reached the model's length limit.");
    expect(stream.signal.aborted || texts().join("").length < 202_000).toBe(true);
  });

  it("keeps the order of arrival, however long it takes to know who may ask", async () => {
    const { chat, clock, openai, platform, settings } = world();
    await settings.change("fake:home", () => ({ access: { who: ["team"] } }));
    const mention = (message: string, lookupMs: number) => ({
      ...platform.mention(message, { message, author: message }),
      isInGroup: async () => {
        if (lookupMs > 0) await clock.sleep(lookupMs);
        return message !== "stranger";
      },
    });
    const all = [mention("slow", 900), mention("stranger", 500), mention("fast", 0)];
    const taken = Promise.all(all.map((each) => chat.onMention(platform, each)));
    await chat.onMention(platform, {
      ...mention("elsewhere", 0),
      message: { ...mention("x", 0).message, channel: "c2" },
    });
    await settle();
    expect(openai.streams.map(({ request }) => request.messages.at(-1)?.content)).toEqual(["elsewhere"]);
    await clock.advance(900); // they are looked up at once
    await taken;
    expect(openai.streams.map(({ request }) => request.messages.at(-1)?.content)).toEqual(["elsewhere", "slow"]);
    expect(platform.marksOf("stranger")).toEqual(["failed"]);
    expect(platform.marksOf("fast")).toEqual(["waiting"]);
  });

  it("does not count a question that found the line full", async () => {
    const it = world();
    for (let count = 0; count < 21; count++) await it.ask("more", { message: `q${count}`, author: `person ${count}` });
    for (let count = 0; count < 25; count++) await it.ask("more", { message: `r${count}` });
    expect(it.texts().filter((text) => text.startsWith("⛔ There are already 20"))).toHaveLength(25);
    await it.ask("elsewhere", { channel: "random" });
    expect(it.texts().filter((text) => text.startsWith("⛔ You have reached"))).toHaveLength(0);
  });

  it("rejects a question that it could not store", async () => {
    const it = world();
    it.store.breakDown();
    const asked = ["hello", "again"].map((text) =>
      expect(it.chat.onMention(it.platform, it.platform.mention(text))).rejects.toThrow("store"),
    );
    await it.clock.advance(10_000);
    await Promise.all(asked);
    expect(it.openai.streams).toHaveLength(0);
  });

  describe("stop()", () => {
    it("takes no more questions and lets a running answer finish", async () => {
      const { chat, clock, platform, stream, texts } = await asked();
      stream.send("almost");
      const stopped = chat.stop(20_000);
      await expect(chat.onMention(platform, platform.mention("too late"))).rejects.toThrow(UserError);
      await clock.advance(19_000);
      stream.send(" done");
      stream.finish();
      await clock.advance(100);
      await stopped;
      expect(texts()).toEqual(["almost done"]);
      expect(platform.marksOf("q1")).toEqual(["working", "done"]);
    });

    it("ends what is left after the grace as interrupted, running and waiting, with their marks", async () => {
      const { ask, chat, clock, openai, platform, sessions, stream, texts } = await asked();
      await ask("waits", { message: "q2" });
      stream.send("half");
      const stopped = chat.stop(20_000);
      await clock.advance(20_100);
      await stopped;
      expect(texts()).toEqual(["half\n\n⚠️ Interrupted by a restart.", "⚠️ Interrupted by a restart."]);
      expect(platform.marksOf("q1").at(-1)).toBe("incomplete");
      expect(platform.marksOf("q2").at(-1)).toBe("incomplete");
      expect(openai.streams).toHaveLength(1);
      expect(await sessions.openQuestions()).toEqual([]);
    });

    it("does not wait longer than the grace and a few seconds, even when the platform hangs", async () => {
      const { chat, clock, platform, stream } = await asked();
      stream.send("half");
      await settle();
      platform.edit = () => new Promise(() => {});
      let isStopped = false;
      chat.stop(20_000).then(() => {
        isStopped = true;
      });
      await clock.advance(22_900);
      expect(isStopped).toBe(false);
      await clock.advance(200);
      expect(isStopped).toBe(true);
    });
  });
});

const SILENT = { warn() {}, error() {}, info() {}, debug() {} } as unknown as Log;

describe("recover()", () => {
  const recoverIn = ({
    sessions,
    store,
    chat,
    platform,
    clock,
    ledger,
    budgets,
    modelFacts,
    refresher,
    onTurn,
  }: World) =>
    recover({
      chat,
      settings: { languageOf: () => undefined },
      store,
      ledger,
      budgets,
      onTurn,
      modelFacts,
      refresher,
      liveness: ENDED,
      behind: (_message, take) => take(),
      retake: async () => {},
      sessions,
      surfaces: surfacesOf(platform),
      clock,
      log: SILENT,
    });

  it("asks no question again that was refused, and repeats its mark", async () => {
    const killed = world();
    const { mark } = killed.platform;
    killed.platform.mark = async (message, which) => {
      await mark(message, which);
      killed.store.breakDown(); // it is killed before it has closed the question
    };
    const mention = killed.platform.mention("hello", { message: "q1" });
    await killed.chat.onMention(killed.platform, mention, { refusal: "Not here." });
    await killed.clock.advance(30_000);
    expect(killed.platform.marksOf("q1")).toEqual(["failed"]);
    killed.platform.mark = mark;
    killed.store.recover();
    const next = world(killed);
    const retaken: unknown[] = [];
    const reread = async () => ({ ...mention, writtenAt: killed.clock.now() });
    await recover({
      ...next,
      ...{ liveness: ENDED, log: SILENT, behind: (_message, take) => take(), surfaces: [{ ...next, reread }] },
      retake: async (...call) => void retaken.push(call),
    });
    expect(retaken).toEqual([]);
    expect(next.texts()).toEqual(["Not here."]);
    expect(next.platform.marksOf("q1")).toEqual(["failed", "failed"]);
    expect(await next.sessions.openQuestions()).toEqual([]);
  });

  it("finds a question wherever its message is stored with it, and neither where that failed", async () => {
    const it = world();
    const alongside = [{ table: "messages", key: "general#q1", value: { text: "hello" } }] as const;
    const mention = { ...it.platform.mention("hello", { message: "q1" }), alongside };
    it.store.breakDown();
    await expect(it.chat.onMention(it.platform, mention)).rejects.toThrow(StoreError);
    it.store.recover();
    expect(it.store.peek("messages", "general#q1")).toBeUndefined();
    await it.chat.onMention(it.platform, mention);
    expect(it.store.peek("messages", "general#q1")).toEqual({ text: "hello" });
    expect(await it.sessions.openQuestions()).toHaveLength(1);
  });

  it("marks an answer that a kill cut short, keeps its text, and remembers it", async () => {
    const killed = await asked();
    killed.stream.send("as far as it got");
    await killed.clock.advance(100);
    const next = world(killed);
    expect(await recoverIn(next)).toBe(1);
    expect(next.texts()).toEqual(["as far as it got\n\n⚠️ Interrupted by a restart."]);
    expect(next.platform.marksOf("q1").at(-1)).toBe("incomplete");
    expect(await next.sessions.recentTurns(CONVERSATION, 1)).toMatchObject([
      { answer: "as far as it got", ending: "interrupted" },
    ]);
    const model = { provider: "openai", model: "m1" };
    expect(next.turns).toEqual([
      { platform: "fake", ...model, ending: "interrupted", durationMs: null, firstTextMs: null },
    ]);
    expect(await recoverIn(next)).toBe(0);
    expect(next.turns.length).toBe(1);
  });

  it("answers a question that a kill left without any text, waiting ones too", async () => {
    const killed = await asked();
    await killed.ask("waits", { message: "q2" });
    const next = world(killed);
    expect(await recoverIn(next)).toBe(2);
    expect(next.texts()).toEqual(["⚠️ Interrupted by a restart.", "⚠️ Interrupted by a restart."]);
    expect(next.platform.answers.map(({ replyTo }) => replyTo)).toEqual(["q1", "q2"]);
  });

  it("only repeats the mark of a turn that was saved before the kill", async () => {
    const killed = await asked();
    killed.platform.mark = async (message, mark) => {
      if (mark === "done") await new Promise(() => {});
      return fakePlatform().mark(message, mark);
    };
    killed.stream.send("complete");
    killed.stream.finish();
    await killed.clock.advance(100);
    const platform = Object.assign(fakePlatform(), { answers: killed.platform.answers });
    const next = world({ ...killed, platform });
    expect(await recoverIn(next)).toBe(1);
    expect(platform.marksOf("q1")).toEqual(["done"]);
    expect(next.texts()).toEqual(["complete"]);
    expect(await next.sessions.recentTurns(CONVERSATION, 5)).toHaveLength(1);
  });

  it("says it in a message of its own when not a line fits below the answer, or that is gone", async () => {
    for (const reason of ["refused", "gone"] as const) {
      const it = await asked();
      it.stream.send("Hello");
      await settle();
      const next = world(it);
      it.platform.refusing.set("append", reason);
      await recover({
        ...next,
        liveness: ENDED,
        behind: (_message, take) => take(),
        retake: async () => {},
        surfaces: surfacesOf(it.platform),
        log: { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log,
      });
      expect(it.texts()).toEqual(["Hello", "⚠️ Interrupted by a restart."]);
      expect(it.platform.marksOf("q1").at(-1)).toBe("incomplete");
      expect(await next.sessions.openQuestions()).toEqual([]);
    }
  });

  it("closes a question whose place is gone, rather than trying again at every start", async () => {
    const it = await asked();
    const next = world(it);
    for (const call of ["post", "append", "mark"] as const) it.platform.refusing.set(call, "gone");
    await recover({
      ...next,
      liveness: ENDED,
      behind: (_message, take) => take(),
      retake: async () => {},
      surfaces: surfacesOf(it.platform),
      log: { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log,
    });
    expect(await next.sessions.openQuestions()).toEqual([]);
  });

  it("leaves an answer alone whose process still lives, and ends it once that is gone", async () => {
    const other = await asked();
    other.stream.send("still at it");
    await other.clock.advance(100);
    const next = world(other);
    let isGone = false;
    const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;
    const liveness = { isGone: async () => isGone };
    expect(
      await recover({
        ...next,
        behind: (_message, take) => take(),
        retake: async () => {},
        liveness,
        surfaces: surfacesOf(next.platform),
        log,
      }),
    ).toBe(0);
    expect(next.texts()).toEqual(["still at it"]);
    expect(await next.sessions.openQuestions()).toHaveLength(1);
    isGone = true;
    expect(
      await recover({
        ...next,
        behind: (_message, take) => take(),
        retake: async () => {},
        liveness,
        surfaces: surfacesOf(next.platform),
        log,
      }),
    ).toBe(1);
    expect(next.texts()).toEqual(["still at it\n\n⚠️ Interrupted by a restart."]);
  });

  it("leaves a question for the next start when its platform fails", async () => {
    const killed = await asked();
    const next = world(killed);
    next.platform.failing.add("post");
    expect(await recoverIn(next)).toBe(0);
    next.platform.failing.clear();
    expect(await recoverIn(next)).toBe(1);
  });
});
