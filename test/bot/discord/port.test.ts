import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Reply } from "../../../src/commands/command.js";
import { BOT_ID, type FakeMessage } from "../../support/fake-discord-world.js";
import { eventually } from "../../support/playground-client.js";
import { type PlatformStage, stagePlatform } from "./discord-support.js";

const replies = new Map<string, readonly Reply[]>();
let stage: PlatformStage;
beforeAll(async () => {
  stage = await stagePlatform({
    async *onCommand({ text }) {
      yield* replies.get(text) ?? [{ markdown: `ran ${text}` }];
    },
  });
});
afterAll(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
});

const ada = () => stage.discord.person("ada");
const signal = () => new AbortController().signal;
const heard = (message: FakeMessage) =>
  eventually("a mention", () => stage.mentions.find((mention) => mention.message.message === message.id));
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => error,
  );

describe("who speaks on Discord", () => {
  it("has the roles that the event tells, and the server's own", async () => {
    const { discord } = stage;
    const max = discord.person("max", { isManager: true });
    const mention = await heard(discord.say(discord.general, max, "hello", { naming: true }));
    const roles = ["900000000000000004", "900000000000000003", "4711"];
    expect(await Promise.all(roles.map((role) => mention.isInGroup?.(role)))).toEqual([true, true, false]);
    const direct = await heard(discord.say(discord.directChannel(), ada(), "hello"));
    expect(direct.isInGroup).toBeUndefined();
    const board = await stage.platform.post(
      { platform: "discord", workspace: "900000000000000003", channel: discord.general.id },
      { markdown: "board" },
    );
    const message = discord.general.messages.get(board.message);
    if (message === undefined) throw new Error("no board");
    discord.react(discord.general, max, message, "🔄");
    const reaction = await eventually("a reaction", () => stage.reactions[0]);
    expect(await reaction.isInGroup?.("900000000000000004")).toBe(true);
    expect(reaction.isOperator).toBe(true);
  });
});

describe("a post of the bot's own on Discord", () => {
  const place = () => ({ platform: "discord", workspace: "900000000000000003", channel: stage.discord.general.id });

  it("notifies nobody where it is silent, and mentions nobody", async () => {
    const { message } = await stage.platform.post(place(), { markdown: "psst <@1> @everyone" }, { isSilent: true });
    expect((stage.discord.general.messages.get(message)?.flags ?? 0) & 4_096).toBe(4_096);
    const loud = await stage.platform.post(place(), { markdown: "hey" });
    expect((stage.discord.general.messages.get(loud.message)?.flags ?? 0) & 4_096).toBe(0);
  });

  it("is there once although it is sent again by its name, and found where an earlier attempt arrived", async () => {
    const since = Date.now() - 1_000;
    const reply = { markdown: "🆕 Models changed\n- **new** `v/m-1`" };
    const first = await stage.platform.post(place(), reply, { once: { name: "a1b2" } });
    const named = await stage.platform.post(place(), reply, { once: { name: "a1b2" } });
    const found = await stage.platform.post(place(), reply, { once: { name: "other", triedSince: since } });
    const other = await stage.platform.post(
      place(),
      { markdown: "others" },
      { once: { name: "x", triedSince: since } },
    );
    expect([named.message, found.message]).toEqual([first.message, first.message]);
    expect(other.message).not.toBe(first.message);
  });
});

describe("a file beside a question on Discord", () => {
  const asked = async (...uploads: Parameters<PlatformStage["discord"]["files"]["add"]>[]) => {
    const { discord } = stage;
    const added = uploads.map((upload) => discord.files.add(...upload));
    return heard(discord.say(discord.general, ada(), "look", { naming: true, uploads: added }));
  };
  const bytes = new TextEncoder().encode("some text");

  it("comes with its name, type and size, and its content", async () => {
    const { attachments } = await asked(["notes.txt", { bytes, type: "text/plain; charset=utf-8" }]);
    expect(attachments).toMatchObject([{ name: "notes.txt", sizeBytes: 9, mediaType: "text/plain; charset=utf-8" }]);
    expect(await attachments?.[0]?.read(9, signal())).toEqual(Buffer.from(bytes));
  });

  it("is read no further than is allowed, whatever was said of its size", async () => {
    const { attachments = [] } = await asked(
      ["large.bin", { bytes, size: 1 }],
      ["endless.bin", { bytes: new Uint8Array(65_536), size: 1, isEndless: true }],
    );
    const errors = await Promise.all(attachments.map((file) => failure(file.read(8, signal()))));
    expect(errors).toMatchObject([{ reason: "refused" }, { reason: "refused" }]);
  });

  it("is not looked for where it redirects to, nor at other hosts or by other ways", async () => {
    const { discord } = stage;
    const other = discord.files.add("inside.txt", { bytes });
    const moved = discord.files.add("moved.txt", { bytes, redirectTo: other.url });
    const urls = [
      "https://example.com/a.txt",
      "http://cdn.discordapp.com/a.txt",
      "https://cdn.discordapp.com.example.com/a.txt",
      "https://cdn.discordapp.com:8443/a.txt",
      "https://user@cdn.discordapp.com/a.txt",
      "file:///etc/hostname",
    ];
    const uploads = [moved, ...urls.map((url) => ({ ...moved, url }))];
    const before = discord.files.served.length;
    const { attachments = [] } = await heard(discord.say(discord.general, ada(), "look", { naming: true, uploads }));
    const errors = await Promise.all(attachments.map((file) => failure(file.read(100, signal()))));
    expect(errors.map(({ reason }) => reason)).toEqual(["unavailable", ...urls.map(() => "refused")]);
    expect(discord.files.served.slice(before)).toHaveLength(1);
  });

  it("that is there no more is refused, and a reader who gives up ends the download", async () => {
    const { attachments = [] } = await asked(["slow.bin", { bytes: new Uint8Array(65_536), isEndless: true }]);
    const giveUp = new AbortController();
    const reading = failure(attachments[0]?.read(Number.MAX_SAFE_INTEGER, giveUp.signal) ?? Promise.resolve());
    giveUp.abort(new Error("never mind"));
    expect(await reading).toMatchObject({ message: "never mind" });
    const { discord } = stage;
    const gone = {
      ...discord.files.add("gone.txt", { bytes }),
      url: `${discord.url.replace("/api", "")}/attachments/0`,
    };
    const mention = await heard(discord.say(discord.general, ada(), "look", { naming: true, uploads: [gone] }));
    const read = async () => failure(mention.attachments?.[0]?.read(9, signal()) ?? Promise.resolve());
    expect(await read()).toMatchObject({ reason: "gone", why: undefined });
  });
});

describe("what stands around a question on Discord", () => {
  it("is quoted when it is replied to, the bot's own by its id", async () => {
    const { discord } = stage;
    const bob = discord.person("bob");
    const said = discord.say(discord.general, bob, "the sky is green");
    const mention = await heard(discord.say(discord.general, ada(), "true?", { naming: true, replyTo: said }));
    expect(mention.quote).toEqual({
      author: "bob",
      authorId: bob.id,
      at: expect.any(Number),
      text: "the sky is green",
    });
    const place = { platform: "discord", workspace: "900000000000000003", channel: discord.general.id };
    const { message } = await stage.platform.post(place, { markdown: "an answer" });
    const own = discord.general.messages.get(message);
    if (own === undefined) throw new Error("no answer");
    const more = await heard(discord.say(discord.general, ada(), "more", { naming: true, replyTo: own }));
    expect(more.quote).toMatchObject({ author: "evergreen", text: "an answer", ownMessage: message });
  });

  it("is what people said before in a thread, as far as the bot may read it", async () => {
    const { discord } = stage;
    const thread = discord.addThread(discord.general, "a talk");
    const bob = discord.person("bob");
    for (const text of ["one", "two", "three"]) discord.say(thread, bob, text, { naming: true });
    await stage.platform.post(
      { platform: "discord", workspace: "900000000000000003", channel: discord.general.id, thread: thread.id },
      { markdown: "the bot's own" },
    );
    discord.say(thread, bob, "hidden from it"); // without the intent, only what names the bot has its text
    const mention = await heard(discord.say(thread, ada(), "and now?", { naming: true }));
    const said = (text: string) => ({
      author: "bob",
      authorId: bob.id,
      at: expect.any(Number),
      text: `@evergreen ${text}`,
    });
    const own = {
      author: "evergreen",
      authorId: BOT_ID,
      at: expect.any(Number),
      text: "the bot's own",
      ownMessage: discord.answers(thread)[0]?.id,
    };
    const hidden = {
      author: "bob",
      authorId: bob.id,
      at: expect.any(Number),
      text: "",
      leftOut: [{ what: "earlier messages of this thread", why: expect.stringContaining("Message Content intent") }],
    };
    const [one, ...later] = [said("one"), said("two"), said("three"), own, hidden];
    const earlier = async (count: number) => JSON.parse(JSON.stringify(await mention.earlier?.(count, signal())));
    expect(await earlier(50)).toEqual([{ ...one, isFirst: true }, ...later]);
    expect(await earlier(2)).toEqual([{ ...one, isFirst: true }, own, hidden]);
    const flat = await heard(discord.say(discord.general, ada(), "no thread", { naming: true }));
    expect(flat.earlier).toBeUndefined();
  });
});

describe("a command that is typed in a direct message", () => {
  it("gets a long reply in further messages, of which a shorter one leaves only the first", async () => {
    const { discord } = stage;
    const long = Array.from({ length: 100 }, (_, index) => `line ${index} ${"x".repeat(40)}`).join("\n");
    const controls = [{ label: "again", command: "/again" }];
    replies.set("!long", [{ markdown: long, controls }]);
    replies.set("!shrinking", [{ markdown: long }, { markdown: "short" }]);
    const direct = discord.directChannel("long");
    const asked = discord.say(direct, ada(), "!long");
    const shown = await eventually("its last message", () =>
      discord.answers(direct).at(-1)?.components.length === 1 ? discord.answers(direct) : undefined,
    );
    expect(shown.map(({ content }) => content).join("\n")).toBe(long);
    expect(shown.every(({ replyTo }) => replyTo === asked.id)).toBe(true);
    const other = discord.directChannel("shrinking");
    discord.say(other, ada(), "!shrinking");
    await eventually("one message", () => discord.answers(other)[0]?.content === "short" || undefined);
    await eventually("no other", () => discord.answers(other).length === 1 || undefined);
  });
});

describe("openThread() on Discord", () => {
  const place = () => ({ platform: "discord", workspace: "900000000000000003", channel: stage.discord.general.id });

  it("begins one under a message, once, or in the channel, and answers can be posted there", async () => {
    const { discord, platform, openThread } = stage;
    const { message: id } = await platform.post(place(), { markdown: "a long answer" });
    const under = await openThread({ ...place(), message: id }, `  A very\nlong title ${"x".repeat(120)}`);
    expect(under).toEqual({ place: { ...place(), thread: id }, link: `<#${id}>` });
    expect(discord.world.channels.get(id)?.name).toMatch(/^A very long title x+…$/);
    expect(discord.world.channels.get(id)?.name).toHaveLength(100);
    expect(await openThread({ ...place(), message: id }, "again")).toEqual(under);
    const { place: free } = await openThread(place(), " ");
    if (free.thread === undefined) throw new Error("no thread");
    expect(discord.world.channels.get(free.thread)).toMatchObject({ type: 11, name: "Conversation" });
    await platform.post(free, { markdown: "inside" });
    expect([...(discord.world.channels.get(free.thread)?.messages.values() ?? [])][0]?.content).toBe("inside");
  });

  it("is refused in direct messages, inside threads, and where the permission is missing", async () => {
    const { discord, openThread } = stage;
    const direct = { platform: "discord", workspace: "dm", channel: discord.directChannel().id };
    expect(await failure(openThread(direct, "x"))).toMatchObject({ reason: "refused" });
    const inside = { ...place(), thread: "1" };
    expect(await failure(openThread(inside, "x"))).toMatchObject({ reason: "refused" });
    const closed = discord.addChannel("closed");
    discord.world.denied.set(closed.id, new Set(["threads"]));
    const there = { ...place(), channel: closed.id };
    expect(await failure(openThread(there, "x"))).toMatchObject({
      reason: "forbidden",
    });
  });
});

describe("a control under a message on Discord", () => {
  const place = () => ({ platform: "discord", workspace: "900000000000000003", channel: stage.discord.general.id });
  const shownWith = async (command: string) => {
    const reply = { markdown: "an answer", controls: [{ label: "press", command }] };
    const { message } = await stage.platform.post(place(), reply);
    const shown = stage.discord.general.messages.get(message);
    if (shown === undefined) throw new Error("not shown");
    return shown;
  };
  const pressed = async (command: string, given: readonly Reply[]) => {
    replies.set(command, given);
    const shown = await shownWith(command);
    const interaction = stage.discord.press(stage.discord.general, ada(), shown, "press");
    await eventually("a call", () => stage.calls.find(({ text }) => text === command));
    return { shown, interaction };
  };

  it("tells on which message it was pressed, and is answered for its presser alone", async () => {
    const { shown, interaction } = await pressed("/one", [{ markdown: "first" }, { markdown: "then" }]);
    await eventually("a reply", () => interaction.replies.find(({ content }) => content === "then"));
    expect(interaction.replies).toMatchObject([{ isEphemeral: true, texts: ["first", "then"] }]);
    expect(shown.content).toBe("an answer");
    expect(stage.calls.find(({ text }) => text === "/one")?.on).toBe(shown.id);
  });

  it("goes away after use where the reply says so, without a word where there is nothing to read", async () => {
    const { shown, interaction } = await pressed("/two", [{ markdown: "done", isQuiet: true, dropsControls: true }]);
    await eventually("no controls", () => shown.components.length === 0 || undefined);
    expect(shown.content).toBe("an answer");
    expect(interaction.replies).toEqual([]);
    expect(stage.discord.rest.requests.filter(({ status }) => status >= 400 && status !== 403)).toEqual([
      expect.objectContaining({ path: expect.stringContaining("/threads") }),
    ]);
  });

  it("on a reply that only its reader sees belongs to no message", async () => {
    replies.set("/four", [{ markdown: "fourth" }]);
    const { interaction } = await pressed("/three", [
      { markdown: "pick", controls: [{ label: "next", command: "/four" }] },
    ]);
    const reply = await eventually("a reply", () => interaction.replies.find(({ content }) => content !== ""));
    const second = stage.discord.press(stage.discord.general, ada(), reply, "next");
    await eventually("a reply", () => second.replies.find(({ content }) => content === "fourth"));
    expect(stage.calls.find(({ text }) => text === "/four")?.on).toBeUndefined();
  });
});

describe("a panel on Discord", () => {
  it("can stand in a message, and is edited in place by what is pressed on it", async () => {
    const { discord } = stage;
    const panel: Reply = {
      markdown: "✓ all well\n\nLast refresh: <t:1:R>\n\n✓ demo",
      panel: "/status",
      controls: [{ label: "Refresh", command: "/go" }],
    };
    replies.set("/status", [panel]);
    replies.set("!status", [panel]);
    replies.set("/go", [{ markdown: "going" }, { markdown: "gone", isQuiet: true }]);
    const direct = discord.directChannel("panel");
    discord.say(direct, ada(), "!status");
    const shown = await eventually("a panel", () => discord.answers(direct)[0]);
    expect(shown.flags).toBe(1 << 15);
    expect(shown.content).toBe("✓ all well\n\nLast refresh: <t:1:R>\n\n✓ demo");
    const interaction = discord.press(direct, ada(), shown, "Refresh");
    await eventually("its end", () => shown.content.startsWith("gone") || undefined);
    expect(shown.texts.map((text) => text.split("\n")[0])).toEqual(["✓ all well", "going", "gone"]);
    expect(shown.content).toContain("Last refresh: <t:1:R>");
    expect(shown.components[0]?.components[0]?.label).toBe("Refresh");
    expect(interaction.replies).toEqual([]);
  });
});
