import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BOT_TOKEN, type FakeSlack, startFakeSlack } from "../../support/fake-slack.js";
import { readOf } from "../../support/fake-slack-workspace.js";
import { appOf } from "./slack-support.js";

describe("the fake Slack's streams and extras", () => {
  let slack: FakeSlack;
  let now = Date.UTC(2026, 0, 5, 12);
  beforeEach(async () => {
    now = Date.UTC(2026, 0, 5, 12);
    slack = await startFakeSlack({ now: () => now, ...appOf() });
  });
  afterEach(() => slack.close());

  const call = async (method: string, given: Record<string, unknown> = {}, token = BOT_TOKEN) => {
    const response = await fetch(`${slack.apiUrl}${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(given),
    });
    return {
      status: response.status,
      headers: response.headers,
      ...((await response.json()) as { ok: boolean; error?: string; ts: string }),
    };
  };
  const stream = async (given: Record<string, unknown> = {}) => {
    const thread_ts = await slack.say("a question");
    const recipient = { recipient_team_id: "T0EVERGREEN", recipient_user_id: "U0ADA" };
    return call("chat.startStream", { channel: "C0GENERAL", thread_ts, markdown_text: "hi", ...recipient, ...given });
  };

  it.each([
    ["missing_recipient_team_id", { recipient_team_id: undefined }],
    ["missing_recipient_user_id", { recipient_user_id: undefined }],
    ["thread_not_found", { thread_ts: "9.9" }],
    ["channel_not_found", { channel: "C9" }],
    ["no_text", { markdown_text: " " }],
    ["msg_too_long", { markdown_text: "x".repeat(12_001) }],
    ["invalid_arguments", { blocks: [] }],
    ["invalid_arguments", { thread_ts: undefined }],
  ])("begins no stream with %s", async (error, given) => {
    expect(await stream(given)).toMatchObject({ ok: false, error });
    expect(slack.answers()).toEqual([]);
  });

  it("lets a stream grow until it is stopped or five minutes old, and be edited only after that", async () => {
    const { ts } = await stream();
    const key = { channel: "C0GENERAL", ts };
    const append = (text: string) => call("chat.appendStream", { ...key, markdown_text: text });
    expect(await append(" there")).toMatchObject({ ok: true });
    expect(await append("x".repeat(12_000))).toMatchObject({ error: "msg_too_long" });
    expect(await call("chat.update", { ...key, text: "x" })).toMatchObject({ error: "streaming_state_conflict" });
    expect(await call("chat.stopStream", { ...key, blocks: [{ type: "nothing" }] })).toMatchObject({
      error: "invalid_blocks",
    });
    expect(await call("chat.stopStream", { ...key, markdown_text: "!" })).toMatchObject({ ok: true });
    expect(slack.answers().map(readOf)).toEqual(["hi there!"]);
    expect(await append("?")).toMatchObject({ error: "message_not_in_streaming_state" });
    expect(await call("chat.update", { ...key, text: "x" })).toMatchObject({ ok: true });
    const late = { channel: "C0GENERAL", ts: (await stream()).ts };
    now += 300_000;
    expect(await call("chat.stopStream", late)).toMatchObject({ error: "message_not_in_streaming_state" });
  });

  it.each([
    ["views.publish", "invalid_arguments", { user_id: "U0ADA", view: { type: "modal", blocks: [] } }],
    ["views.publish", "invalid_blocks", { user_id: "U0ADA", view: { type: "home", blocks: [{ type: "x" }] } }],
    ["views.publish", "user_not_found", { user_id: "U9", view: { type: "home", blocks: [] } }],
    [
      "agents.sessions.setStatus",
      "invalid_arguments",
      { channel_id: "C0GENERAL", thread_ts: "THREAD", status: "busy" },
    ],
    ["agents.sessions.setStatus", "invalid_thread_ts", { channel_id: "C0GENERAL", thread_ts: "9.9", status: "active" }],
    ["assistant.threads.setSuggestedPrompts", "invalid_arguments", { channel_id: "D0ADA", prompts: [] }],
    ["files.getUploadURLExternal", "invalid_arguments", { filename: "a", length: 0 }],
    ["files.completeUploadExternal", "file_not_found", { files: [{ id: "F9" }], channel_id: "D0ADA" }],
    ["conversations.open", "user_not_found", { users: "U9" }],
    ["usergroups.users.list", "no_such_subteam", { usergroup: "S9" }],
  ])("refuses %s with %s", async (method, error, given) => {
    const thread = await slack.say("a question");
    const filled = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, value === "THREAD" ? thread : value]),
    );
    expect(await call(method, filled)).toMatchObject({ ok: false, error });
  });
});
