import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.js";
import { READ_MS } from "../../../src/bot/prompt/compose-question.js";
import { imageBytes } from "../../support/fake-attachment.js";
import type { FakeClock } from "../../support/fake-clock.js";
import { MESSAGE_CONTENT_INTENT } from "../../support/fake-discord.js";
import {
  BOT_ID,
  BOT_ROLE,
  type FakeChannel,
  type FakeMessage,
  type FakeUpload,
  GUILD_ID,
} from "../../support/fake-discord-world.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../support/fake-openai.js";
import { answered, connected, type DiscordStage, realClock, stageDiscord } from "./discord-support.js";

/** The machine's clock, by which a busy machine has ten times as long to read what a question needs. */
const patientClock: FakeClock = {
  ...realClock,
  sleep: (ms, signal) => systemClock.sleep(ms === READ_MS ? 10 * ms : ms, signal),
};

let stage: DiscordStage;
let openai: FakeOpenAi;
const begin = async (options: Parameters<typeof stageDiscord>[0], more: Record<string, string> = {}) => {
  openai = await startFakeOpenAi({ models: ["gpt-5"] });
  // By its number an answer tells which request it was given to: a message in a thread may be answered beside.
  openai.replyWith((body) => `Understood ${openai.requests.findIndex((request) => request.body === body)}.`);
  const environment = { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url, ...more };
  stage = await stageDiscord(options, environment, patientClock);
  await connected(stage.discord);
};
const end = async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
  await openai.close();
};

/** What the model got for a question, and what the bot wrote below it. */
async function exchange(channel: FakeChannel, question: FakeMessage) {
  const answers = await answered(stage.discord, channel, question);
  const shown = answers.map(({ content }) => content).join("\n");
  const [, number] = /Understood (\d+)\./.exec(shown) ?? [];
  const request = openai.requests[Number(number)];
  return {
    asked: JSON.stringify(request?.body?.messages ?? "").replaceAll("\\n", "\n"),
    answer: shown.replace(` ${number}.`, "."),
    mark: stage.discord.marksOf(question).at(-1),
  };
}

interface Said {
  readonly content?: string;
  readonly uploads?: readonly FakeUpload[];
  readonly extra?: object;
  readonly isOwn?: boolean;
}

const KINDS: readonly (readonly [string, () => Said, RegExp])[] = [
  ["text", () => ({ content: "the MARKER text" }), /the MARKER text/],
  [
    "embed",
    () => ({
      extra: {
        embeds: [
          {
            type: "rich",
            title: "Title MARKER",
            description: "described",
            fields: [{ name: "cpu", value: "99 %", inline: true }],
            footer: { text: "from the monitor" },
          },
        ],
      },
    }),
    /Title MARKER[\s\S]*described[\s\S]*cpu: 99 %[\s\S]*from the monitor/,
  ],
  [
    "laid-out message",
    () => ({
      extra: { flags: 1 << 15, components: [{ type: 17, components: [{ type: 10, content: "laid MARKER" }] }] },
    }),
    /laid MARKER/,
  ],
  [
    // https://github.com/AlaskanTuna/Rokabot/issues/155: a laid-out message has its files in its components only.
    "file in a laid-out message",
    () => {
      const { url } = stage.discord.files.add("ci.log", { bytes: new TextEncoder().encode("log MARKER") });
      const accessory = { type: 2, style: 5, label: "Runbook", url: "https://runbook.example/MARKER" };
      const section = { type: 9, components: [{ type: 10, content: "the build" }], accessory };
      return { extra: { flags: 1 << 15, components: [{ type: 17, components: [section, fileOf(url)] }] } };
    },
    /Runbook \(https:\/\/runbook.example\/MARKER\)[\s\S]*(log MARKER|ci\.log)/,
  ],
  [
    "image",
    () => ({ uploads: [stage.discord.files.add("shot.png", { bytes: imageBytes("png") })] }),
    /image_url|shot\.png/,
  ],
  [
    "text file",
    () => ({ uploads: [stage.discord.files.add("ci.log", { bytes: new TextEncoder().encode("log MARKER") })] }),
    /log MARKER|ci\.log/,
  ],
  [
    "poll",
    () => ({
      extra: {
        poll: {
          question: { text: "Lunch MARKER?" },
          answers: [
            { answer_id: 1, poll_media: { text: "Pizza", emoji: { name: "🍕" } } },
            { answer_id: 2, poll_media: { text: "Soup" } },
          ],
          results: { is_finalized: false, answer_counts: [{ id: 1, count: 3, me_voted: false }] },
        },
      },
    }),
    /Poll: Lunch MARKER\?\n(?:> )?- 🍕 Pizza \(3\)\n(?:> )?- Soup/,
  ],
  [
    "sticker",
    () => ({ extra: { sticker_items: [{ id: "1", name: "Wave MARKER", format_type: 1 }] } }),
    /\[sticker: Wave MARKER\]/,
  ],
  [
    "voice message",
    () => ({
      uploads: [
        {
          ...stage.discord.files.add("voice-message.ogg", { bytes: imageBytes("heic"), type: "audio/ogg" }),
          duration_secs: 12.4,
        } as FakeUpload,
      ],
      extra: { flags: 1 << 13 },
    }),
    /voice message, 12 s/,
  ],
  ["message of the bot's own", () => ({ content: "our own MARKER", isOwn: true }), /our own MARKER/],
];

const fileOf = (url: string) => ({ type: 13, file: { url, proxy_url: url }, name: "ci.log", size: 10 });

const say = (channel: FakeChannel, { content = "", uploads = [], extra = {}, isOwn = false }: Said): FakeMessage => {
  const { discord } = stage;
  if (isOwn) return discord.world.addMessage(channel, { authorId: BOT_ID, content, extra });
  return discord.say(channel, discord.person("bob"), content, { uploads, extra });
};

const PLACES: Readonly<Record<string, (said: Said) => readonly [FakeChannel, FakeMessage]>> = {
  "the question"({ content = "", uploads = [], extra = {} }) {
    const channel = stage.discord.addChannel("question");
    return [channel, stage.discord.say(channel, ada(), content, { naming: true, uploads, extra })];
  },
  "the reply's target"(said) {
    const channel = stage.discord.addChannel("reply");
    const target = say(channel, said);
    return [channel, stage.discord.say(channel, ada(), "explain", { naming: true, replyTo: target })];
  },
  "a forward"({ content = "", uploads = [], extra = {} }) {
    const channel = stage.discord.addChannel("forward");
    const message = {
      type: 0,
      content,
      attachments: uploads,
      embeds: [],
      components: [],
      flags: 0,
      mentions: [],
      ...extra,
    };
    const forward = {
      message_reference: { type: 1, message_id: "1", channel_id: "2" },
      message_snapshots: [{ message }],
    };
    return [channel, stage.discord.say(channel, ada(), "summarise this", { naming: true, extra: forward })];
  },
  "a thread's first message"(said) {
    const channel = stage.discord.addChannel("parent");
    const thread = stage.discord.startThread(channel, say(channel, said), "talk");
    for (let index = 0; index < 25; index++) stage.discord.say(thread, stage.discord.person("eve"), `filler ${index}`);
    return [thread, stage.discord.say(thread, ada(), "explain", { naming: true })];
  },
  "an earlier message of a thread"(said) {
    const thread = stage.discord.addThread(stage.discord.addChannel("parent"), "talk");
    stage.discord.say(thread, stage.discord.person("eve"), "it began so");
    say(thread, said);
    return [thread, stage.discord.say(thread, ada(), "explain", { naming: true })];
  },
};
const ada = () => stage.discord.person("ada");

const MATRIX = Object.keys(PLACES)
  .flatMap((place) => KINDS.map(([kind, said, wanted]) => [place, kind, said, wanted] as const))
  .filter(([place, kind]) => place !== "the question" || !kind.includes("own"));

describe("what a message carries on Discord", () => {
  beforeAll(() => begin({ allowedPrivileged: MESSAGE_CONTENT_INTENT }, { FOLLOW_THREADS: "true" }));
  afterAll(end);

  it.each(MATRIX)("reaches the model from %s: %s", async (place, kind, said, wanted) => {
    const { asked, answer, mark } = await exchange(...(PLACES[place]?.(said()) ?? raise(place)));
    expect(asked).toMatch(wanted);
    expect(mark).toBe("✅");
    if (/an earlier/.test(place) && /image|file|voice/.test(kind))
      expect(answer).toMatch(/ℹ️ Ignored `(shot\.png|ci\.log|voice-message\.ogg)`: /);
    else if (kind === "image") expect(asked).toContain("image_url");
    else if (/file/.test(kind)) expect(asked).toContain("log MARKER");
    else if (kind === "voice message") expect(answer).toMatch(/ℹ️ Ignored `voice-message\.ogg`: it is neither/);
    else expect(answer).toBe("Understood.");
  });

  it("is a question by itself where somebody forwards it in a direct message", async () => {
    const { discord } = stage;
    const direct = discord.directChannel("ada");
    const message_snapshots = [{ message: { content: "the build MARKER broke", mentions: [] } }];
    const extra = { message_reference: { type: 1 }, message_snapshots };
    const { asked, mark } = await exchange(direct, discord.say(direct, ada(), "", { extra }));
    expect(asked).toContain("Forwarded message:\n> the build MARKER broke");
    expect(mark).toBe("✅");
  });

  it("is fetched where Discord leaves out what a message replies to", async () => {
    const { discord } = stage;
    const channel = discord.addChannel("fetched");
    const target = discord.say(channel, discord.person("bob"), "the MARKER to fetch");
    const extra = { type: 19, message_reference: { message_id: target.id, channel_id: channel.id } };
    const { asked } = await exchange(channel, discord.say(channel, ada(), "why?", { naming: true, extra }));
    expect(asked).toContain("In reply to bob:\n> the MARKER to fetch");
    discord.deleteMessage(target);
    const later = await exchange(channel, discord.say(channel, ada(), "why?", { naming: true, extra }));
    expect(later.answer).toBe("Understood.\n\nℹ️ Ignored the message that this replies to: it was not found.");
    discord.forbid(channel, "history");
    await exchange(channel, discord.say(channel, ada(), "why?", { naming: true, extra }));
    expect(discord.answers(channel).at(-1)?.content).toContain(
      "ℹ️ Ignored the message that this replies to: I have no permission to read it.",
    );
  });

  it("is fetched where a thread's stand-in comes without the message that it began with", async () => {
    const { discord } = stage;
    const channel = discord.addChannel("bare");
    const alert = say(channel, { extra: { embeds: [{ title: "alert MARKER" }] } });
    const thread = discord.addThread(channel, "bare talk", alert.id);
    discord.world.addMessage(thread, { authorId: BOT_ID, content: "", extra: { type: 21 } });
    const { asked } = await exchange(thread, discord.say(thread, ada(), "why?", { naming: true }));
    expect(asked).toContain("bob:\n> alert MARKER");
    const other = discord.addThread(channel, "deleted", discord.world.newId());
    discord.world.addMessage(other, { authorId: BOT_ID, content: "", extra: { type: 21 } });
    const { answer } = await exchange(other, discord.say(other, ada(), "why?", { naming: true }));
    expect(answer).toContain("ℹ️ Ignored the first message of this thread: it was not found.");
  });

  it("is fetched where Discord leaves out what a message forwards that is replied to", async () => {
    const { discord } = stage;
    const channel = discord.addChannel("forwarded");
    const message_reference = { type: 1, message_id: "1", channel_id: "2" };
    const message_snapshots = [{ message: { content: "the MARKER forwarded", mentions: [] } }];
    const target = say(channel, { extra: { message_reference, message_snapshots } });
    const extra = { referenced_message: { id: target.id, author: { id: "4", username: "bob" }, message_reference } };
    const asked = discord.say(channel, ada(), "why?", { naming: true, replyTo: target, extra });
    expect((await exchange(channel, asked)).asked).toContain("> Forwarded message:\n> the MARKER forwarded");
  });

  it("is named where the message that is replied to was deleted, or a file of it is not there any more", async () => {
    const { discord } = stage;
    const channel = discord.addChannel("deleted");
    const lost = { ...discord.files.add("lost.log", { bytes: new Uint8Array(3) }) };
    const [origin] = lost.url.split("/attachments");
    const target = say(channel, { uploads: [{ ...lost, url: `${origin}/attachments/0?ex=1` }] });
    const expired = await exchange(channel, discord.say(channel, ada(), "why?", { naming: true, replyTo: target }));
    expect(expired.answer).toContain("ℹ️ Ignored `lost.log`: its link has expired.");
    discord.deleteMessage(target);
    const gone = await exchange(channel, discord.say(channel, ada(), "why?", { naming: true, replyTo: target }));
    expect(gone.answer).toContain("ℹ️ Ignored the message that this replies to: it was deleted.");
  });

  it("is the thread's first message where the bot is only called into the thread", async () => {
    const { discord } = stage;
    const channel = discord.addChannel("called");
    const thread = discord.startThread(
      channel,
      say(channel, { extra: { embeds: [{ title: "DiskFull MARKER" }] } }),
      "x",
    );
    for (let index = 0; index < 3; index++) discord.say(thread, discord.person("eve"), `filler ${index}`);
    const { asked, mark } = await exchange(thread, discord.say(thread, ada(), "", { naming: true }));
    expect(asked).toContain("In reply to bob:\n> DiskFull MARKER");
    expect(asked.match(/MARKER/g)).toHaveLength(1);
    expect(asked).toContain("filler 0");
    expect(mark).toBe("✅");
    const outside = await exchange(channel, discord.say(channel, ada(), "", { naming: true }));
    expect(outside.answer).toContain("There is no question in this message.");
  });

  it.each([
    ["somebody joined", { type: 7 }, "it is a system message of Discord without text"],
    ["a command still works", { type: 20, flags: 1 << 7 }, "its text had not arrived yet"],
  ])("is named with its true reason where there is none in what is replied to: %s", async (_what, extra, why) => {
    const channel = stage.discord.addChannel("notices");
    const target = say(channel, { extra });
    const asked = stage.discord.say(channel, ada(), "why?", { naming: true, replyTo: target });
    expect((await exchange(channel, asked)).answer).toContain(`ℹ️ Ignored the message that this replies to: ${why}.`);
  });

  it("is the result of a poll, a picture that moves, and what a picture shows in words", async () => {
    const { discord } = stage;
    const thread = discord.addThread(discord.addChannel("parent"), "talk");
    const { url } = discord.files.add("cat.png", { bytes: imageBytes("png") });
    // https://docs.discord.com/developers/resources/message#embed-fields-by-embed-type-poll-result-embed-fields
    const fields = [{ name: "poll_question_text", value: "Lunch MARKER?", inline: false }];
    say(thread, { extra: { type: 46, embeds: [{ type: "poll_result", fields }] } });
    const media = { url: "https://elsewhere.example/x.png" };
    say(thread, { extra: { components: [{ type: 12, items: [{ media, description: "a red MARKER" }] }] } });
    const { asked } = await exchange(thread, discord.say(thread, ada(), "who won?", { naming: true }));
    expect(asked).toMatch(/Lunch MARKER\?[\s\S]*\[image: a red MARKER\]/);
    const gif = {
      type: "gifv",
      url: "https://tenor.com/view/cat",
      thumbnail: { url },
      video: { url: "https://x.mp4" },
    };
    const target = say(thread, { content: gif.url, extra: { embeds: [gif] } });
    const shown = await exchange(thread, discord.say(thread, ada(), "explain", { naming: true, replyTo: target }));
    expect(shown.asked).toContain("image_url");
  });

  it("has its title where it begins a post of a forum, also where the title is all of the question", async () => {
    const { discord } = stage;
    const forum = discord.world.addChannel("forum", { type: 15, guildId: GUILD_ID });
    const begin = (title: string, content: string) => {
      const id = discord.world.newId();
      const post = discord.addThread(forum, title, id);
      discord.joinThread(post);
      return [post, discord.world.addMessage(post, { id, authorId: ada().id, content })] as const;
    };
    const [bare, question] = begin("Why does the build MARKER fail?", `<@${BOT_ID}>`);
    discord.repeat(bare, question, ada());
    const { asked, mark } = await exchange(bare, question);
    expect(asked).toContain("> Title of this post: Why does the build MARKER fail?");
    expect(mark).toBe("✅");
    const [post] = begin("The MARKER fails on M1", "it says 42");
    const later = await exchange(post, discord.say(post, ada(), "any idea?", { naming: true }));
    expect(later.asked).toContain("ada:\n> Title of this post: The MARKER fails on M1\n> it says 42");
  });

  it("has names in the place of ids", async () => {
    const { discord } = stage;
    const channel = discord.addChannel("ids");
    const emoji = "<:party:123456789012345678> <a:dance:123456789012345678>";
    const content = `<#${channel.id}> <@&900000000000000004> <@${discord.person("bob").id}> ${emoji} <t:1700000000:R> </settings model:1> \`<#${channel.id}>\` <#42>`;
    const { asked } = await exchange(channel, discord.say(channel, ada(), content, { naming: true }));
    expect(asked).toContain(
      `#ids @managers @bob :party: :dance: 2023-11-14 22:13 UTC /settings model \`<#${channel.id}>\` #unknown-channel`,
    );
  });
});

describe("the ways in which people call the bot on Discord", () => {
  beforeAll(() => begin({}));
  afterAll(end);
  const untouched = (message: FakeMessage) => stage.discord.marksOf(message).length === 0;

  it("is answered where its role is mentioned, or told why where Discord hides the text", async () => {
    const { discord } = stage;
    const asked = discord.say(discord.general, ada(), `<@&${BOT_ROLE}> what is 2+2?`, { naming: true });
    expect((await exchange(discord.general, asked)).asked).toContain('"what is 2+2?"');
    const { answer, mark } = await exchange(
      discord.general,
      discord.say(discord.general, ada(), `<@&${BOT_ROLE}> what is 2+2?`),
    );
    expect(answer).toMatch(
      /There is nothing in this message that I can read\.\nℹ️ Ignored this message, which mentions my role: .*Message Content intent.*; mention me by my own name\./,
    );
    expect(mark).toBe("❌");
  });

  it("is answered once where a mention is edited in within the hour", async () => {
    const { discord } = stage;
    const said = discord.say(discord.general, ada(), "what is 2+2?");
    discord.change(discord.general, said, ada(), `<@${BOT_ID}> what is 2+2?`, 59);
    const [first] = await answered(discord, discord.general, said);
    expect(first?.content).toMatch(/^Understood \d+\.$/);
    discord.change(discord.general, said, ada(), `<@${BOT_ID}> what is 3+3?`);
    const late = discord.say(discord.general, ada(), "what is 4+4?");
    discord.change(discord.general, late, ada(), `<@${BOT_ID}> what is 4+4?`, 60);
    const robot = discord.person("robot", { isBot: true });
    const bots = discord.say(discord.general, robot, "what is 5+5?");
    discord.change(discord.general, bots, robot, `<@${BOT_ID}> what is 5+5?`);
    // The preview of a link arrives: that is no edit.
    const preview = discord.say(discord.general, ada(), "see https://example.org");
    discord.gateway.dispatch("MESSAGE_UPDATE", {
      id: preview.id,
      type: 0,
      channel_id: discord.general.id,
      guild_id: GUILD_ID,
      content: `<@${BOT_ID}> see https://example.org`,
      author: { id: ada().id, username: "ada" },
      mentions: [{ id: BOT_ID, username: "evergreen" }],
      edited_timestamp: null,
    });
    const marker = discord.say(discord.general, ada(), "and now?", { naming: true });
    await answered(discord, discord.general, marker);
    expect(discord.answers().filter(({ replyTo }) => replyTo === said.id)).toHaveLength(1);
    expect([late, bots, preview].map(untouched)).toEqual([true, true, true]);
  });

  it("says of a message that it may not read that the Message Content intent is missing", async () => {
    const { discord } = stage;
    const target = say(discord.general, { extra: { embeds: [{ title: "alert" }] } });
    const asked = discord.say(discord.general, ada(), "why?", { naming: true, replyTo: { ...target } });
    await answered(discord, discord.general, asked);
    const thread = discord.startThread(discord.general, target, "about it");
    discord.say(thread, discord.person("bob"), "unseen");
    const { answer } = await exchange(thread, discord.say(thread, ada(), "and?", { naming: true }));
    expect(answer).toMatch(
      /ℹ️ Ignored .*earlier messages of this thread: Discord shows it to me only with the Message Content intent/,
    );
  });
});

function raise(place: string): never {
  throw new Error(`no place ${place}`);
}
