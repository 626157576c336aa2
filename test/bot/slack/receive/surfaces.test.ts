import { afterEach, describe, expect, it } from "vitest";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../../support/fake-openai.js";
import { type SlackWorld, SOCKET_TOKENS, startSlackWorld } from "../slack-support.js";

const SESSIONS = "agents.sessions.setStatus";
const STREAMS = ["chat.startStream", "chat.appendStream", "chat.stopStream"];

describe("Evergreen as an agent of Slack", () => {
  let world: SlackWorld | undefined;
  let openai: FakeOpenAi | undefined;
  afterEach(async () => {
    await world?.close();
    await openai?.close();
    world = openai = undefined;
  });
  const start = async (absent: readonly string[] = []) => {
    openai = await startFakeOpenAi({ models: ["gpt-5"] });
    const provider = { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url, DEMO_PROVIDER: "off" };
    world = await startSlackWorld({ environment: { ...SOCKET_TOKENS, ...provider }, slack: { absent } });
    await world.bot.tick();
    await world.until("the list", () => openai?.listRequests() === 1);
    return { ...world, openai };
  };
  const sessionOf = (ts: string, channel = "C0GENERAL") => world?.slack.workspace.sessions.get(`${channel}:${ts}`);
  const isMarked = (mark: string, ts: string, channel = "C0GENERAL") =>
    world?.slack.marksOf(channel, ts).includes(mark);
  const ask = async (given: Awaited<ReturnType<typeof start>>, text: string) => {
    const coming = given.openai.nextStream();
    const { ts } = given.slack.mentionSoon(text);
    const stream = await given.until("a stream", () => given.openai.chatRequests() >= 1 && coming);
    return { ts, stream };
  };

  it.each([
    { name: "streams", absent: [] },
    { name: "edits", absent: STREAMS },
  ])(
    "shows that it works, under the question's first line, until an answer that it $name is over",
    async ({ absent }) => {
      const given = await start(absent);
      const { ts, stream } = await ask(given, "What is a tree?\nIn short.");
      await given.until("the status", () => sessionOf(ts)?.status === "processing");
      expect(sessionOf(ts)?.title).toBe("What is a tree?");
      stream.send("A plant.");
      stream.finish();
      await given.until("an end mark", () => isMarked("white_check_mark", ts));
      await given.until("the end of the status", () => sessionOf(ts)?.status === "active");
    },
  );

  it("falls back to the status line and the titles of the older assistant", async () => {
    const given = await start([SESSIONS]);
    const { ts, stream } = await ask(given, "What is a tree?");
    await given.until("the status", () => sessionOf(ts)?.status === "is thinking…");
    await given.until("the title", () => sessionOf(ts)?.title === "What is a tree?");
    stream.send("A plant.");
    stream.finish();
    await given.until("the end of the status", () => sessionOf(ts)?.status === "");
  });

  it("does without either where the workspace has neither, and asks once", async () => {
    const given = await start([SESSIONS, "assistant.threads.setStatus"]);
    for (const text of ["one", "two"]) {
      const { ts, stream } = await ask(given, text);
      stream.send("yes");
      stream.finish();
      await given.until("an end mark", () => isMarked("white_check_mark", ts));
    }
    expect(given.slack.callsOf(SESSIONS)).toHaveLength(1);
    expect(given.slack.callsOf("assistant.threads.setStatus")).toHaveLength(1);
  });

  it("stops at Slack's own button, for whoever may stop it, and keeps what there is", async () => {
    const given = await start();
    const { slack, until } = given;
    const { ts, stream } = await ask(given, "count to a million");
    stream.send("one two three");
    await until("a text", () => slack.textsIn("C0GENERAL", ts)[0]?.includes("three"));
    await slack.stopSession("C0GENERAL", ts, "U0BEN");
    await until("a refusal", () => slack.ephemeralsOf("U0BEN")[0]?.includes("🔒"));
    // It goes on, and those who may stop it keep the button.
    expect(slack.callsOf(SESSIONS).map(({ given: sent }) => sent.status)).toEqual(["processing"]);
    await slack.stopSession("C0GENERAL", ts, "U0ADA");
    await until("the end", () => slack.textsIn("C0GENERAL", ts)[0]?.includes("⏹️ Stopped."));
    expect(slack.textsIn("C0GENERAL", ts)[0]).toMatch(/^one two three/);
    expect(slack.textsIn("C0GENERAL", ts)).toHaveLength(1);
    await until("the end of the status", () => sessionOf(ts)?.status === "active");
  });

  it("suggests prompts where a person opens its messages, or an older assistant's thread", async () => {
    const { slack, until } = await start();
    await slack.openApp("U0ADA", "messages");
    await until("the prompts", () => slack.workspace.prompts.length === 1);
    expect(slack.workspace.prompts[0]).toMatchObject({
      channel: "D0ADA",
      titles: expect.arrayContaining(["Review code"]),
    });
    const thread = await slack.dm("hello");
    const event = {
      type: "assistant_thread_started",
      assistant_thread: { user_id: "U0ADA", channel_id: "D0ADA", thread_ts: thread, context: {} },
      event_ts: thread,
    };
    await slack.deliver("events_api", { type: "event_callback", team_id: "T0EVERGREEN", event_id: "Ev1", event });
    await until("the prompts", () => slack.workspace.prompts.length === 2);
  });

  it("answers in the thread that a message in the container begins, and in threads of direct messages", async () => {
    const { slack, until, openai } = await start();
    openai.replyWith(() => "an answer");
    const ts = await slack.dm("what is this?", { more: { app_context: { entities: [] } } });
    await until("an end mark", () => isMarked("white_check_mark", ts, "D0ADA"));
    expect(slack.textsIn("D0ADA", ts)).toEqual(["an answer"]);
    const more = await slack.dm("and that?", { thread: ts });
    await until("an end mark", () => isMarked("white_check_mark", more, "D0ADA"));
    expect(slack.textsIn("D0ADA", ts)).toHaveLength(2);
    expect(slack.textsIn("D0ADA")).toEqual([]);
  });
});
