import { afterEach, describe, expect, it } from "vitest";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../support/fake-openai.js";
import { type SlackWorld, SOCKET_TOKENS, startSlackWorld } from "./slack-support.js";

const CALLS = ["chat.startStream", "chat.appendStream", "chat.stopStream"] as const;
const FAILURES = [
  { name: "is not known", failure: { error: "unknown_method" } },
  { name: "fails with 500", failure: { status: 500, error: "internal_error" } },
  { name: "is limited", failure: { retryAfter: 1 } },
  { name: "is over", failure: { error: "message_not_in_streaming_state" } },
] as const;

const FAILS = { status: 500, error: "internal_error" };
const LIMITED = { retryAfter: 1 };

describe("an answer that Slack streams", () => {
  let world: SlackWorld | undefined;
  let openai: FakeOpenAi | undefined;
  afterEach(async () => {
    await world?.close();
    await openai?.close();
    world = openai = undefined;
  });

  const start = async (slack: Parameters<typeof startSlackWorld>[0] = {}) => {
    openai = await startFakeOpenAi({ models: ["gpt-5"] });
    const provider = { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url, DEMO_PROVIDER: "off" };
    world = await startSlackWorld({ environment: { ...SOCKET_TOKENS, ...provider }, ...slack });
    await world.bot.tick();
    await world.until("the list", () => openai?.listRequests() === 1);
    return { ...world, openai };
  };
  const isDone = (ts: string, channel = "C0GENERAL") => world?.slack.marksOf(channel, ts).includes("white_check_mark");
  /** An answer whose pieces come `gapMs` apart; resolves with the question's ts. */
  const answerInPieces = async (given: Awaited<ReturnType<typeof start>>, pieces: readonly string[], gapMs = 1_500) => {
    const { slack, until, openai, clock } = given;
    const coming = openai.nextStream();
    const { ts } = slack.mentionSoon("tell me");
    const stream = await until("a stream", () => openai.chatRequests() >= 1 && coming);
    for (const piece of pieces) {
      stream.send(piece);
      await clock.advance(gapMs);
    }
    stream.finish();
    await until("an end mark", () => isDone(ts), { stepMs: 500 });
    return ts;
  };
  const pieces = Array.from({ length: 12 }, (_, index) => `piece ${index} <of> *it* & `);
  const whole = pieces.join("").trim();

  it("starts with its first text, grows by what is new, and ends with the rest; only an edit puts its controls there", async () => {
    const given = await start();
    const ts = await answerInPieces(given, pieces);
    const { slack } = given;
    expect(slack.textsIn("C0GENERAL", ts).map((text) => text.trim())).toEqual([whole]);
    expect(slack.callsOf("chat.startStream")).toHaveLength(1);
    expect(slack.callsOf("chat.appendStream").length).toBeGreaterThan(3);
    expect(slack.callsOf("chat.stopStream")).toHaveLength(1);
    expect(slack.callsOf("chat.update")).toEqual([]);
    expect(slack.callsOf("chat.postMessage")).toEqual([]);
    expect(slack.callsOf("chat.startStream")[0]?.given).toMatchObject({
      recipient_team_id: "T0EVERGREEN",
      recipient_user_id: "U0ADA",
      thread_ts: ts,
      unfurl_links: "false",
      unfurl_media: "false",
    });
    expect(slack.calls.every(({ answer }) => answer.ok)).toBe(true);
    expect(slack.workspace.messages.every(({ streamingSince }) => streamingSince === undefined)).toBe(true);
  });

  it.each(CALLS.flatMap((method) => FAILURES.map(({ name, failure }) => ({ method, name, failure }))))(
    "goes on by edits with nothing lost or doubled when $method $name",
    async ({ method, failure }) => {
      const given = await start();
      given.slack.failNext(method, failure);
      const ts = await answerInPieces(given, pieces);
      expect(given.slack.textsIn("C0GENERAL", ts).map((text) => text.trim())).toEqual([whole]);
      expect(given.slack.workspace.messages.every(({ streamingSince }) => streamingSince === undefined)).toBe(true);
    },
  );

  it.each([
    { method: "chat.startStream", absent: [] },
    { method: "chat.appendStream", absent: [] },
    { method: "chat.stopStream", absent: [] },
    { method: "chat.postMessage", absent: CALLS },
    { method: "chat.update", absent: CALLS },
  ])("stands there once, whole, when Slack carries $method out and its answer is lost", async ({ method, absent }) => {
    const given = await start({ slack: { absent } });
    given.slack.failNext(method, { status: 500, error: "internal_error", isDone: true });
    const ts = await answerInPieces(given, pieces);
    expect(given.slack.textsIn("C0GENERAL", ts).map((text) => text.trim())).toEqual([whole]);
    expect(given.slack.workspace.messages.every(({ streamingSince }) => streamingSince === undefined)).toBe(true);
  });

  it.each([
    { name: "fails", failures: [FAILS] },
    { name: "is limited", failures: [LIMITED] },
    { name: "is limited, then fails", failures: [LIMITED, FAILS] },
  ])("is whole, done and shown at rest where Slack takes no end of it: it $name", async ({ failures }) => {
    const given = await start();
    const [first = FAILS, then = first] = failures;
    given.slack.failNext("chat.stopStream", first);
    for (let count = 0; count < 40; count++) given.slack.failNext("chat.stopStream", then);
    const ts = await answerInPieces(given, pieces, 0);
    expect(given.slack.textsIn("C0GENERAL", ts).map((text) => text.trim())).toEqual([whole]);
    const lastStatus = () => given.slack.callsOf("agents.sessions.setStatus").at(-1)?.given.status;
    await given.until("the end of the work", () => lastStatus() === "active", { stepMs: 500 });
  });

  it("ends natively where only white space is left to show", async () => {
    const given = await start();
    const ts = await answerInPieces(given, ["all of it", "\n", " "]);
    expect(given.slack.textsIn("C0GENERAL", ts)).toEqual(["all of it"]);
    expect(given.slack.calls.filter(({ answer }) => !answer.ok)).toEqual([]);
    expect(given.slack.callsOf("chat.update")).toEqual([]);
  });

  it("is streamed as well where nothing can be said of previews of links", async () => {
    const given = await start();
    given.slack.failNext("chat.startStream", { error: "invalid_arguments" });
    const ts = await answerInPieces(given, pieces);
    expect(given.slack.textsIn("C0GENERAL", ts).map((text) => text.trim())).toEqual([whole]);
    const [, second] = given.slack.callsOf("chat.startStream");
    expect(second?.answer.ok).toBe(true);
    expect(second?.given.unfurl_links).toBeUndefined();
    expect(given.slack.callsOf("chat.postMessage")).toEqual([]);
  });

  it("stands once in direct messages as well", async () => {
    const given = await start();
    given.slack.failNext("chat.postMessage", { status: 500, error: "internal_error", isDone: true });
    given.openai.replyWith(() => "a short answer");
    const ts = await given.slack.dm("hello");
    await given.until("an end mark", () => isDone(ts, "D0ADA"), { stepMs: 500 });
    expect(given.slack.textsIn("D0ADA")).toEqual(["a short answer"]);
  });

  it("is posted and edited in a workspace that has no streaming, which is asked once", async () => {
    const given = await start({ slack: { absent: CALLS } });
    const ts = await answerInPieces(given, pieces);
    expect(given.slack.textsIn("C0GENERAL", ts).map((text) => text.trim())).toEqual([whole]);
    expect(given.slack.callsOf("chat.startStream")).toHaveLength(1);
    const again = await given.slack.mention("and again");
    const stream = await given.openai.nextStream();
    stream.send("yes");
    stream.finish();
    await given.until("an end mark", () => isDone(again));
    expect(given.slack.callsOf("chat.startStream")).toHaveLength(1);
  });

  it("goes on in another stream before Slack ends the first, between paragraphs", async () => {
    const given = await start();
    const paragraphs = Array.from({ length: 30 }, (_, index) => `Paragraph ${index} of a long answer.\n\n`);
    const ts = await answerInPieces(given, paragraphs, 10_000);
    const texts = given.slack.textsIn("C0GENERAL", ts);
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join("").replaceAll(/\s/g, "")).toBe(paragraphs.join("").replaceAll(/\s/g, ""));
    expect(given.slack.callsOf("chat.startStream").length).toBe(texts.length);
    expect(given.slack.calls.every(({ answer }) => answer.ok)).toBe(true);
  });

  it("stays in one message where there is no place to cut, by edits from then on", async () => {
    const given = await start();
    const code = ["```js\n", ...Array.from({ length: 28 }, (_, index) => `line(${index});\n`), "```"];
    const ts = await answerInPieces(given, code, 10_000);
    expect(given.slack.textsIn("C0GENERAL", ts)).toEqual([code.join("")]);
    expect(given.slack.calls.every(({ answer }) => answer.ok)).toBe(true);
  });

  it("is split at 12,000 characters, with the code block that goes on opened again", async () => {
    const given = await start();
    const line = "const value = compute(1, 2, 3);\n";
    const text = `Look:\n\n\`\`\`js\n${line.repeat(700)}\`\`\`\n\nThe end.`;
    given.openai.replyWith(() => text);
    const ts = await given.slack.mention("code, please");
    await given.until("an end mark", () => isDone(ts), { stepMs: 500 });
    const texts = given.slack.textsIn("C0GENERAL", ts);
    expect(texts.length).toBe(2);
    for (const part of texts) {
      expect(part.length).toBeLessThanOrEqual(12_000);
      expect((part.match(/```/g) ?? []).length % 2).toBe(0);
    }
    expect(texts[0]?.length).toBeGreaterThan(11_000);
    expect(texts[1]).toMatch(/^```js\n/);
  });

  it("leaves streaming to those who came first when the minute's starts are used up, and loses nothing", async () => {
    const given = await start();
    given.openai.replyWith(() => "a short answer");
    const asked = Array.from({ length: 18 }, (_, index) =>
      given.slack.mentionSoon(`question ${index}`, { channel: "C0RANDOM", user: index % 2 === 0 ? "U0ADA" : "U0BEN" }),
    );
    const later = Array.from({ length: 6 }, (_, index) => given.slack.mentionSoon(`and ${index}`, { user: "U0OWNER" }));
    const all = [...asked.map(({ ts }) => [ts, "C0RANDOM"]), ...later.map(({ ts }) => [ts, "C0GENERAL"])] as const;
    const isEverywhereDone = () => all.every(([ts, channel]) => isDone(ts ?? "", channel));
    await given.until("every end mark", isEverywhereDone, { stepMs: 50, timeoutMs: 30_000 });
    for (const [ts = "", channel = ""] of all) expect(given.slack.textsIn(channel, ts)).toEqual(["a short answer"]);
    expect(given.slack.calls.filter(({ answer }) => answer.error === "ratelimited")).toEqual([]);
  });
});
