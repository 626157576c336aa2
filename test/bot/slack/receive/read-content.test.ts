import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { composeQuestion } from "../../../../src/bot/prompt/compose-question.js";
import { eventBody, messageEvent } from "../../../support/fake-slack-payloads.js";
import { BOT_ID, BOT_USER } from "../../../support/fake-slack-workspace.js";
import { type SlackAdapter, startAdapter } from "../slack-adapter.js";

const PNG = Buffer.from("\x89PNG\r\n\x1a\n0000", "latin1");

describe("files that only the second event of a message carries", () => {
  const withFile = async (options: { isFollowed: boolean }) => {
    const adapter = await startAdapter({}, { followThreads: options.isFollowed });
    const { slack } = adapter;
    slack.workspace.files.set("F1", { id: "F1", name: "a.log", length: 4, bytes: Buffer.from("full") });
    const { ts } = slack.workspace.add({
      channel: "C0GENERAL",
      thread: undefined,
      user: "U0ADA",
      text: "",
      blocks: [],
    });
    const files = [{ id: "F1", name: "a.log", size: 4, url_private_download: `${slack.origin}/files-pri/F1` }];
    const facts = { channel: "C0GENERAL", user: "U0ADA", text: `<@${BOT_USER}> read this`, ts };
    const send = (event: Record<string, unknown>) => slack.deliver("events_api", eventBody(event, 1));
    return {
      adapter,
      send,
      mention: messageEvent("app_mention", facts),
      message: messageEvent("message", { ...facts, more: { files, subtype: "file_share" } }),
    };
  };

  it("are taken from there, once, where both events come", async () => {
    const { adapter, send, mention, message } = await withFile({ isFollowed: true });
    const both = [send(mention), send(message)];
    await adapter.until("both", () => adapter.mentions.length === 2);
    await Promise.all(both);
    // The first of them claims the question.
    for (const { attachments = [] } of adapter.mentions) expect(attachments.map(({ name }) => name)).toEqual(["a.log"]);
    await adapter.close();
  });

  it("hold nothing up where the second does not come", async () => {
    const { adapter, send, mention } = await withFile({ isFollowed: true });
    const sent = send(mention);
    await adapter.until("the mention", () => adapter.mentions.length === 1);
    await sent;
    await adapter.close();
  });
});

describe("a message on Slack", () => {
  let adapter: SlackAdapter;
  beforeEach(async () => {
    adapter = await startAdapter();
  });
  afterEach(() => adapter.close());

  /** What the model gets of the last mention, and what stands under the answer. */
  const asked = async () => {
    const mention = await adapter.until("a mention", () => adapter.mentions.at(-1));
    const erasedAt = async () => 0;
    const terms = { takesImages: true, isThreadStart: true, erasedAt, signal: new AbortController().signal };
    const { text, images, notes } = await composeQuestion(mention, {
      ...{ ...terms, maxTokens: 16_000, systemTokens: 0 },
      clock: adapter.clock,
      log: adapter.log,
    });
    return { text, images: images.length, notes: notes.join("\n"), mention };
  };
  const store = (id: string, name: string, bytes: Buffer) => {
    const url = `${adapter.slack.origin}/files-pri/${id}`;
    adapter.slack.workspace.files.set(id, { id, name, length: bytes.length, bytes, url });
    return { id, name, mimetype: "", size: bytes.length, url_private_download: url };
  };

  /** A message by each way of writing one: what is looked for in the request, or is named under the answer. */
  const KINDS: readonly (readonly [string, () => { text?: string; more?: Record<string, unknown> }, RegExp])[] = [
    ["text", () => ({ text: "the disk is full" }), /the disk is full/],
    [
      "blocks",
      () => ({
        more: {
          bot_id: "B9",
          blocks: [
            { type: "header", text: { type: "plain_text", text: "Alarm" } },
            {
              type: "section",
              text: { type: "mrkdwn", text: "the *disk* is full" },
              fields: [{ type: "mrkdwn", text: "Host: web-1" }],
            },
            { type: "context", elements: [{ type: "image", alt_text: "a red light" }] },
            {
              type: "table",
              rows: [
                [
                  { type: "raw_text", text: "cpu" },
                  { type: "raw_text", text: "97" },
                ],
              ],
            },
          ],
        },
      }),
      /Alarm[\s\S]*\*disk\* is full[\s\S]*web-1[\s\S]*a red light[\s\S]*cpu \| 97/,
    ],
    [
      "rich text",
      () => ({
        more: {
          bot_id: "B9",
          blocks: [
            {
              type: "rich_text",
              elements: [
                {
                  type: "rich_text_section",
                  elements: [
                    { type: "user", user_id: "U0BEN" },
                    { type: "text", text: " a<b" },
                  ],
                },
                {
                  type: "rich_text_list",
                  style: "ordered",
                  elements: [{ type: "rich_text_section", elements: [{ type: "text", text: "first" }] }],
                },
                { type: "rich_text_preformatted", elements: [{ type: "text", text: "x = 1" }] },
              ],
            },
          ],
        },
      }),
      /@ben a<b[\s\S]*1\. first[\s\S]*```[\s\S]*x = 1/,
    ],
    [
      "a legacy attachment",
      () => ({
        more: {
          bot_id: "B9",
          attachments: [
            {
              pretext: "Firing",
              title: "DiskFull",
              title_link: "https://grafana.example/d",
              text: "the disk is full",
              fields: [{ title: "Severity", value: "page" }],
              footer: "Grafana v11",
              fallback: "DiskFull",
            },
          ],
        },
      }),
      /Firing[\s\S]*DiskFull \(https:\/\/grafana.example\/d\)[\s\S]*disk is full[\s\S]*Severity: page[\s\S]*Grafana v11/,
    ],
    [
      "an attachment with blocks",
      () => ({
        more: {
          bot_id: "B9",
          attachments: [{ blocks: [{ type: "section", text: { type: "mrkdwn", text: "the disk is full" } }] }],
        },
      }),
      /the disk is full/,
    ],
    [
      "a task of an agent, a video and a link under it",
      () => ({
        more: {
          bot_id: "B9",
          blocks: [
            // https://docs.slack.dev/reference/block-kit/blocks/task-card-block
            {
              type: "task_card",
              title: "Check disks",
              details: { type: "rich_text", elements: [{ type: "text", text: "the disk is full" }] },
              sources: [{ type: "url", url: "https://wiki.example/disk", text: "Disk wiki" }],
            },
            {
              type: "video",
              title: { type: "plain_text", text: "How to clean" },
              title_url: "https://video.example/1",
              video_url: "https://video.example/embed/1",
              thumbnail_url: "https://video.example/1.png",
              alt_text: "a broom",
            },
            {
              type: "data_table",
              rows: [
                [
                  { type: "raw_text", text: "cpu" },
                  { type: "raw_number", value: 97 },
                ],
              ],
            },
            {
              type: "actions",
              elements: [
                { type: "button", text: { type: "plain_text", text: "Silence" }, action_id: "s", value: "hidden" },
                { type: "button", text: { type: "plain_text", text: "Runbook" }, url: "https://run.example/a?b=1&c=2" },
                { type: "static_select", placeholder: { type: "plain_text", text: "hidden" } },
              ],
            },
          ],
        },
      }),
      /^(?!.*hidden|.*Silence)[\s\S]*Check disks[\s\S]*disk is full[\s\S]*Disk wiki \(https:\/\/wiki[\s\S]*How to clean[\s\S]*a broom[\s\S]*video\.example\/1\b[\s\S]*cpu \| 97[\s\S]*Runbook \(https:\/\/run\.example\/a\?b=1&c=2\)/,
    ],
    [
      "a picture in a block that Slack keeps",
      () => {
        store("F8", "graph.png", PNG);
        const slack_file = { id: "F8" };
        return { more: { bot_id: "B9", blocks: [{ type: "image", slack_file, alt_text: "CPU load" }] } };
      },
      /(?=[\s\S]*\[image: CPU load\])[\s\S]*(Attached image: "CPU load"|`CPU load`: of a thread's earlier)/,
    ],
    [
      // https://github.com/grafana/alerting/issues/323: webhooks show graphs by their public address.
      "an alert with a graph that is kept elsewhere, and links in its buttons",
      () => ({
        more: {
          bot_id: "B9",
          attachments: [
            {
              title: "DiskFull",
              text: "the disk is full",
              image_url: "https://graphs.example/d/1.png",
              actions: [{ type: "button", text: "Runbook", url: "https://run.example/disk" }],
            },
          ],
        },
      }),
      /Runbook \(https:\/\/run\.example\/disk\)[\s\S]*ℹ️ Ignored `DiskFull`: (it is stored outside Slack|of a thread's)/,
    ],
    [
      "the preview of a link, whose picture is not the message's own",
      () => ({
        more: {
          attachments: [
            {
              from_url: "https://a.example",
              title: "A page",
              text: "the disk is full",
              image_url: "https://a.example/p",
            },
          ],
        },
      }),
      /^(?![\s\S]*Ignored)[\s\S]*the disk is full/,
    ],
    [
      "a fallback alone",
      () => ({ more: { bot_id: "B9", attachments: [{ fallback: "the disk is full" }] } }),
      /disk is full/,
    ],
    [
      "a shared message",
      () => ({ more: { attachments: [{ is_share: true, author_name: "Eve", text: "the disk is full" }] } }),
      /Shared message of Eve[\s\S]*the disk is full/,
    ],
    [
      "a text file",
      () => ({ more: { files: [store("F1", "a.log", Buffer.from("the disk is full"))] } }),
      /the disk is full|`a.log`/,
    ],
    [
      "a file of a shared channel, of which only the id comes",
      () => {
        store("F9", "a.log", Buffer.from("the disk is full"));
        return { more: { files: [{ id: "F9", mode: "file_access", file_access: "check_file_info" }] } };
      },
      /the disk is full|`file`: of a thread's/,
    ],
    [
      "an image with words for it",
      () => ({ more: { files: [{ ...store("F2", "b.png", PNG), alt_txt: "the disk is full" }] } }),
      /\[b\.png: the disk is full\]/,
    ],
    [
      "a canvas",
      () => ({ more: { files: [{ id: "F3", title: "Plan", filetype: "quip", mode: "quip" }] } }),
      /\[canvas: Plan\][\s\S]*the canvas `Plan`: I can't read/,
    ],
    [
      "a deleted file",
      () => ({ text: "see", more: { files: [{ id: "F4", name: "old.txt", mode: "tombstone" }] } }),
      /`old.txt`: it was deleted/,
    ],
    [
      "a file elsewhere",
      () => ({ text: "see", more: { files: [{ id: "F5", name: "doc", is_external: true }] } }),
      /`doc`: it is stored outside/,
    ],
    [
      "a recording",
      () => ({
        more: {
          files: [
            { id: "F6", name: "audio.m4a", transcription: { preview: { content: "the disk is full" } }, size: 1 },
          ],
        },
      }),
      /the disk is full/,
    ],
    [
      "a kind of block that is new",
      () => ({
        more: { bot_id: "B9", blocks: [{ type: "card", title: { type: "plain_text", text: "the disk is full" } }] },
      }),
      /disk is full/,
    ],
    [
      "its own message",
      () => ({ text: "the disk is full", more: { user: BOT_USER, bot_id: BOT_ID } }),
      /the disk is full/,
    ],
  ];

  it.each(KINDS.filter(([kind]) => kind !== "its own message"))(
    "reads %s as the question",
    async (_kind, make, wanted) => {
      const { text = "", more = {} } = make();
      const { bot_id: _app, ...rest } = more;
      await adapter.slack.mention(text, { more: rest });
      const read = await asked();
      expect(`${read.text}\n${read.notes}`).toMatch(wanted);
      expect(read.text).not.toContain(BOT_USER);
    },
  );

  it.each(KINDS)("reads %s as the first message of a thread, and as an earlier one", async (_kind, make, wanted) => {
    for (const isFirst of [true, false]) {
      const { text = "", more } = make();
      const first = await adapter.slack.say(isFirst ? text : "the beginning", isFirst && more ? { more } : {});
      if (!isFirst) await adapter.slack.say(text, { thread: first, ...(more && { more }) });
      await adapter.slack.mention("why?", { thread: first });
      await adapter.until("the mention", () => adapter.mentions.at(-1)?.text === "why?");
      const read = await asked();
      expect(`${read.text}\n${read.notes}`, `first: ${isFirst}`).toMatch(wanted);
      adapter.mentions.length = 0;
    }
  });

  it("sends the files of a thread's first message along, and those of a shared one", async () => {
    const first = await adapter.slack.say("", {
      more: { files: [store("F1", "b.png", PNG), store("F2", "a.log", Buffer.from("full"))] },
    });
    await adapter.slack.mention("why?", { thread: first });
    expect(await asked()).toMatchObject({ images: 1, notes: "", text: expect.stringContaining("full") });
    await adapter.slack.mention("and this?", {
      more: { attachments: [{ is_share: true, text: "", files: [store("F3", "c.png", PNG)] }] },
    });
    await adapter.until("the mention", () => adapter.mentions.at(-1)?.text === "and this?");
    expect(await asked()).toMatchObject({ images: 1, notes: "" });
  });

  it("gives names for the ids in a text, and keeps the ids that nobody knows", async () => {
    await adapter.slack.mention(
      "ask <@U0BEN> or <@U0NONE> or <!subteam^S0TEAM> in <#C0RANDOM|> on <!date^0^{date}|1 January> see <https://a.example|it>",
    );
    const { mention } = await asked();
    expect(mention.text).toBe("ask @ben or @U0NONE or @oncall in #random on 1 January see it (https://a.example)");
  });

  it("says nothing twice where the text and the blocks of a message agree", async () => {
    const blocks = [
      {
        type: "rich_text",
        elements: [
          {
            type: "rich_text_section",
            elements: [
              { type: "user", user_id: BOT_USER },
              { type: "text", text: " is it " },
              { type: "text", text: "here", style: { bold: true } },
            ],
          },
        ],
      },
    ];
    await adapter.slack.mention("is it *here*", { more: { blocks } });
    expect((await asked()).mention.text).toBe("is it *here*");
    const first = await adapter.slack.say("Alarm: disk", {
      more: {
        bot_id: "B9",
        bot_profile: { name: "Grafana" },
        blocks: [{ type: "section", text: { type: "mrkdwn", text: "*Alarm*: disk" } }],
      },
    });
    await adapter.slack.mention("why?", { thread: first });
    await adapter.until("the mention", () => adapter.mentions.at(-1)?.text === "why?");
    expect((await asked()).text).toContain("Grafana:\n> Alarm: disk\n\nThe message");
  });

  it("reads the message that a question links to, in its own channel only", async () => {
    const ts = await adapter.slack.say("the disk is full", { user: "U0BEN" });
    const linkTo = (channel: string) => `why? <https://x.slack.com/archives/${channel}/p${ts.replace(".", "")}>`;
    await adapter.slack.mention(linkTo("C0GENERAL"));
    expect((await asked()).text).toContain("In reply to ben:\n> the disk is full");
    await adapter.slack.mention(linkTo("C0RANDOM"));
    await adapter.until("the mention", () => adapter.mentions.length === 2);
    const read = await asked();
    expect(read.text).not.toContain("full");
    expect(read.notes).toContain("the linked message: it is in another channel");
  });

  it("takes the first message of the thread for what is meant where it is only called into one", async () => {
    const first = await adapter.slack.say("", { more: { bot_id: "B9", attachments: [{ title: "DiskFull" }] } });
    await adapter.slack.mention("", { thread: first });
    const { text } = await asked();
    expect(text.match(/DiskFull/g)).toHaveLength(1);
    expect(text).toContain("In reply to");
  });

  // https://github.com/hackclub/toriel/pull/238: what stays of a deleted message that has replies.
  it.each([
    ["tombstone", "This message was deleted.", "it was deleted"],
    ["ekm_access_denied", "Your admins have suspended everyone's access", "the organization's encryption keys"],
  ])("names what stands in the place of a thread's first message: %s", async (subtype, said, why) => {
    const first = await adapter.slack.say(said, { user: "USLACKBOT", more: { subtype, hidden: true } });
    await adapter.slack.say("and I agree", { thread: first });
    await adapter.slack.mention("why?", { thread: first });
    await adapter.until("the mention", () => adapter.mentions.at(-1)?.text === "why?");
    const { text, notes } = await asked();
    expect(text).not.toContain(said);
    expect(text).toContain("and I agree");
    expect(notes).toContain(`ℹ️ Ignored the first message of this thread: ${why}`);
  });

  it("names the reason where the earlier messages of a thread may not be read", async () => {
    const first = await adapter.slack.say("the beginning");
    adapter.slack.failNext("conversations.replies", { error: "not_in_channel" });
    await adapter.slack.mention("why?", { thread: first });
    expect((await asked()).notes).toContain("I am not in this channel; `/invite @Evergreen` changes that");
  });
});
