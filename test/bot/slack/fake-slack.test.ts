import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BOT_TOKEN, type FakeSlack, startFakeSlack } from "../../support/fake-slack.js";
import { eventBody, messageEvent, pressBody, reactionEvent, slashBody } from "../../support/fake-slack-payloads.js";
import { appOf } from "./slack-support.js";

/** Captures of real traffic; the file names their source. */
const samples = JSON.parse(readFileSync("test/fixtures/slack-samples.json", "utf8")) as Record<string, unknown>;

/** Where a value has a field that the capture lacks, or one of another JSON type. Blank lists and nulls agree with all. */
function differences(value: unknown, sample: unknown, path = ""): string[] {
  if (value === null || sample === null) return [];
  if (Array.isArray(value)) {
    if (!Array.isArray(sample)) return [`${path}: a list`];
    return sample.length === 0 ? [] : value.flatMap((one) => differences(one, sample[0], `${path}[]`));
  }
  if (typeof value !== "object") return typeof value === typeof sample ? [] : [`${path}: ${typeof value}`];
  if (typeof sample !== "object") return [`${path}: an object`];
  return Object.entries(value).flatMap(([name, one]) =>
    name === "blocks"
      ? []
      : Object.hasOwn(sample, name)
        ? differences(one, (sample as Record<string, unknown>)[name], `${path}.${name}`)
        : [`${path}.${name}: unknown`],
  );
}

describe("the fake Slack", () => {
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
  const quiet = { unfurl_links: false, unfurl_media: false };
  const post = (given: Record<string, unknown> = {}) => {
    now += 2_000;
    return call("chat.postMessage", { channel: "C0GENERAL", text: "hi", ...quiet, ...given });
  };

  it("sends events, commands and presses in the shapes of real ones", () => {
    const place = { channel: "C1", user: "U1", text: "hi", ts: "1.1" };
    const mention = eventBody(messageEvent("app_mention", place), 1);
    expect(differences(mention, samples.app_mention)).toEqual([]);
    expect(differences(eventBody(messageEvent("message", place), 1), samples.message)).toEqual([]);
    const reaction = reactionEvent({ user: "U1", name: "eyes", channel: "C1", ts: "1.1", itemUser: "U2" });
    expect(differences(eventBody(reaction, 1), samples.reaction_added)).toEqual([]);
    const opened = { type: "app_home_opened", user: "U1", channel: "D1", tab: "home", event_ts: "1.1" };
    expect(differences(eventBody(opened, 1), samples.app_home_opened)).toEqual([]);
    const file = {
      id: "F1",
      name: "a.txt",
      mimetype: "text/plain",
      size: 5,
      url_private_download: "https://x",
      mode: "hosted",
    };
    expect(differences(file, samples.file)).toEqual([]);
    const slash = {
      command: "/models",
      text: "",
      channel: "C1",
      user: "U1",
      userName: "ada",
      responseUrl: "https://x",
    };
    // A form knows no booleans.
    expect(differences(slashBody(slash), samples.slash_command)).toEqual([".is_enterprise_install: string"]);
    const action = { type: "button", action_id: "a", value: "v", text: { type: "plain_text", text: "t", emoji: true } };
    const press = {
      channel: "C1",
      user: "U1",
      userName: "ada",
      ts: "1.1",
      thread: "1.0",
      isEphemeral: true,
      responseUrl: "https://x",
      action,
    };
    expect(differences(pressBody(press), samples.block_actions)).toEqual([]);
  });

  it("answers in the shapes of real answers", async () => {
    const { ts } = await post();
    const key = { channel: "C0GENERAL", ts };
    await call("chat.update", { ...key, text: "new" });
    await call("chat.postEphemeral", { channel: "C0GENERAL", user: "U0ADA", text: "psst" });
    await call("reactions.add", { channel: "C0GENERAL", timestamp: ts, name: "eyes" });
    await call("reactions.remove", { channel: "C0GENERAL", timestamp: ts, name: "eyes" });
    await call("conversations.replies", key);
    await call("users.info", { user: "U0ADA" });
    await call("auth.test");
    const thread_ts = await slack.say("a question");
    const recipient = { recipient_team_id: "T0EVERGREEN", recipient_user_id: "U0ADA" };
    const begun = { channel: "C0GENERAL", thread_ts, markdown_text: "hi", ...recipient };
    const streamed = { channel: "C0GENERAL", ts: (await call("chat.startStream", begun)).ts };
    await call("chat.appendStream", { ...streamed, markdown_text: "!" });
    await call("chat.stopStream", streamed);
    await call("conversations.open", { users: "U0ADA" });
    await call("files.getUploadURLExternal", { filename: "a.md", length: 3 });
    const place = { channel_id: "C0GENERAL", thread_ts };
    await call("assistant.threads.setStatus", { ...place, status: "is thinking…" });
    await call("assistant.threads.setTitle", { ...place, title: "A tree" });
    await call("assistant.threads.setSuggestedPrompts", {
      channel_id: "D0ADA",
      prompts: [{ title: "a", message: "b" }],
    });
    await call("views.publish", { user_id: "U0ADA", view: { type: "home", blocks: [{ type: "divider" }] } });
    for (const { method, answer } of slack.calls) {
      expect(answer.ok, method).toBe(true);
      expect(differences(answer, samples[method]), method).toEqual([]);
    }
  });

  it.each([
    ["no_text", { text: " " }],
    ["channel_not_found", { channel: "C9" }],
    ["thread_not_found", { thread_ts: "9.9" }],
    ["msg_too_long", { text: "x".repeat(40_001) }],
    ["invalid_arguments", { surprise: 1 }],
    ["invalid_blocks", { blocks: [{ type: "markdown", text: "" }] }],
    ["invalid_blocks", { blocks: [{ type: "markdown", text: "x".repeat(12_001) }] }],
    ["invalid_blocks", { blocks: [1, 2].map(() => ({ type: "markdown", text: "x".repeat(6_001) })) }],
    ["invalid_blocks", { blocks: [{ type: "section", text: { type: "mrkdwn", text: "x".repeat(3_001) } }] }],
    ["invalid_blocks", { blocks: [{ type: "divider", colour: "red" }] }],
    ["invalid_blocks", { blocks: [{ type: "dividers" }] }],
    ["invalid_blocks", { blocks: Array.from({ length: 51 }, () => ({ type: "divider" })) }],
    [
      "invalid_blocks",
      {
        blocks: [
          {
            type: "actions",
            elements: [{ type: "button", action_id: "a", text: { type: "plain_text", text: "x".repeat(76) } }],
          },
        ],
      },
    ],
  ])("refuses a message with %s", async (error, given) => {
    expect(await post(given)).toMatchObject({ ok: false, error });
  });

  it("takes a message up to every limit", async () => {
    const blocks = [
      { type: "markdown", text: "x".repeat(12_000) },
      { type: "section", text: { type: "mrkdwn", text: "x".repeat(3_000) } },
      ...Array.from({ length: 48 }, () => ({ type: "divider" })),
    ];
    expect(await post({ text: "x".repeat(40_000), blocks })).toMatchObject({ ok: true });
  });

  it("refuses an update beyond 4,000 characters, of another's message, and of none", async () => {
    const { ts } = await post();
    const update = (given: Record<string, unknown>) =>
      call("chat.update", { channel: "C0GENERAL", ts, text: "x", ...given });
    expect(await update({ text: "x".repeat(4_000) })).toMatchObject({ ok: true });
    expect(await update({ text: "x".repeat(4_001) })).toMatchObject({ error: "msg_too_long" });
    expect(await update({ ts: "9.9" })).toMatchObject({ error: "message_not_found" });
    const theirs = await slack.say("mine");
    expect(await update({ ts: theirs })).toMatchObject({ error: "cant_update_message" });
  });

  it("asks for tokens and scopes", async () => {
    expect(await call("auth.test", {}, "xoxb-other")).toMatchObject({ error: "invalid_auth" });
    expect(await call("apps.connections.open")).toMatchObject({ error: "not_allowed_token_type" });
    expect(await call("team.info")).toMatchObject({ error: "missing_scope", needed: "team:read" });
  });

  it("limits calls as the tiers say, with 429 and Retry-After, and gives them back with time", async () => {
    expect((await post()).status).toBe(200);
    now -= 2_000;
    const refused = await post();
    expect(refused).toMatchObject({ status: 429, error: "ratelimited" });
    expect(refused.headers.get("retry-after")).toBe("1");
    const { ts } = await post();
    const update = () => call("chat.update", { channel: "C0GENERAL", ts, text: "x" });
    for (let time = 0; time < 50; time++) expect((await update()).status).toBe(200);
    expect((await update()).status).toBe(429);
    now += 1_200;
    expect((await update()).status).toBe(200);
  });
});
