import { afterEach, describe, expect, it } from "vitest";
import { settle } from "../../../support/fake-clock.js";
import { eventually } from "../../../support/playground-client.js";
import { type SlackAdapter, startAdapter } from "../slack-adapter.js";

let adapter: SlackAdapter;
afterEach(() => adapter.close());

describe("findReplies()", () => {
  it.each([
    ["in a thread", "C0GENERAL", true],
    ["in a direct message", "D0ADA", false],
  ])("finds the bot's messages below a question %s, and nobody else's", async (_where, channel, isThreaded) => {
    adapter = await startAdapter();
    const { slack, platform } = adapter;
    const write = (text: string, user: string, thread?: string) =>
      slack.workspace.add({ channel, thread, user, text, blocks: [], more: undefined }).ts;
    write("before", "U0BOT");
    const ts = write("<@U0BOT> one?", "U0ADA");
    const thread = isThreaded ? ts : undefined;
    const question = { platform: "slack", workspace: "T0HOME", channel, message: ts, ...(thread && { thread }) };
    expect(await platform.findReplies(question)).toEqual([]);
    const first = write("first", "U0BOT", thread);
    const last = write("last &lt;b&gt;", "U0BOT", thread);
    write("thanks", "U0ADA", thread);
    expect(await platform.findReplies(question)).toEqual([
      { message: { ...question, message: first }, text: "first" },
      { message: { ...question, message: last }, text: "last <b>" },
    ]);
  });

  it("waits where an earlier process has used up the minute", async () => {
    adapter = await startAdapter();
    const { slack, platform, clock } = adapter;
    const write = (text: string, user: string, thread?: string) =>
      slack.workspace.add({ channel: "C0GENERAL", thread, user, text, blocks: [], more: undefined }).ts;
    const ts = write("<@U0BOT> one?", "U0ADA");
    write("first", "U0BOT", ts);
    slack.failNext("conversations.replies", { retryAfter: 20 });
    const question = { platform: "slack", workspace: "T0HOME", channel: "C0GENERAL", message: ts, thread: ts };
    const found = platform.findReplies(question);
    await eventually("a refusal", () => slack.callsOf("conversations.replies").length === 1);
    await settle();
    await clock.advance(20_000);
    expect(await found).toMatchObject([{ text: "first" }]);
  });

  it("finds none where the bot may not read, and rejects where Slack has trouble", async () => {
    adapter = await startAdapter();
    const { slack, platform } = adapter;
    const ts = slack.workspace.add({
      ...{ channel: "C0GENERAL", thread: undefined, user: "U0ADA", text: "<@U0BOT> one?", blocks: [], more: undefined },
    }).ts;
    const question = { platform: "slack", workspace: "T0HOME", channel: "C0GENERAL", message: ts, thread: ts };
    slack.failNext("conversations.replies", { error: "missing_scope" });
    expect(await platform.findReplies(question)).toEqual([]);
    slack.failNext("conversations.replies", { error: "internal_error" });
    await expect(platform.findReplies(question)).rejects.toMatchObject({ isRetryable: true });
  });
});
