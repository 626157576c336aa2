import { afterEach, describe, expect, it } from "vitest";
import { eventBody, messageEvent } from "../../support/fake-slack-payloads.js";
import { BOT_USER } from "../../support/fake-slack-workspace.js";
import { type SlackWorld, startSlackWorldBy } from "./slack-support.js";

const REFRESHING = "🔄 Background refresh in progress...";

describe.each(["socket", "http"] as const)("Slack by %s", (transport) => {
  let world: SlackWorld | undefined;
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  const start = async (environment: Record<string, string> = {}) => {
    world = await startSlackWorldBy(transport, environment);
    return world;
  };

  it("answers a mention in a thread that grows, and 👀 becomes ✅", async () => {
    const { slack, until } = await start();
    const ts = await slack.mention("Tell me about &lt;trees&gt; &amp; more");
    await until("an end mark", () => slack.marksOf("C0GENERAL", ts).includes("white_check_mark"));
    await until("one mark", () => slack.marksOf("C0GENERAL", ts).length === 1);

    const [answer, ...others] = slack.textsIn("C0GENERAL", ts);
    expect(answer).toContain("demo");
    expect(answer).toContain("<trees> & more");
    expect(others).toEqual([]);
    expect(slack.workspace.messages.at(-1)?.edits).toBeGreaterThan(0);
    expect(slack.unacknowledged).toEqual([]);
  });

  it("answers a mention that is edited in, once, and no edit of a message that was answered or run", async () => {
    const { slack, until } = await start();
    const edit = (ts: string, text: string) => {
      const facts = { channel: "C0GENERAL", user: "U0ADA", text: `<@${BOT_USER}> ${text}`, ts };
      const event = messageEvent("app_mention", { ...facts, more: { edited: { user: "U0ADA", ts } } });
      return slack.deliver("events_api", eventBody(event, 1));
    };
    const ts = await slack.say("what is a tree?");
    await edit(ts, "what is a tree?");
    await until("an answer", () => slack.marksOf("C0GENERAL", ts).includes("white_check_mark"));
    await edit(ts, "what is a bush?");
    await edit(ts, "!models status");
    const command = await slack.mention("!help");
    await until("the help", () => slack.ephemeralsOf("U0ADA").length === 1);
    await edit(command, "help me");
    await slack.mention("the last");
    await until("the last answer", () => slack.answers().length === 2);
    expect(slack.textsIn("C0GENERAL", ts)).toHaveLength(1);
    expect(slack.ephemeralsOf("U0ADA")).toHaveLength(1);
  });

  it("goes on in a thread, and keeps it apart from other threads", async () => {
    const { slack, until } = await start();
    const first = await slack.mention("one");
    await until("an answer", () => slack.marksOf("C0GENERAL", first).includes("white_check_mark"));
    const second = await slack.mention("two", { thread: first });
    await until("an answer", () => slack.marksOf("C0GENERAL", second).includes("white_check_mark"));
    expect(slack.textsIn("C0GENERAL", first)).toHaveLength(2);
    expect(slack.textsIn("C0GENERAL", second)).toEqual([]);
  });

  it("asks under an answer whether it was good, in Slack's own form, and offers another model where it was not", async () => {
    const { slack, until } = await start();
    const ts = await slack.mention("what is a tree?");
    await until("an answer", () => slack.marksOf("C0GENERAL", ts).includes("white_check_mark"));
    const answer = slack.answers().at(-1);
    if (answer === undefined) throw new Error("no answer");
    expect(answer.blocks.filter(({ type }) => type === "context_actions")).toHaveLength(1);
    expect(JSON.stringify(answer.blocks.filter(({ type }) => type === "actions"))).not.toContain("👍");
    await slack.press(answer, "👍", "U0BEN");
    await until("what Ben reads", () => slack.ephemeralsOf("U0BEN").at(-1)?.includes("👍 Counted for"));
    await slack.press(answer, "👎");
    const offer = await until("the offer", () =>
      slack.workspace.ephemerals.find(({ blocks }) => JSON.stringify(blocks).includes("Answer again with")),
    );
    await slack.press(offer, "Answer again with…: demo/evergreen-classic");
    await until("another answer", () => slack.textsIn("C0GENERAL", ts).length === 2);
    await slack.slash("/usage");
    await until("the share", () => slack.ephemeralsOf("U0ADA").at(-1)?.includes("50 % of 2 votes"));
    await slack.slash("/settings feedback off");
    await until("the change", () => slack.ephemeralsOf("U0ADA").at(-1)?.includes("no longer shown"));
    const next = await slack.mention("and a bush?");
    await until("an answer without", () => slack.marksOf("C0GENERAL", next).includes("white_check_mark"));
    expect(JSON.stringify(slack.answers().at(-1)?.blocks)).not.toContain("context_actions");
    expect(slack.unacknowledged).toEqual([]);
  });

  it("acts on the threads of a channel from the channel", async () => {
    const { slack, until } = await start();
    const ts = await slack.mention("what is a tree?");
    await until("an answer", () => slack.marksOf("C0GENERAL", ts).includes("white_check_mark"));
    await slack.slash("/chat export");
    const offer = await until("the offer", () => slack.workspace.ephemerals[0]);
    expect(slack.ephemeralsOf("U0ADA")[0]).toContain("`@Evergreen !chat export`");
    await slack.press(offer, "ada: what is a tree?");
    await until("the file", () => [...slack.workspace.files.values()].some(({ channel }) => channel === "D0ADA"));
    const [file] = slack.workspace.files.values();
    expect(file?.bytes?.toString()).toContain("what is a tree?");

    await slack.slash("/chat retry");
    await until("another answer", () => slack.textsIn("C0GENERAL", ts).length === 2);
    await slack.slash("/help");
    await until("the help", () => slack.ephemeralsOf("U0ADA").at(-1)?.includes("`@Evergreen !chat new`"));
  });

  it("answers a direct message without a thread", async () => {
    const { slack, until } = await start();
    const ts = await slack.dm("hello there");
    await until("an end mark", () => slack.marksOf("D0ADA", ts).includes("white_check_mark"));
    expect(slack.textsIn("D0ADA")).toHaveLength(1);
  });

  it("answers slash commands for their author only, the first reply giving way to the last", async () => {
    const { slack, until } = await start();
    const id = await slack.slash("/refresh-models");
    await until("the outcome", () => slack.ephemeralsOf("U0ADA")[0]?.includes("✓ demo"));
    expect(slack.ephemeralsOf("U0ADA")).toHaveLength(1);
    expect(slack.textsIn("C0GENERAL")).toEqual([]);
    expect(id).not.toBe("");
    expect(slack.unacknowledged).toEqual([]);

    await slack.slash("/models status");
    const panel = await until("the panel", () => slack.ephemeralsOf("U0ADA")[1]);
    expect(panel).toContain("✓ Auto-refreshed - models up to date");
    expect(panel).toMatch(/Last refresh.*\[2026-01-05 12:00 UTC\]/);
  });

  it("runs what a button and a menu of a panel stand for", async () => {
    const { slack, until } = await start();
    await slack.slash("/models status");
    await until("the panel", () => slack.ephemeralsOf("U0ADA")[0]);
    const panel = slack.workspace.ephemerals[0];
    if (panel === undefined) throw new Error("no panel");

    await slack.press(panel, "3 minutes (active use)");
    await until("the setting", () => slack.ephemeralsOf("U0ADA").some((text) => text.includes("3 minutes")));
    await slack.slash("/settings show");
    await until("the settings", () => slack.ephemeralsOf("U0ADA").at(-1)?.includes("every 3 minutes"));
  });

  it("answers !commands in threads and direct messages", async () => {
    const { slack, until } = await start();
    const thread = await slack.mention("one");
    await slack.mention("!models status", { thread });
    await until("the panel", () => slack.workspace.ephemerals.find((shown) => shown.thread === thread));
    await slack.dm("!help");
    await until("the help", () => slack.workspace.ephemerals.find((shown) => shown.channel === "D0ADA"));
    await slack.mention("!refresh-models", { thread, user: "U0BEN" });
    await until("both replies", () => slack.ephemeralsOf("U0BEN").length === 2);
    expect(slack.ephemeralsOf("U0BEN")[0]).toBe(REFRESHING);
  });

  it("puts the prefix before its commands, and names them so", async () => {
    const { slack, until } = await start({ SLACK_COMMAND_PREFIX: "ai-" });
    await slack.slash("/ai-help");
    const help = await until("the help", () => slack.ephemeralsOf("U0ADA")[0]);
    expect(help).toContain("/ai-models status");
    expect(help).not.toMatch(/[ `]\/models/);
    await slack.slash("/ai-models lst");
    await until("a hint", () => slack.ephemeralsOf("U0ADA")[1]?.includes("/ai-models list"));
  });

  it("lets nobody but admins change settings, by any door", async () => {
    const { slack, until } = await start();
    await slack.slash("/models status");
    await until("the panel", () => slack.ephemeralsOf("U0ADA")[0]);
    const panel = slack.workspace.ephemerals[0];
    if (panel === undefined) throw new Error("no panel");
    for (const user of ["U0BEN", "U0GUEST", "U0NOBODY"]) {
      await slack.slash("/settings auto-refresh off", { user });
      await slack.press({ ...panel, user, responseUrl: undefined }, "Turn auto-refresh off", user);
    }
    await slack.dm("!settings auto-refresh off", { user: "U0BEN", channel: "D0BEN" });
    await slack.mention("!settings auto-refresh off", { user: "U0GUEST" });
    await until(
      "every refusal",
      () => slack.workspace.ephemerals.filter(({ text }) => text.includes("🔒")).length === 8,
    );
    await slack.slash("/settings show");
    await until("the settings", () => slack.ephemeralsOf("U0ADA").at(-1)?.includes("on"));
    expect(slack.ephemeralsOf("U0ADA").at(-1)).not.toMatch(/auto-refresh.* off/i);
    await slack.slash("/settings auto-refresh off", { user: "U0OWNER" });
    await until("an owner's change", () => slack.ephemeralsOf("U0OWNER").some((text) => /off/.test(text)));
  });
});
