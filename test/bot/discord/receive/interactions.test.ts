import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Places } from "../../../../src/bot/discord/gateway/places.js";
import { createInteractionReceiver } from "../../../../src/bot/discord/receive/interactions.js";
import { createCalls } from "../../../../src/bot/discord/send/calls.js";
import { createRest } from "../../../../src/bot/discord/send/rest.js";
import { createSender } from "../../../../src/bot/discord/send/send.js";
import type { CommandCall, PlatformHandlers } from "../../../../src/bot/port/platform.js";
import { type Command, defineCommand, type Reply } from "../../../../src/commands/command.js";
import { FAKE_DISCORD_TOKEN, type FakeDiscord, startFakeDiscord } from "../../../support/fake-discord.js";
import type { FakeInteraction } from "../../../support/fake-discord-interactions.js";
import { briskClock } from "../discord-support.js";

let discord: FakeDiscord;
beforeAll(async () => {
  discord = await startFakeDiscord();
});
afterAll(async () => {
  expect(discord.rest.faults).toEqual([]);
  await discord.close();
});

const command: Command = defineCommand({
  path: "shout",
  about: "says it",
  access: "anyone",
  visibility: "public",
  options: { word: { kind: "word", about: "what", isSuggested: true } },
  async *run() {},
});

const whisper: Command = defineCommand({ ...command, path: "whisper", visibility: "ephemeral" });

const setting: Command = defineCommand({ ...command, path: "setting", access: "operator", visibility: "ephemeral" });
const MEMBER = {
  ownerId: undefined,
  permissionsOf: () => undefined,
  roleName: () => undefined,
  roleOfBot: () => undefined,
};

const idFor = async (line: string) => line;

/** The receiver with a bot that gives these replies, straight against Discord. */
function receiving(replies: readonly Reply[]) {
  const calls = createCalls(briskClock);
  const rest = createRest({
    token: FAKE_DISCORD_TOKEN,
    apiUrl: discord.url,
    clock: briskClock,
    onAnswer: calls.onAnswer,
  });
  const told: CommandCall[] = [];
  const lines: string[] = [];
  const say = (fields: unknown, text?: string) => void lines.push(`${JSON.stringify(fields)} ${text}`);
  const handlers: PlatformHandlers = {
    onMention: async () => {},
    async *onCommand(call) {
      told.push(call);
      yield* replies;
    },
    inLanguageOf: (_place, work) => work(),
    onReaction: async () => {},
    onGap() {},
    isServed: () => true,
    takesPart: async () => false,
    isFirst: async () => true,
    onFocus() {},
    onSuggest: () =>
      [
        { label: `${"x".repeat(98)}😀😀`, value: "fits" },
        { label: "too long", value: "v".repeat(101) },
        ...Array.from({ length: 40 }, (_, index) => ({ label: `choice ${index}`, value: String(index) })),
      ] as const,
  };
  const deps = {
    rest,
    calls,
    sender: createSender({ clock: briskClock, rest, calls, idFor }),
    log: { debug: say, info: say, warn: say, error: say },
    commands: [command, whisper, setting],
    places: { server: (id) => (id === "900000000000000003" ? MEMBER : undefined) } satisfies Pick<Places, "server">,
    controlIds: { idFor, commandOf: async (id: string) => id, prune: async () => {} },
    clock: briskClock,
  };
  return { receive: createInteractionReceiver(deps, handlers), told, lines };
}

/** An interaction as its event would bring it. */
function slash(given: readonly object[] = []): { interaction: FakeInteraction; event: object } {
  const interaction = discord.slash(discord.general, discord.person("ada"), "shout", given);
  return { interaction, event: eventOf(interaction, { name: "shout", options: given }) };
}
const eventOf = ({ id, token, type }: FakeInteraction, data: object) => ({
  id,
  token,
  type,
  application_id: "900000000000000002",
  channel_id: discord.general.id,
  guild_id: "900000000000000003",
  channel: { id: discord.general.id, type: 0 },
  member: { user: { id: "4", username: "ada" }, permissions: "32" } as object,
  data,
});

describe("an interaction on Discord", () => {
  it("of a public command is answered for everyone, with the call as it was typed", async () => {
    const { receive, told } = receiving([{ markdown: "hey" }]);
    const { interaction, event } = slash([{ type: 3, name: "word", value: "two words" }]);
    await receive(event);
    expect(interaction.replies.map(({ content, isEphemeral }) => [content, isEphemeral])).toEqual([["hey", false]]);
    expect(told).toMatchObject([{ text: '/shout word:"two words"', isOperator: true, isDirect: false }]);
  });

  it("shows a long reply in further messages, and takes those away that a shorter one does not need", async () => {
    const long = Array.from({ length: 120 }, (_, index) => `line ${index} ${"x".repeat(40)}`).join("\n");
    const controls = [{ label: "again", command: "/shout" }];
    const longOne = slash();
    await receiving([{ markdown: "wait" }, { markdown: long, controls }]).receive(longOne.event);
    const { replies } = longOne.interaction;
    expect(replies.length).toBeGreaterThan(2);
    expect(
      replies
        .map(({ content }) => content)
        .join("\n")
        .match(/line \d+/g),
    ).toHaveLength(120);
    expect(replies.map(({ components }) => components.length)).toEqual(
      replies.map((_, at) => (at < replies.length - 1 ? 0 : 1)),
    );
    const shrinking = slash();
    await receiving([{ markdown: long }, { markdown: "short" }]).receive(shrinking.event);
    expect(shrinking.interaction.replies.map(({ content }) => content)).toEqual(["short"]);
  });

  it("carries a file that only its reader sees", async () => {
    const file = { name: "chat.md", bytes: new TextEncoder().encode("# Chat"), alt: "the conversation" };
    const interaction = discord.slash(discord.general, discord.person("ada"), "whisper");
    await receiving([{ markdown: "here", files: [file] }]).receive(eventOf(interaction, { name: "whisper" }));
    expect(interaction.replies).toMatchObject([{ isEphemeral: true, content: "here" }]);
    expect(interaction.replies[0]?.files).toEqual([{ filename: "chat.md", text: "# Chat" }]);
  });

  it.each([
    ["setting", "77", []],
    ["setting", "900000000000000003", ["/setting"]],
    ["whisper", "77", ["/whisper"]],
  ])("of %s in server %s runs %j: nothing is stored for a server that the bot is not in", async (name, guild, ran) => {
    const { receive, told } = receiving([{ markdown: "done" }]);
    const interaction = discord.slash(discord.general, discord.person("ada"), name);
    await receive({ ...eventOf(interaction, { name }), guild_id: guild });
    expect(told.map(({ text }) => text)).toEqual(ran);
    expect(interaction.replies[0]?.content).toMatch(
      ran.length > 0 ? /^done$/ : /^I am not a member of this server.*\[add me\]\(https:\/\/discord\.com\/oauth2/,
    );
  });

  it("is answered also where what decides nothing is missing or strange, and gives nobody rights then", async () => {
    const { receive, told } = receiving([{ markdown: "hey" }]);
    const { interaction, event } = slash();
    const member = { user: { id: "4", username: "ada", global_name: null }, roles: null, nick: null };
    await receive({ ...event, member, channel: null, locale: 7, entitlements: null });
    expect(interaction.replies[0]?.content).toBe("hey");
    expect(told[0]).toMatchObject({ isOperator: false, author: { id: "4", name: "ada" } });
    expect(await told[0]?.isInGroup?.("5")).toBe(false);
  });

  it("is acknowledged by a second try when the first got no answer, and given up when it is too late", async () => {
    const retried = slash();
    discord.rest.failNext(/callback$/, 502);
    await receiving([{ markdown: "hey" }]).receive(retried.event);
    expect(retried.interaction.replies[0]?.content).toBe("hey");
    const late = slash();
    discord.rest.failNext(/callback$/, 404, 10062);
    const { receive, told } = receiving([{ markdown: "hey" }]);
    await receive(late.event);
    expect(told).toEqual([]);
  });

  it("gets its reply also where Discord's servers fail for a while", async () => {
    const { interaction, event } = slash();
    discord.rest.failNext(/^PATCH \/webhooks\/.*@original$/, 503, 0, 2);
    await receiving([{ markdown: "hey" }]).receive(event);
    expect(interaction.replies[0]?.content).toBe("hey");
  });

  it("that another process has acknowledged is left to it without a word", async () => {
    const { interaction, event } = slash();
    const [first, second] = [receiving([{ markdown: "first" }]), receiving([{ markdown: "second" }])];
    await first.receive(event);
    await second.receive(event);
    expect(interaction.replies.map(({ content }) => content)).toEqual(["first"]);
    expect([second.told, second.lines]).toEqual([[], []]);
  });

  it("whose token has run out goes on in the channel where everyone may read it, and no token gets into the log", async () => {
    const { interaction, event } = slash();
    const long = "a line of some length\n".repeat(150);
    const { receive, lines } = receiving([{ markdown: "first" }, { markdown: long }]);
    interaction.isExpired = true;
    const before = discord.answers().length;
    await receive(event);
    const after = discord.answers().slice(before);
    expect(interaction.replies[0]?.texts).toEqual([]);
    expect(after.map(({ content }) => content).join("\n")).toBe(long.trim());
    expect(after[0]?.texts[0]).toBe("first");
    expect(lines.join()).not.toContain(interaction.token);
  });

  it("whose token has run out goes on in a direct message where only one person may read it", async () => {
    const ada = discord.person("ada");
    const interaction = discord.slash(discord.general, ada, "whisper");
    interaction.isExpired = true;
    const before = discord.answers().length;
    const event = eventOf(interaction, { name: "whisper" });
    await receiving([{ markdown: "a secret" }]).receive({ ...event, member: { user: ada, permissions: "0" } });
    expect(discord.answers()).toHaveLength(before);
    expect(discord.answers(discord.world.directChannel(ada)).map(({ content }) => content)).toEqual(["a secret"]);
  });

  it("for autocomplete gets at most 25 choices that Discord takes, without anything awaited before", async () => {
    const given = [{ type: 3, name: "word", value: "a", focused: true }];
    const interaction = discord.autocomplete(discord.general, discord.person("ada"), "shout", given);
    await receiving([]).receive(eventOf(interaction, { name: "shout", options: given }));
    expect(interaction.choices).toHaveLength(25);
    expect(interaction.choices?.[0]).toEqual({ name: `${"x".repeat(98)}…`, value: "fits" });
  });
});
