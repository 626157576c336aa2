import { describe, expect, it } from "vitest";
import type { Turn } from "../../src/store/sessions/sessions.js";
import { harness } from "./harness.js";

const CONVERSATION = "playground:local:general";

const turn = (text: string, more: Partial<Turn> = {}): Turn => ({
  question: { message: `id of ${text}`, author: "Ada", authorId: "u1", text, at: Date.UTC(2026, 0, 5, 12) },
  answer: `answer to ${text}`,
  ending: "done",
  provider: "openai",
  model: "gpt-5",
  usage: { inputTokens: 1, outputTokens: 2 },
  endedAt: Date.UTC(2026, 0, 5, 12, 0, 3),
  ...more,
});

describe("/chat retry", () => {
  it("asks again, and its reply says nothing that cannot be seen", async () => {
    const world = harness();
    const [reply] = await world.replies("/chat retry", { on: "m1" });
    expect(reply).toMatchObject({ isQuiet: true, dropsControls: true });
    expect(reply?.markdown).toBe("🔁 The last question is answered again.");
    expect(world.retries).toMatchObject([[{ conversation: CONVERSATION, on: "m1" }, undefined]]);
  });

  it("finds the model that is meant, and asks back where several are", async () => {
    const world = harness();
    await world.say("/chat retry demo/demo-small");
    expect(world.retries[0]?.[1]).toMatchObject({ provider: "demo", model: "demo-small" });
    expect(await world.say("/chat retry demo-")).toContain("Which one do you mean?");
    expect(world.retries).toHaveLength(1);
    expect((await world.controls("/chat retry demo-"))[0]).toMatchObject({
      command: expect.stringContaining("/chat retry demo/"),
    });
  });

  it.each([
    [{ kind: "nothing-asked" }, "no question here"],
    [{ kind: "not-last" }, "and that is an older one"],
    [{ kind: "not-yours" }, "Only the person who asked"],
    [{ kind: "refused", why: "Because." }, "Because."],
  ] as const)("says why not: %j", async (outcome, words) => {
    const world = harness();
    world.answerRetryWith(outcome);
    const [reply] = await world.replies("/chat retry");
    expect(reply?.markdown).toContain(words);
    expect(reply).toMatchObject({ isFailure: true });
    expect(reply?.dropsControls).toBeUndefined();
  });
});

describe("/chat system", () => {
  it("sets, shows and drops the conversation's own prompt", async () => {
    const world = harness();
    expect(await world.say("/chat system")).toContain("the host's own system prompt");
    expect(await world.say("/chat system Answer in rhymes, always")).toContain("> Answer in rhymes, always");
    expect((await world.sessions.get(CONVERSATION)).system).toBe("Answer in rhymes, always");
    expect(await world.say("/chat system")).toContain("> Answer in rhymes, always");
    await world.say("/chat system Default");
    expect((await world.sessions.get(CONVERSATION)).system).toBeNull();
  });

  it("leaves word of who changed it for the next answer, but not in a direct message", async () => {
    const world = harness();
    const news = async () => (await world.sessions.get(CONVERSATION)).systemNews;
    await world.say("/chat system Rhyme.", { isDirect: true });
    expect(await news()).toBeUndefined();
    await world.say("/chat system Rhyme.");
    expect(await news()).toBeUndefined(); // as it was
    await world.say("/chat system default");
    expect(await news()).toBe("Ada");
  });

  it("is set by operators alone where the workspace says so, and shown to everybody", async () => {
    const world = harness();
    const member = { isOperator: false };
    expect(await world.say("/settings system")).toBe("Who may set a system prompt: **anyone** (the default)");
    expect(await world.say("/settings system operators", member)).toContain("🔒 Only operators");
    await world.say("/settings system operators");
    for (const text of ["/chat system Rhyme.", "/chat system default"]) {
      const [reply] = await world.replies(text, member);
      expect(reply?.markdown).toContain("🔒 Only operators may set a system prompt here.");
      expect(reply?.isFailure).toBe(true);
    }
    expect(await world.say("/chat system", member)).toContain("the host's own system prompt");
    expect((await world.sessions.get(CONVERSATION)).system).toBeNull();
    expect(await world.say("/chat system Rhyme.")).toContain("> Rhyme.");
    await world.say("/settings system anyone");
    expect(await world.say("/chat system Brief.", member)).toContain("> Brief.");
  });

  it("takes 4,000 characters and refuses one more, leaving what is in force", async () => {
    const world = harness();
    await world.say(`/chat system ${"a".repeat(4_000)}`);
    expect(await world.say(`/chat system ${"b".repeat(4_001)}`)).toContain("at most 4,000 are allowed");
    expect((await world.sessions.get(CONVERSATION)).system).toBe("a".repeat(4_000));
  });
});

describe("/chat reasoning", () => {
  it("is remembered for the conversation", async () => {
    const world = harness();
    expect(await world.say("/chat reasoning")).toContain("not shown");
    await world.say("/chat reasoning on");
    expect((await world.sessions.get(CONVERSATION)).showsReasoning).toBe(true);
    await world.say("/chat reasoning off");
    expect(await world.say("/chat reasoning")).toContain("not shown");
  });
});

describe("/chat export", () => {
  it("gives everything that is kept, as Markdown and as JSON", async () => {
    const world = harness();
    await world.sessions.take(CONVERSATION, turn("before"));
    await world.sessions.startOver(CONVERSATION);
    await world.sessions.take(CONVERSATION, turn("after", { answer: "", ending: "failed" }));
    const [reply] = await world.replies("/chat export");
    const [markdown, json] = (reply?.files ?? []).map(({ bytes }) => new TextDecoder().decode(bytes));
    expect(markdown).toContain("## Ada, 2026-01-05T12:00:00.000Z (before the last fresh start)\n\nbefore");
    expect(markdown).toContain("### openai/gpt-5, 2026-01-05T12:00:03.000Z\n\nanswer to before");
    expect(markdown).toContain("### openai/gpt-5, 2026-01-05T12:00:03.000Z (failed)\n\n*(no answer)*");
    expect(JSON.parse(json ?? "")).toMatchObject({
      conversation: CONVERSATION,
      turns: [
        { question: "before", answer: "answer to before", isSent: false, ending: "done" },
        { question: "after", answer: "", isSent: true, ending: "failed" },
      ],
    });
    expect(reply?.markdown).toBe("📄 2 questions with the answers, as Markdown and as JSON.");
  });

  it("tells what was sent where a question had no words of its own", async () => {
    const world = harness();
    const { question } = turn("");
    await world.sessions.take(CONVERSATION, turn("", { question: { ...question, sent: 'Attached image: "cat.png"' } }));
    await world.sessions.take(CONVERSATION, turn(""));
    const [reply] = await world.replies("/chat export");
    const markdown = new TextDecoder().decode(reply?.files?.[0]?.bytes);
    expect(markdown).toContain('12:00:00.000Z\n\nAttached image: "cat.png"\n\n###');
    expect(markdown).toContain("12:00:00.000Z\n\n*(no text)*\n\n###");
  });

  it("leaves the oldest out where files would not be taken, and says so", async () => {
    const world = harness();
    for (let number = 0; number < 5; number++) {
      await world.sessions.take(CONVERSATION, turn(`question ${number}`, { answer: "x".repeat(1_500_000) }));
    }
    const [reply] = await world.replies("/chat export");
    for (const { bytes } of reply?.files ?? []) expect(bytes.length).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(reply?.markdown).toMatch(/^📄 2 questions .* The 3 oldest did not fit\.$/);
    const json = JSON.parse(new TextDecoder().decode(reply?.files?.[1]?.bytes));
    expect(json.turns.at(-1).question).toBe("question 4");
  });

  it("says so where there is nothing", async () => {
    expect(await harness().say("/chat export")).toBe("Nothing has been said in this conversation yet.");
  });
});

describe("/chat forget", () => {
  it("is for operators, or for anyone in a direct message", async () => {
    const world = harness();
    expect(await world.say("/chat forget", { isOperator: false })).toContain("Only operators");
    expect(world.forgotten).toEqual([]);
    await world.say("/chat forget", { isOperator: false, isDirect: true });
    expect(await world.say("/chat forget")).toContain("3 questions");
    expect(world.forgotten).toEqual([CONVERSATION, CONVERSATION]);
  });
});

describe("/chat thread", () => {
  it("says where it goes on", async () => {
    expect(await harness().say("/chat thread")).toBe("🧵 Continued in <#thread>. Mention me there.");
  });
});

describe("/settings footer", () => {
  it("is set for the workspace", async () => {
    const world = harness();
    expect(await world.say("/settings footer")).toContain("off");
    await world.say("/settings footer on");
    expect(world.settings.of("playground:local").footer).toBe(true);
    expect(await world.say("/settings show")).toContain("Footer under answers: on");
    expect(await world.say("/settings footer maybe")).toContain("`on` or `off`");
  });
});

describe("/settings access", () => {
  it("takes mentions and ids, each part on its own", async () => {
    const world = harness();
    await world.say("/settings access who:<@123456>,<@&777777>,<!subteam^S12345|@team>,U12345");
    await world.say("/settings access channels:<#888888> 999999");
    await world.say("/settings access guests:off");
    expect(world.settings.of("playground:local").access).toEqual({
      who: ["123456", "777777", "S12345", "U12345"],
      channels: ["888888", "999999"],
      guests: false,
    });
    expect(await world.say("/settings access")).toBe(
      [
        "Who may chat: `123456`, `777777`, `S12345`, `U12345`, and operators",
        "Where: `888888`, `999999`",
        "Guests: may not chat",
        "Questions in 10 minutes: of one person 20 (the host's limit); in one channel no limit",
      ].join("\n"),
    );
  });

  it("sets limits of the workspace's own, and drops them", async () => {
    const world = harness();
    expect(await world.say("/settings access per-person:5 per-channel:30")).toContain(
      "of one person 5 (set here); in one channel 30 (set here)",
    );
    expect(world.settings.of("playground:local").access).toEqual({ userPer10Min: 5, channelPer10Min: 30 });
    await world.say("/settings access per-person:default");
    expect(world.settings.of("playground:local").access).toEqual({ channelPer10Min: 30 });
    expect(await world.say("/settings access per-person:0")).toContain("a whole number from 1 to 9,999");
  });

  it("opens up again", async () => {
    const world = harness();
    await world.say("/settings access who:<@123456>");
    await world.say("/settings access everyone everywhere");
    expect(world.settings.of("playground:local").access).toEqual({ who: [], channels: [] });
    expect(await world.say("/settings access")).toContain("Who may chat: everyone\nWhere: everywhere");
  });

  it.each([
    "/chat new",
    "/chat system Be rude.",
    "/chat reasoning on",
    "/chat thread",
    "/models use gpt-5",
    "/models unpin",
  ])(
    "keeps %s from those who may not chat here, so that they change nothing of what others are answered",
    async (command) => {
      const world = harness();
      const pin = { provider: "demo", model: "demo-small", at: 1, by: "Ada" };
      const before = await world.sessions.change(CONVERSATION, (session) => ({ ...session, pin }));
      await world.say("/settings access who:U99999,S11111");
      const stranger = { isOperator: false, user: { id: "U12345", name: "Eve" } };
      expect(await world.say(command, stranger)).toBe(
        "🔒 Only some people may ask me here, and you are not one of them. An operator can change that. Nothing was changed.",
      );
      expect(await world.sessions.get(CONVERSATION)).toEqual(before);
      for (const by of [{ user: { id: "U99999", name: "Bob" } }, { isInGroup: async (id: string) => id === "S11111" }])
        expect(await world.say(command, { ...stranger, ...by })).not.toContain("🔒");
      await world.say("/settings access everyone channels:C55555");
      expect(await world.say(command, stranger)).toContain("I don't answer in this channel.");
      expect(await world.say(command)).not.toContain("🔒");
    },
  );

  it.each(["/models status", "/settings show", "/help"])("leaves %s to everybody", async (command) => {
    const world = harness();
    await world.say("/settings access who:U99999");
    expect(await world.say(command, { isOperator: false })).not.toContain("Only some people");
  });

  it("says what it takes, and changes nothing", async () => {
    const world = harness();
    expect(await world.say("/settings access who:nobody!")).toContain("mentions or ids of people");
    expect(await world.say("/settings access channels:<script>")).toContain("Nothing was changed");
    expect(await world.say("/settings access guests off")).toContain("not `guests off`");
    const many = Array.from({ length: 51 }, (_, index) => 100_000 + index).join(",");
    expect(await world.say(`/settings access who:${many}`)).toContain("At most 50 are allowed");
    expect(world.settings.of("playground:local").access).toBeUndefined();
    expect(await world.say("/settings access off", { isOperator: false })).toContain("Only operators");
  });
});
