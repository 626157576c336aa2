import { afterEach, describe, expect, it } from "vitest";
import type { MessageKey, PostTerms } from "../../../src/bot/port/platform.js";
import { type SlackAdapter, startAdapter } from "./slack-adapter.js";
import { appOf } from "./slack-support.js";

const NOTHING_ELSE = { attachments: [], forwarded: [], leftOut: [] };

describe("Slack's side of the platform port", () => {
  let adapter: SlackAdapter;
  afterEach(() => adapter.close());
  const signal = new AbortController().signal;
  const store = (id: string, text: string) =>
    adapter.slack.workspace.files.set(id, { id, name: `${id}.txt`, length: text.length, bytes: Buffer.from(text) });
  const fileOf = (id: string, changes: Record<string, unknown> = {}) => ({
    id,
    name: `${id}.txt`,
    mimetype: "text/plain",
    size: 5,
    url_private_download: `${adapter.slack.origin}/files-pri/${id}`,
    ...changes,
  });
  const withFiles = async (files: unknown) => {
    await adapter.slack.mention("read this", { more: { subtype: "file_share", files } });
    return adapter.until("a mention", () => adapter.mentions.at(-1));
  };

  it("hands on files, reads them with the bot token, and only as far as asked", async () => {
    adapter = await startAdapter();
    store("F1", "hello");
    const mention = await withFiles([fileOf("F1"), fileOf("F2", { mode: "tombstone" }), null, 7]);
    expect(mention.attachments).toMatchObject([{ name: "F1.txt", mediaType: "text/plain", sizeBytes: 5 }]);
    const [file] = mention.attachments ?? [];
    expect(Buffer.from((await file?.read(5, signal)) ?? []).toString()).toBe("hello");
    await expect(file?.read(4, signal)).rejects.toMatchObject({ reason: "refused" });
  });

  it("posts a message once by its name where an earlier attempt has arrived", async () => {
    adapter = await startAdapter();
    const mention = await withFiles([]);
    const { message: _question, thread: _thread, ...place } = mention.message;
    const since = adapter.clock.now() - 1_000;
    const post = async (...[markdown, terms]: readonly [string, PostTerms]) => {
      const done: MessageKey[] = [];
      void adapter.platform.post(place, { markdown }, terms).then((message) => done.push(message));
      return adapter.until("a post", () => done[0]);
    };
    const text = "🆕 Models changed\n- **new** `v/m-1`";
    const first = await post(text, { once: { name: "a1" }, isSilent: true });
    const again = await post(text, { once: { name: "a1", triedSince: since } });
    const next = await post(text.replace("m-1", "m-2"), { once: { name: "b1", triedSince: since } });
    expect(again.message).toBe(first.message);
    expect(next.message).not.toBe(first.message);
  });

  it("takes the token nowhere else, and follows no way to the sign-in page", async () => {
    adapter = await startAdapter({ scopes: appOf().scopes.filter((scope) => scope !== "files:read") });
    const elsewhere = { url_private_download: "https://files.slack.com.evil.example/F1" };
    const mention = await withFiles([
      fileOf("F1", elsewhere),
      fileOf("F2"),
      fileOf("F3", { url_private_download: "no" }),
    ]);
    const reads = await Promise.allSettled((mention.attachments ?? []).map((file) => file.read(100, signal)));
    expect(reads).toMatchObject([
      { reason: { reason: "forbidden" } },
      { reason: { reason: "forbidden" } },
      { reason: { reason: "forbidden" } },
    ]);
  });

  it("tells what was said in a thread before, oldest first, with the names of who said it", async () => {
    adapter = await startAdapter();
    const { slack } = adapter;
    const thread = await slack.say("who knows <@U0BEN>?");
    await slack.say("not me &amp; not you", { thread, user: "U0BEN" });
    await slack.mention("do you?", { thread });
    const mention = await adapter.until("a mention", () => adapter.mentions[0]);
    const earlier = await adapter.until("what was said", () => mention.earlier);
    expect(await earlier(10, signal)).toEqual([
      {
        author: "ada",
        authorId: "U0ADA",
        at: expect.any(Number),
        text: "who knows @ben?",
        isFirst: true,
        ...NOTHING_ELSE,
      },
      { author: "ben", authorId: "U0BEN", at: expect.any(Number), text: "not me & not you", ...NOTHING_ELSE },
    ]);
    await slack.mention("a first one");
    await adapter.until("another mention", () => adapter.mentions.length === 2);
    expect(adapter.mentions[1]?.earlier).toBeUndefined();
  });

  it("knows guests, strangers and members of user groups; whom Slack does not vouch for has no rights", async () => {
    adapter = await startAdapter();
    const { slack, mentions, until } = adapter;
    for (const user of ["U0ADA", "U0BEN", "U0GUEST", "U0FAR", "U0NOBODY"]) await slack.mention("hi", { user });
    await until("every mention", () => mentions.length === 5);
    expect(mentions.map(({ isOperator }) => isOperator)).toEqual([true, false, false, false, false]);
    expect(mentions.map(({ isGuest }) => isGuest)).toEqual([false, false, true, true, true]);
    expect(await mentions[1]?.isInGroup?.("S0TEAM")).toBe(true);
    expect(await mentions[0]?.isInGroup?.("S0TEAM")).toBe(false);
    expect(await mentions[0]?.isInGroup?.("S0NONE")).toBe(false);
    expect(slack.callsOf("usergroups.users.list")).toHaveLength(2);
  });

  it("takes a colleague of another workspace of the organization for no stranger, and for no admin here", async () => {
    adapter = await startAdapter();
    const { slack, mentions, until } = adapter;
    const add = (id: string, enterprise_id: string, teams: readonly string[]) =>
      slack.workspace.users.set(id, {
        id,
        name: id,
        is_admin: true,
        team_id: "T0OTHER",
        enterprise_user: { enterprise_id, teams },
      });
    add("U0GRID", "E0FOREST", ["T0OTHER", "T0EVERGREEN"]);
    add("U0ORG", "E0FOREST", ["T0OTHER"]);
    add("U0OUT", "E0ELSEWHERE", ["T0OTHER"]);
    for (const user of ["U0GRID", "U0ORG", "U0OUT"]) await slack.mention("hi", { user });
    await until("every mention", () => mentions.length === 3);
    expect(mentions.map(({ isGuest }) => isGuest)).toEqual([false, false, true]);
    expect(mentions.map(({ isOperator }) => isOperator)).toEqual([true, false, false]);
  });

  it("asks again who is an admin after five minutes, and not before", async () => {
    adapter = await startAdapter();
    const { slack, mentions, until, clock } = adapter;
    const askAs = async (count: number) => {
      await slack.mention("hi");
      await until("a mention", () => mentions.length === count);
    };
    await askAs(1);
    await clock.advance(299_000);
    await askAs(2);
    expect(slack.callsOf("users.info")).toHaveLength(1);
    slack.workspace.users.set("U0ADA", { id: "U0ADA", name: "ada" });
    await clock.advance(2_000);
    await askAs(3);
    expect(mentions.map(({ isOperator }) => isOperator)).toEqual([true, true, false]);
  });

  const answerWithButton = async () => {
    const place = { platform: "slack", workspace: "T0EVERGREEN", channel: "C0GENERAL" };
    const controls = [{ label: "Retry", command: "/chat retry" }];
    const posted = adapter.platform.post(place, { markdown: "an <answer>", controls });
    const { message } = await posted;
    const found = adapter.slack.workspace.find("C0GENERAL", message);
    if (found === undefined) throw new Error("nothing was posted");
    return found;
  };

  it("names the message that a control was pressed on, and takes its controls away where they have served", async () => {
    adapter = await startAdapter();
    const { slack, calls, until } = adapter;
    adapter.replyWith({ markdown: "again", isQuiet: true, dropsControls: true });
    const answer = await answerWithButton();
    await slack.press(answer, "Retry");
    await until("a call", () => calls.length === 1);
    expect(calls[0]).toMatchObject({ text: "/chat retry", on: answer.ts });
    await until("no controls", () => answer.blocks.every(({ type }) => type !== "actions"));
    expect(slack.textsIn("C0GENERAL")).toEqual(["an <answer>"]);
    expect(slack.workspace.ephemerals).toEqual([]);
  });

  it("tells of the app coming into view, and asks nothing of a workspace that has no Home tab twice", async () => {
    adapter = await startAdapter({ absent: ["views.publish"] });
    const { slack, until, focuses } = adapter;
    for (let time = 1; time <= 3; time++) {
      await slack.openApp("U0BEN", "home");
      await until("a focus", () => focuses() === time);
      await until("a try", () => slack.callsOf("views.publish").length === 1);
    }
    await adapter.clock.advance(1_000);
    expect(slack.callsOf("views.publish")).toHaveLength(1);
    expect(slack.unacknowledged).toEqual([]);
  });

  it("answers commands of a stand-in for Slack that gives no response_url, each time that they are said", async () => {
    adapter = await startAdapter();
    const { slack, until } = adapter;
    const bare = { command: "/models", text: null, team_id: "T0EVERGREEN", user_id: "U0ADA", channel_id: "C0GENERAL" };
    for (const count of [1, 2]) {
      await slack.deliver("slash_commands", { ...bare, response_url: "" });
      await until("a reply", () => slack.ephemeralsOf("U0ADA").length === count);
    }
  });

  it("offers a hundred models at most, those that fit what is typed, and no name that Slack would not take", async () => {
    adapter = await startAdapter();
    const { slack, models, until, calls } = adapter;
    const long = `p/${"x".repeat(149)}`;
    models.push(`p/${"y".repeat(148)}`, long, ...Array.from({ length: 150 }, (_, index) => `p/model-${index}`));
    const options = ["p/model-1", "p/model-2"].map((model) => ({
      label: model,
      command: `/chat retry model:${model}`,
    }));
    adapter.replyWith({ markdown: "Choose.", controls: [{ label: "Answer again with…", options }] });
    await slack.slash("/help");
    const shown = await until("the menu", () => slack.workspace.ephemerals[0]);
    expect(await slack.suggest(shown, "Answer again with…", "")).toHaveLength(100);
    expect(await slack.suggest(shown, "Answer again with…", "model-77")).toEqual(["p/model-77"]);
    expect(await slack.suggest(shown, "Answer again with…", "xxx")).toEqual([]);
    const [cut = ""] = await slack.suggest(shown, "Answer again with…", "yyy");
    expect(cut).toHaveLength(75);
    models.push(`p/${"z".repeat(71)}🌲🌲🌲`);
    expect(await slack.suggest(shown, "Answer again with…", "zzz")).toEqual([`p/${"z".repeat(71)}…`]);
    await slack.press(shown, "Answer again with…: p/model-77");
    await until("the choice", () => calls.some(({ text }) => text === "/chat retry model:p/model-77"));
  });

  it("cuts a label on the Home tab between characters", async () => {
    adapter = await startAdapter();
    const { slack, until } = adapter;
    adapter.replyWith({ markdown: "All is well.", controls: [{ label: `${"x".repeat(73)}🌲🌲`, command: "/help" }] });
    await slack.openApp("U0ADA", "home");
    const home = await until("the Home tab", () => slack.workspace.homes.get("U0ADA"));
    expect(JSON.stringify(home.blocks)).toContain(`"${"x".repeat(73)}…"`);
  });

  it("sends files into the direct messages with the person, and says so", async () => {
    adapter = await startAdapter();
    const { slack, until } = adapter;
    adapter.replyWith({
      markdown: "Here it is.",
      files: [{ name: "talk.md", bytes: new TextEncoder().encode("# Talk"), alt: "the conversation" }],
    });
    await slack.slash("/chat export");
    await until("the reply", () => slack.ephemeralsOf("U0ADA")[0]?.includes("`talk.md` is in our direct messages"));
    const [file] = slack.workspace.files.values();
    expect(file).toMatchObject({ name: "talk.md", channel: "D0ADA" });
    expect(file?.bytes?.toString()).toBe("# Talk");
  });

  it("says why where the app may not send files", async () => {
    adapter = await startAdapter({ scopes: appOf().scopes.filter((scope) => scope !== "files:write") });
    adapter.replyWith({ markdown: "Here.", files: [{ name: "a.md", bytes: new Uint8Array([1]), alt: "a" }] });
    await adapter.slack.slash("/chat export");
    await adapter.until("the reply", () => adapter.slack.ephemeralsOf("U0ADA")[0]?.includes("files:write"));
  });
});
