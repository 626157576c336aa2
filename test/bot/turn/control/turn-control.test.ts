import { describe, expect, it } from "vitest";
import { RATE_CONTROLS } from "../../../../src/bot/turn/answer-controls.js";
import { settle } from "../../../support/fake-clock.js";
import { asked, by, CONVERSATION, type World } from "../../chat-world.js";

/** A conversation whose last question has its answer. */
async function answered() {
  const it = await asked();
  it.stream.send("first answer");
  it.stream.finish({ usage: { inputTokens: 5, outputTokens: 2 } });
  await it.clock.advance(1_000);
  return it;
}

const answers = async ({ sessions }: World) =>
  (await sessions.recentTurns(CONVERSATION, 10)).map(({ answer, model }) => [model, answer]);

describe("an edited question", () => {
  it("takes the place of the last turn in what is sent and kept", async () => {
    const it = await answered();
    const edited = { ...it.platform.mention("hello again", { message: "q2" }), replaces: "q1" };
    await it.chat.onMention(it.platform, edited);
    await settle();
    expect(it.openai.streams[1]?.request.messages).toEqual([{ role: "user", content: "hello again" }]);
    it.openai.streams[1]?.send("second answer");
    it.openai.streams[1]?.finish();
    await it.clock.advance(1_000);
    expect(await answers(it)).toEqual([["m1", "second answer"]]);
    expect((await it.sessions.lastTurn(CONVERSATION))?.turn.question.text).toBe("hello again");
  });

  it.each([
    ["somebody else asked what it names", { author: "bob" }, "q1"],
    ["it names no last question", {}, "q0"],
  ])("is one more question where %s", async (_what, by, replaces) => {
    const it = await answered();
    await it.chat.onMention(it.platform, { ...it.platform.mention("another", { message: "q2", ...by }), replaces });
    await settle();
    expect(it.openai.streams[1]?.request.messages).toHaveLength(3);
  });
});

describe("retry()", () => {
  it("answers the last question again, in a message of its own, and takes the old answer's place", async () => {
    const it = await answered();
    expect(await it.chat.control.retry(by("ada"))).toEqual({ kind: "started" });
    await settle();
    const again = it.openai.streams[1];
    expect(again?.request.messages).toEqual([{ role: "user", content: "hello" }]);
    again?.send("second answer");
    again?.finish();
    await it.clock.advance(1_000);
    expect(it.texts()).toEqual(["first answer", "second answer"]);
    expect(it.platform.answers[1]?.replyTo).toBe("q1");
    expect(it.platform.marksOf("q1")).toEqual(["working", "done", undefined, "working", "done"]);
    expect(await answers(it)).toEqual([["m1", "second answer"]]);
    await it.ask("go on");
    expect(it.openai.streams[2]?.request.messages).toEqual([
      { role: "user", content: "hello" },
      { role: "assistant", content: "second answer" },
      { role: "user", content: "go on" },
    ]);
  });

  it("asks another model for this answer alone, says so, and leaves the pin", async () => {
    const it = await answered();
    await it.chat.control.retry(by("ada"), { provider: "anthropic", model: "claude" });
    await settle();
    it.anthropic.streams[0]?.send("from the other");
    it.anthropic.streams[0]?.finish();
    await it.clock.advance(1_000);
    expect(it.texts()[1]).toBe(
      "from the other\n\n🔁 Answered by anthropic/claude. The conversation stays with openai/m1.",
    );
    expect(await answers(it)).toEqual([["claude", "from the other"]]);
    expect((await it.sessions.get(CONVERSATION)).pin).toMatchObject({ provider: "openai", model: "m1" });
  });

  it("counts what both answers used", async () => {
    const it = await answered();
    await it.chat.control.retry(by("ada"));
    await settle();
    it.openai.streams[1]?.finish({ usage: { inputTokens: 7, outputTokens: 1 } });
    await it.clock.advance(1_000);
    const entries = await it.ledger.read({ from: 0, to: Number.MAX_SAFE_INTEGER });
    expect(entries.map(({ inputTokens }) => inputTokens).sort()).toEqual([5, 7]);
  });

  it("is for the asker and operators", async () => {
    const it = await answered();
    expect(await it.chat.control.retry(by("bob"))).toEqual({ kind: "not-yours" });
    expect(await it.chat.control.retry(by("bob", { isOperator: true }))).toEqual({ kind: "started" });
  });

  it("has nothing to ask again in a fresh conversation, nor after a fresh start", async () => {
    const it = await answered();
    expect(await it.chat.control.retry(by("ada", { conversation: "fake:home:other" }))).toEqual({
      kind: "nothing-asked",
    });
    await it.sessions.startOver(CONVERSATION);
    expect(await it.chat.control.retry(by("ada"))).toEqual({ kind: "nothing-asked" });
  });

  it("refuses the button of an older answer", async () => {
    const it = await answered();
    await it.ask("another question");
    it.openai.streams[1]?.send("another answer");
    it.openai.streams[1]?.finish();
    await it.clock.advance(1_000);
    const [first, second] = it.platform.answers.map(({ key }) => key.message);
    expect(await it.chat.control.retry(by("ada", { on: first ?? "" }))).toEqual({ kind: "not-last" });
    expect(await it.chat.control.retry(by("ada", { on: second ?? "" }))).toEqual({ kind: "started" });
  });

  it("waits in line, which may be full", async () => {
    const it = await answered();
    await it.ask("running");
    expect(await it.chat.control.retry(by("ada"))).toEqual({ kind: "waiting" });
    const full = await answered();
    for (let question = 0; question < 21; question++) await full.ask("more", { author: `person ${question}` });
    const refused = await full.chat.control.retry(by("ada"));
    expect(refused).toMatchObject({ kind: "refused", why: expect.stringContaining("20 questions waiting") });
  });

  it("counts against the limits like a question", async () => {
    const it = await answered();
    for (let question = 0; question < 19; question++) await it.ask("more", { channel: `c${question}` });
    const refused = await it.chat.control.retry(by("ada"));
    expect(refused).toMatchObject({ kind: "refused", why: expect.stringContaining("You have reached the limit") });
  });

  it("is one answer for one press and for two: what is being answered again is not answered twice", async () => {
    const it = await answered();
    expect(await it.chat.control.retry(by("ada"))).toEqual({ kind: "started" });
    expect(await it.chat.control.retry(by("ada"))).toEqual({ kind: "already" });
    await it.clock.advance(5);
    expect(await it.chat.control.retry(by("ada"), { provider: "anthropic", model: "m1" })).toEqual({ kind: "already" });
    await settle();
    it.openai.streams[1]?.send("second answer");
    it.openai.streams[1]?.finish();
    await it.clock.advance(1_000);
    expect(it.texts()).toEqual(["first answer", "second answer"]);
    expect(await it.chat.control.retry(by("ada"))).toEqual({ kind: "started" });
    await settle();
    expect(it.openai.streams).toHaveLength(3);
    expect(it.anthropic.streams).toHaveLength(0);
  });

  it("is asked as it was then, where another question was answered before its turn came", async () => {
    const it = await answered();
    await it.ask("running");
    expect(await it.chat.control.retry(by("ada"))).toEqual({ kind: "waiting" });
    it.openai.streams[1]?.send("an answer to another question");
    it.openai.streams[1]?.finish();
    await it.clock.advance(1_000);
    expect(it.openai.streams[2]?.request.messages).toEqual([{ role: "user", content: "hello" }]);
    it.openai.streams[2]?.send("second answer");
    it.openai.streams[2]?.finish();
    await it.clock.advance(1_000);
    expect((await answers(it)).map(([, answer]) => answer)).toEqual([
      "first answer",
      "an answer to another question",
      "second answer",
    ]);
  });

  it("keeps what was said since, where a fresh start came before its turn", async () => {
    const it = await answered();
    await it.ask("running");
    await it.chat.control.retry(by("ada"));
    await it.clock.advance(10);
    await it.sessions.startOver(CONVERSATION);
    it.openai.streams[1]?.finish();
    await it.clock.advance(1_000);
    expect(it.openai.streams[2]?.request.messages).toEqual([{ role: "user", content: "hello" }]);
  });

  it("is offered under every answer, and Stop while it grows", async () => {
    const it = await asked();
    it.stream.send("grow");
    await settle();
    expect(it.platform.answers[0]?.controls).toEqual([{ label: "⏹️ Stop", command: "/chat stop" }]);
    it.stream.finish();
    await it.clock.advance(1_000);
    expect(it.platform.answers[0]?.controls).toEqual([{ label: "🔁 Retry", command: "/chat retry" }, ...RATE_CONTROLS]);
  });
});

describe("forget()", () => {
  it("leaves nothing of the conversation in the store, stops what runs, and leaves the others", async () => {
    const it = await answered();
    await it.ask("elsewhere", { channel: "other" });
    it.openai.streams[1]?.finish();
    await it.ask("a secret question");
    it.openai.streams[2]?.send("a secret answer");
    await settle();
    const forgotten = it.chat.control.forget(CONVERSATION);
    await it.clock.advance(1_000);
    expect(await forgotten).toBe(2);
    expect(it.openai.streams[2]?.signal.aborted).toBe(true);
    for (const table of ["sessions", "turns", "open", "usage"] as const) {
      const rows = await it.store.values(table).entries();
      expect(JSON.stringify(rows)).not.toContain("secret");
      if (table !== "usage") expect(rows.filter(([key]) => key.includes(":general"))).toEqual([]);
    }
    expect((await it.sessions.get("fake:home:other")).nextTurn).toBe(1);
  });

  it("calls off what waits in line as well, without asking the provider", async () => {
    const it = await answered();
    for (const text of ["running", "waits", "waits too"]) await it.ask(text, { message: text });
    const forgotten = it.chat.control.forget(CONVERSATION);
    await it.clock.advance(1_000);
    expect(await forgotten).toBe(4);
    expect(it.openai.streams).toHaveLength(2);
    for (const message of ["running", "waits", "waits too"]) {
      expect(it.platform.marksOf(message).at(-1)).toBe("incomplete");
    }
    await it.ask("afresh");
    expect(it.openai.streams[2]?.request.messages).toEqual([{ role: "user", content: "afresh" }]);
  });

  it("does not erase while another replica answers there", async () => {
    const it = await answered();
    await it.store.another().claim(`turn:${CONVERSATION}`, { ttlMs: 30_000 });
    await expect(it.chat.control.forget(CONVERSATION)).rejects.toThrow("still being written");
    expect(await answers(it)).toHaveLength(1);
  });
});

describe("openThread()", () => {
  it("goes on below the last answer, with its question, its answer and the model", async () => {
    const it = await answered();
    const opened: unknown[] = [];
    it.platform.openThread = async (at, title) => {
      opened.push(at, title);
      return { place: { platform: "fake", workspace: "home", channel: "general", thread: "t1" }, link: "<#t1>" };
    };
    expect(await it.chat.control.openThread(by("ada"))).toBe("<#t1>");
    expect(opened).toEqual([
      { platform: "fake", workspace: "home", channel: "general", message: it.platform.answers[0]?.key.message },
      "hello",
    ]);
    const thread = `${CONVERSATION}:t1`;
    expect((await it.sessions.get(thread)).pin).toMatchObject({ provider: "openai", model: "m1" });
    expect((await it.sessions.recentTurns(thread, 10)).map(({ answer }) => answer)).toEqual(["first answer"]);
  });

  it("says so where there are no threads, or it is one already", async () => {
    const it = await answered();
    await expect(it.chat.control.openThread(by("ada"))).rejects.toThrow("A thread can't be opened here");
    await expect(it.chat.control.openThread(by("ada", { conversation: `${CONVERSATION}:t1` }))).rejects.toThrow(
      "thread already",
    );
  });
});
