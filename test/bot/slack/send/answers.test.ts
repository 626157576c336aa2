import { afterEach, describe, expect, it } from "vitest";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../../support/fake-openai.js";
import { type SlackWorld, SOCKET_TOKENS, startSlackWorld } from "../slack-support.js";

describe("an answer on Slack", () => {
  let world: SlackWorld | undefined;
  let openai: FakeOpenAi | undefined;
  afterEach(async () => {
    await world?.close();
    await openai?.close();
    world = openai = undefined;
  });

  const start = async (more: Record<string, string> = {}) => {
    openai = await startFakeOpenAi({ models: ["gpt-5"] });
    const provider = { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url, DEMO_PROVIDER: "off" };
    world = await startSlackWorld({ environment: { ...SOCKET_TOKENS, ...provider, ...more } });
    await world.bot.tick();
    await world.until("the list", () => openai?.listRequests() === 1);
    return { ...world, openai };
  };
  const has =
    (mark: string, ts: string, channel = "C0GENERAL") =>
    () =>
      world?.slack.marksOf(channel, ts).includes(mark);

  it("pings nobody, and every word of it stays, however long and full of brackets", async () => {
    const { slack, until, openai } = await start();
    const text = `<!channel> <@U0BEN> <!here> ${"if (a < b && c > d) <div>text</div> ".repeat(500)}the end`;
    openai.replyWith(() => text);
    const ts = await slack.mention("go");
    await until("an end mark", has("white_check_mark", ts));
    const shown = slack.textsIn("C0GENERAL", ts);
    expect(shown.length).toBeGreaterThan(1);
    expect(shown.join("").replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
    for (const { text: beside } of slack.answers()) expect(beside).not.toMatch(/<[!@#]/);
  });

  it("is refused to its asker alone where there were too many, and says when it is over", async () => {
    const { slack, until } = await start({ USER_MESSAGES_PER_10_MIN: "1" });
    const first = await slack.mention("one");
    await until("an end mark", has("white_check_mark", first));
    const second = await slack.mention("two");
    await until("an end mark", has("x", second));
    expect(slack.textsIn("C0GENERAL", second)).toEqual([]);
    expect(slack.ephemeralsOf("U0ADA")).toEqual([expect.stringContaining("the limit of questions per person")]);
  });

  it.each([
    { kept: "as blocks", gap: "\n" },
    { kept: "as text alone", gap: "\n\n" },
  ])(
    "keeps what a killed process has shown $kept, and says below it that it was interrupted",
    async ({ kept, gap }) => {
      const { slack, until, openai, clock } = await start();
      const coming = openai.nextStream();
      const { ts } = slack.mentionSoon("tell me");
      const stream = await until("a stream", () => openai.chatRequests() === 1 && coming);
      stream.send("The beginning <of> it all");
      await until("a text", () => slack.textsIn("C0GENERAL", ts)[0]?.includes("of"));
      // The connection to the workspace is gone during the stop, as it is after a kill.
      slack.hang(true);
      const stopped = world?.bot.stop(0);
      for (let step = 0; step < 200; step++) await clock.advance(500);
      slack.hang(false);
      await world?.turning(stopped ?? Promise.resolve());
      for (const message of kept === "as blocks" ? [] : slack.answers()) message.blocks = [];
      await world?.restart();
      await until("an end mark", has("warning", ts));
      expect(slack.textsIn("C0GENERAL", ts)).toEqual([`The beginning <of> it all${gap}⚠️ Interrupted by a restart.`]);
      await until("one mark", () => slack.marksOf("C0GENERAL", ts).length === 1);
      await until("the end of the work", () => slack.workspace.sessions.get(`C0GENERAL:${ts}`)?.status === "active");
    },
  );

  it("comes through short failures of Slack whole", async () => {
    const { slack, until, openai } = await start();
    openai.replyWith(() => "one two three four five six seven");
    slack.failNext("chat.postMessage", { retryAfter: 2 });
    slack.failNext("chat.update", { status: 503, error: "service_unavailable" });
    slack.failNext("reactions.add", { retryAfter: 1 });
    const ts = await slack.mention("go");
    await until("an end mark", has("white_check_mark", ts));
    expect(slack.textsIn("C0GENERAL", ts)).toEqual(["one two three four five six seven"]);
  });

  it("gets its one end mark though Slack fails or gives no answer when it is put", async () => {
    const { slack, until, openai } = await start();
    const coming = openai.nextStream();
    const { ts } = slack.mentionSoon("go");
    const stream = await until("a stream", () => openai.chatRequests() === 1 && coming);
    await until("a first mark", has("eyes", ts));
    for (let time = 0; time < 3; time++) slack.failNext("reactions.add", { status: 503 });
    slack.failNext("reactions.add", { status: 503, error: "internal_error", isDone: true });
    slack.failNext("reactions.remove", { status: 503 });
    stream.send("one two three");
    stream.finish();
    await until("only an end mark", () => slack.marksOf("C0GENERAL", ts).join() === "white_check_mark");
  });

  it("ends quietly where its channel is archived meanwhile", async () => {
    const { slack, until, openai } = await start();
    const coming = openai.nextStream();
    const { ts } = slack.mentionSoon("tell me");
    const stream = await until("a stream", () => openai.chatRequests() === 1 && coming);
    stream.send("The beginning ");
    await until("a text", () => slack.textsIn("C0GENERAL", ts).length === 1);
    slack.workspace.channels.set("C0GENERAL", { isArchived: true, hasBot: true });
    stream.send("and more");
    stream.finish();
    await until("a refusal", () =>
      slack.calls.some(({ method, answer }) => method.startsWith("chat.") && answer.error === "is_archived"),
    );
    const other = await slack.mention("and here?", { channel: "C0RANDOM" });
    await until("an answer elsewhere", has("white_check_mark", other, "C0RANDOM"));
  });

  it("costs a few calls each where the bot has lost the channel, and no storm", async () => {
    const { slack, until, clock, openai } = await start();
    openai.replyWith(() => "an answer");
    slack.workspace.channels.set("C0GENERAL", { isArchived: false, hasBot: false });
    const before = slack.calls.length;
    const asked = Array.from({ length: 10 }, (_, index) => slack.mentionSoon(`${index}`));
    for (const { acknowledged } of asked) await acknowledged;
    await until(
      "every refusal",
      () => slack.calls.filter(({ answer }) => answer.error === "not_in_channel").length > 9,
    );
    for (let step = 0; step < 60; step++) await clock.advance(1_000);
    const refused = slack.calls.slice(before).filter(({ answer }) => answer.error === "not_in_channel");
    expect(refused.length).toBeLessThanOrEqual(asked.length * 6);
    const other = await slack.mention("and here?", { channel: "C0RANDOM" });
    await until("an answer elsewhere", has("white_check_mark", other, "C0RANDOM"));
  });

  it.each([
    { name: "the message is deleted", error: "message_not_found" },
    { name: "the bot is removed from the channel", error: "not_in_channel" },
  ])("ends quietly where $name meanwhile, and others go on", async ({ error }) => {
    const { slack, until, openai } = await start();
    const coming = openai.nextStream();
    const { ts } = slack.mentionSoon("tell me");
    const stream = await until("a stream", () => openai.chatRequests() === 1 && coming);
    stream.send("The beginning ");
    const answer = await until("a text", () => slack.answers()[0]);
    if (error === "message_not_found") slack.workspace.remove(answer);
    else slack.workspace.channels.set("C0GENERAL", { isArchived: false, hasBot: false });
    stream.send("and more");
    stream.finish();
    await until("a refusal", () => slack.calls.some((call) => call.answer.error === error));
    const other = await slack.mention("and here?", { channel: "C0RANDOM" });
    await until("an answer elsewhere", has("white_check_mark", other, "C0RANDOM"));
    expect(slack.textsIn("C0GENERAL", ts).length).toBeLessThanOrEqual(1);
  });

  it("comes without a mention in threads that it takes part in, only where FOLLOW_THREADS says so", async () => {
    const { slack, until } = await start({ FOLLOW_THREADS: "true" });
    const ts = await slack.mention("one");
    await until("an answer", has("white_check_mark", ts));
    const more = await slack.say("and two?", { thread: ts });
    await until("an answer", has("white_check_mark", more));
    const other = await slack.say("a thread of others");
    await slack.say("not for the bot", { thread: other });
    await slack.say("nor this");
    await slack.say("<@U0BEN> what do you think?", { thread: ts });
    expect(slack.unacknowledged).toEqual([]);
    await until("nothing else", () => slack.answers().length === 2);
    expect(slack.answers()).toHaveLength(2);
  });

  it("is given where fields that say nothing are empty, or missing around the event", async () => {
    const { slack, until } = await start();
    const { ts } = slack.workspace.add({
      channel: "C0GENERAL",
      thread: undefined,
      user: "U0ADA",
      text: "hi",
      blocks: [],
    });
    const told = { channel: "C0GENERAL", user: "U0ADA", text: "<@U0BOT> hi", ts };
    const event = { type: "app_mention", ...told, thread_ts: "", bot_id: "", subtype: null, edited: null };
    await slack.deliver("events_api", { type: "event_callback", event_id: ts, event });
    await until("an end mark", has("white_check_mark", ts));
    expect(slack.textsIn("C0GENERAL", ts)).toHaveLength(1);
  });

  it("is not given to bots, nor to messages that name nobody", async () => {
    const { slack, clock } = await start();
    const events = ["message_changed", "bot_message"].map((subtype, index) => ({
      type: "app_mention",
      subtype,
      user: "U0ADA",
      text: "<@U0BOT> hi",
      channel: "C0GENERAL",
      ts: `1.00000${index}`,
    }));
    for (const event of events) {
      await slack.deliver("events_api", { type: "event_callback", team_id: "T0EVERGREEN", event_id: event.ts, event });
    }
    await clock.advance(5_000);
    expect(slack.answers()).toEqual([]);
    expect(slack.unacknowledged).toEqual([]);
  });
});
