import { describe, expect, it } from "vitest";
import { identifyPauseMs } from "../../../src/bot/discord/gateway/session-starts.js";
import { nativeCall, typedLine } from "../../../src/bot/discord/receive/interactions.js";
import { isForBot } from "../../../src/bot/discord/receive/messages.js";
import { hintFor } from "../../../src/bot/discord/receive/typed-command.js";
import { contentOf, controlRows, renderedMessage } from "../../../src/bot/discord/send/render.js";
import { applicationCommands, normalised } from "../../../src/bot/discord/setup/commands.js";
import { answerOf, refusalOf } from "../../../src/bot/discord/wire/answer.js";
import { messageEvent } from "../../../src/bot/discord/wire/events.js";
import {
  faultOf,
  LOST_GRACE_MS,
  nextGatewayState,
  refusalOfClose,
  refusalOfLogin,
} from "../../../src/bot/discord/wire/health.js";
import { inviteLink, isManager, mayManageServer } from "../../../src/bot/discord/wire/permissions.js";
import { placeOf } from "../../../src/bot/discord/wire/places.js";
import type { Command } from "../../../src/commands/command.js";
import { bodyFault } from "../../support/fake-discord-checks.js";

const SELF = "900";
const facts = { selfId: SELF, roleId: "901", isFollowed: false };
const message = (given: object) =>
  messageEvent.parse({
    id: "1",
    type: 0,
    channel_id: "2",
    guild_id: "3",
    content: "hello",
    author: { id: "4", username: "ada" },
    mentions: [],
    ...given,
  });

const ROLE = "901";
const NAMED = { content: "<@900> hello", mentions: [{ id: SELF, username: "e" }] };

describe("isForBot()", () => {
  it.each([
    ["a mention", NAMED],
    ["a mention as older clients write it", { ...NAMED, content: "<@!900> hello" }],
    ["a mention in the middle", { ...NAMED, content: "hey <@900> hello" }],
    ["a mention of nothing else", { ...NAMED, content: "<@900>" }],
    ["a reply to the bot", { type: 19, referenced_message: { author: { id: SELF } } }],
    [
      "a reply to the bot that is only a picture",
      {
        type: 19,
        content: "",
        attachments: [{ url: "https://x/a.png" }],
        referenced_message: { author: { id: SELF } },
      },
    ],
    ["a direct message", { guild_id: undefined }],
    ["a direct message that says so by null", { guild_id: null, webhook_id: null, member: null }],
    ["a mention whose author's roles are missing", { ...NAMED, member: {} }],
    ["a mention without the list of mentions", { content: "<@900> hello", mentions: undefined }],
    ["a mention that names somebody without a name", { ...NAMED, mentions: [{ id: "5" }, { id: SELF }] }],
    [
      "a mention whose author is told to be no bot by null",
      { ...NAMED, author: { id: "4", username: "ada", bot: null } },
    ],
    ["a reply that pings the bot, without what it refers to", { type: 19, mentions: [{ id: SELF, username: "e" }] }],
    ["the bot's own role", { content: "<@&901> hello", mention_roles: [ROLE] }],
    ["the bot's own role in a message that Discord emptied", { content: "", mention_roles: [ROLE] }],
  ])("takes %s", (_what, given) => {
    expect(isForBot(message(given), facts)).toBe(true);
  });

  it.each([
    ["one for nobody", {}],
    ["everyone's", { content: "@everyone hello" }],
    ["another role's", { content: "<@&900> hello", mention_roles: ["900"] }],
    ["the role's that everyone has", { content: "<@&3> hello", mention_roles: ["3"], mention_everyone: true }],
    ["another bot's", { ...NAMED, author: { id: "5", username: "bot", bot: true } }],
    ["the bot's own", { ...NAMED, author: { id: SELF, username: "evergreen" } }],
    ["a webhook's", { ...NAMED, webhook_id: "6" }],
    ["Discord's own", { ...NAMED, type: 7 }],
    ["a reply to somebody else", { type: 19, referenced_message: { author: { id: "7" } } }],
    ["a reply whose text is hidden from it", { type: 19, content: "", referenced_message: { author: { id: SELF } } }],
    ["its id inside a longer one", { content: "<@9001> hello", mentions: [{ id: "9001", username: "x" }] }],
    ["its id inside a longer one, where mentions are not listed", { content: "<@9001> 1900", mentions: undefined }],
    ["an escaped mention", { content: "\\<@900> is how you write it", mentions: [] }],
    ["an escaped mention, where mentions are not listed", { content: "\\<@900>", mentions: undefined }],
    ["a mention in code", { content: "type `<@900> hi`", mentions: [] }],
    [
      "a mention in a block of code, where mentions are not listed",
      { content: "```\n<@900>\n```", mentions: undefined },
    ],
    ["its role in code", { content: "`<@&901>`", mention_roles: [] }],
  ])("leaves %s", (_what, given) => {
    expect(isForBot(message(given), facts)).toBe(false);
  });

  const bob = [{ id: "8", username: "bob" }];
  it.each([
    ["what is said to nobody", { content: "and then?" }],
    ["a question about somebody", { content: "what did <@8> mean by that?", mentions: bob }],
    ["a picture alone", { content: "", attachments: [{ url: "https://x/a.png" }] }],
    ["a reply to oneself", { type: 19, referenced_message: { author: { id: "4" } } }],
    ["what names the bot beside somebody", { content: "<@8> ask <@900>", mentions: [...bob, { id: SELF }] }],
  ])("takes %s in a thread that it follows", (_what, given) => {
    expect(isForBot(message(given), { ...facts, isFollowed: true })).toBe(true);
  });

  it.each([
    ["somebody else by name", { content: "<@8> can you check?", mentions: bob }],
    ["somebody else with a greeting", { content: "Hey <@8>, can you check?", mentions: bob }],
    ["somebody else at the end", { content: "can you check, <@8>?", mentions: bob }],
    ["a role", { content: "<@&55> can you check?", mention_roles: ["55"] }],
    ["everyone", { content: "@here can you check?" }],
    ["somebody else by a reply", { type: 19, referenced_message: { author: { id: "8" } } }],
    ["somebody else by a reply of which Discord tells only the ping", { type: 19, mentions: bob }],
    ["nobody the bot can tell, since its text is hidden", { content: "" }],
  ])("leaves what addresses %s in a thread that it follows", (_what, given) => {
    expect(isForBot(message(given), { ...facts, isFollowed: true })).toBe(false);
  });
});

describe("permissions", () => {
  const server = { ownerId: "1", permissionsOf: (role: string) => ({ "9": 0n, "10": 1n << 5n, "11": 1n << 3n })[role] };

  it("isManager() knows the owner, and members by any of their roles", () => {
    expect(isManager(server, "9", "1", [])).toBe(true);
    expect(isManager(server, "9", "2", [])).toBe(false);
    expect(isManager(server, "9", "2", ["10"])).toBe(true);
    expect(isManager(server, "9", "2", ["11"])).toBe(true);
    expect(isManager(server, "9", "2", ["404"])).toBe(false);
    expect(isManager(undefined, "9", "1", ["10"])).toBe(false);
  });

  it("mayManageServer() looks at two bits only", () => {
    expect([1n << 5n, 1n << 3n, (1n << 50n) - 1n].map(mayManageServer)).toEqual([true, true, true]);
    expect([0n, 1n << 4n, 1n << 6n, 1n << 13n].map(mayManageServer)).toEqual([false, false, false, false]);
  });

  it("inviteLink() asks for what is documented, and not for Manage Messages or Administrator", () => {
    const asked = BigInt(new URL(inviteLink("77")).searchParams.get("permissions") ?? "0");
    expect(asked).toBe((1n << 6n) | (1n << 10n) | (1n << 11n) | (1n << 15n) | (1n << 16n) | (1n << 35n) | (1n << 38n));
    expect(new URL(inviteLink("77")).searchParams.get("scope")).toBe("bot applications.commands");
  });
});

describe("faultOf()", () => {
  it("says nothing of a connection that was lost a moment ago", () => {
    expect(faultOf({ kind: "lost", since: 1_000 }, 1_000 + LOST_GRACE_MS - 1)).toBeUndefined();
    expect(faultOf({ kind: "lost", since: 1_000 }, 1_000 + LOST_GRACE_MS)).toContain("lost");
    expect(faultOf({ kind: "connecting" }, 0)).toContain("connecting");
    expect(faultOf({ kind: "ready" }, 0)).toBeUndefined();
  });

  it("refusalOfClose() tells final closes from others, refusalOfLogin() tokens from outages", () => {
    expect([4004, 4010, 4011, 4012, 4013, 4014].every((code) => refusalOfClose(code) !== undefined)).toBe(true);
    expect([1000, 1006, 4000, 4003, 4007, 4008, 4009].filter((code) => refusalOfClose(code) !== undefined)).toEqual([]);
    expect(refusalOfLogin(refusalOf(answerOf(401, new Headers(), ""), "asking where to connect"))).toContain(
      "DISCORD_TOKEN",
    );
    expect(refusalOfLogin(new Error("connect ECONNREFUSED"))).toBeUndefined();
    expect(refusalOfLogin(null)).toBeUndefined();
  });
});

describe("nextGatewayState()", () => {
  const lost = { kind: "lost", since: 5 } as const;
  const refused = { kind: "refused", why: "no" } as const;
  it.each([
    ["connecting", "ready", "ready"],
    ["connecting", "resumed", "connecting"],
    ["connecting", "closed", "connecting"],
    ["connecting", "refused", "refused"],
    ["ready", "resumed", "ready"],
    ["ready", "closed", "lost"],
    ["lost", "closed", "lost"],
    ["lost", "resumed", "ready"],
    ["lost", "ready", "ready"],
    ["refused", "ready", "refused"],
    ["refused", "closed", "refused"],
    ["refused", "stopped", "stopped"],
    ["stopped", "ready", "stopped"],
  ] as const)("goes from %s by %s to %s", (from, by, to) => {
    const state = from === "lost" ? lost : from === "refused" ? refused : { kind: from };
    const event = by === "closed" ? { kind: by, code: 4000, at: 9 } : by === "refused" ? refused : { kind: by };
    expect(nextGatewayState(state, event).kind).toBe(to);
  });

  it("refuses at a final close, and keeps the time at which the connection was lost", () => {
    expect(nextGatewayState({ kind: "ready" }, { kind: "closed", code: 4014, at: 9 })).toMatchObject({
      kind: "refused",
    });
    expect(nextGatewayState(lost, { kind: "closed", code: 1006, at: 9 })).toEqual(lost);
  });
});

describe("identifyPauseMs()", () => {
  it("is nothing at first, then 5 s, doubling to 15 min: far from 1,000 a day", () => {
    expect([0, 1, 2, 3, 9, 100].map(identifyPauseMs)).toEqual([0, 0, 5_000, 10_000, 640_000, 900_000]);
  });
});

const command = (path: string, options: Command["options"] = {}): Command => ({
  path,
  about: "about it",
  access: "anyone",
  visibility: "ephemeral",
  options,
  run: async function* () {},
});
const commands = [
  command("help"),
  command("settings auto-refresh", {
    enabled: { kind: "flag", about: "on or off" },
    interval: { kind: "choice", about: "how often", values: [{ value: "5", label: "5 minutes" }] },
    provider: { kind: "word", about: "only one", isSuggested: true, isRequired: true },
  }),
  command("settings show"),
];

describe("a command beside its subcommands", () => {
  const both = [command("usage"), command("usage quota"), command("help")];

  it("is called show, since Discord runs none that has subcommands", () => {
    const made = applicationCommands(both);
    expect(made.map(({ name, options }) => [name, options.map((option) => option.name)])).toEqual([
      ["usage", ["show", "quota"]],
      ["help", expect.any(Array)],
    ]);
    expect(typedLine(both, nativeCall({ name: "usage", options: [{ name: "show", options: [] }] } as never))).toBe(
      "/usage",
    );
    expect(typedLine(both, { path: "help show", options: [] })).toBeUndefined();
    expect(hintFor(both, "usage")).toContain("`/usage show`");
    expect(hintFor(both, "help")).toContain("`/help`");
  });
});

describe("applicationCommands()", () => {
  it("makes groups and typed options that Discord takes, the required ones first", () => {
    const made = applicationCommands(commands);
    expect(made.map(({ name }) => name)).toEqual(["help", "settings"]);
    const [group] = made[1]?.options ?? [];
    expect(group?.options?.map(({ name, type }) => [name, type])).toEqual([
      ["provider", 3],
      ["enabled", 5],
      ["interval", 3],
    ]);
    expect(group?.options?.[0]).toMatchObject({ autocomplete: true, required: true });
    expect(made.every((one) => !("default_member_permissions" in one))).toBe(true);
    expect(bodyFault("PUT /applications/{application_id}/commands", made)).toBeUndefined();
  });

  it("carries translations where there are any, and sees when they change", () => {
    const german = new Map([
      ["about it", "davon"],
      ["how often", "x".repeat(150)],
      ["5 minutes", "5 Minuten"],
    ]);
    const inGerman = { translationOf: (text: string) => german.get(text) };
    const translations = new Map([
      ["de", inGerman],
      ["fr", { translationOf: () => undefined }],
    ]);
    const made = applicationCommands(commands, translations);
    expect(made[0]).toMatchObject({ description: "about it", description_localizations: { de: "davon" } });
    const interval = made[1]?.options[0]?.options?.find(({ name }) => name === "interval");
    expect(interval?.description_localizations?.de).toHaveLength(100);
    expect(interval?.choices?.[0]).toEqual({ name: "5 minutes", value: "5", name_localizations: { de: "5 Minuten" } });
    expect(interval?.options).toBeUndefined();
    expect(bodyFault("PUT /applications/{application_id}/commands", made)).toBeUndefined();
    expect(normalised(made)).not.toBe(normalised(applicationCommands(commands)));
    const theirs = JSON.parse(JSON.stringify(applicationCommands(commands)), (_key, value) => value) as typeof made;
    expect(normalised(theirs.map((one) => ({ ...one, description_localizations: null }) as never))).toBe(
      normalised(applicationCommands(commands)),
    );
    const unknown = applicationCommands(commands, new Map([["xx", inGerman]]));
    expect(bodyFault("PUT /applications/{application_id}/commands", unknown)).toContain("xx");
  });

  it("normalised() sees through what Discord fills in, and sees every change", () => {
    const made = applicationCommands(commands);
    const theirs = made
      .map((one) => ({ ...one, id: "1", version: "2", nsfw: false, contexts: [...one.contexts].reverse() }))
      .reverse();
    expect(normalised(theirs)).toBe(normalised(made));
    expect(normalised(applicationCommands(commands.slice(1)))).not.toBe(normalised(made));
    expect(
      normalised(applicationCommands([...commands.slice(0, 2), { ...command("settings show"), about: "new" }])),
    ).not.toBe(normalised(made));
  });
});

describe("typedLine()", () => {
  it("writes what was chosen as the line that would be typed", () => {
    const options = [
      { name: "interval", value: "5" },
      { name: "enabled", value: false },
    ];
    const call = nativeCall({ name: "settings", options: [{ name: "auto-refresh", options }] });
    expect(typedLine(commands, call)).toBe('/settings auto-refresh enabled:off interval:"5"');
    expect(typedLine(commands, nativeCall({ name: "help" }))).toBe("/help");
    expect(typedLine(commands, nativeCall({ name: "gone" }))).toBeUndefined();
  });

  it("hintFor() names the slash command, or the likely one", () => {
    expect(hintFor(commands, "!settings show please")).toContain("`/settings show`");
    expect(hintFor(commands, "!helpp")).toContain("/help");
    expect(hintFor(commands, "!helpp")).not.toContain("\n");
  });
});

describe("placeOf()", () => {
  it("puts a thread into its parent, and direct messages into a workspace of their own", () => {
    expect(placeOf("5", "3", { type: 11, parent_id: "2" })).toMatchObject({
      workspace: "3",
      channel: "2",
      thread: "5",
    });
    expect(placeOf("5", "3", { type: 0, parent_id: "1" })).toEqual({
      platform: "discord",
      workspace: "3",
      channel: "5",
    });
    expect(placeOf("5", undefined, undefined)).toMatchObject({ workspace: "dm", channel: "5" });
  });
});

describe("rendering for Discord", () => {
  const idFor = async (line: string) => `id-${line}`;

  it("renderedMessage() pings nobody and previews nothing", async () => {
    const { body } = await renderedMessage({ markdown: "@everyone <@1> https://example.com" }, idFor);
    expect(body).toMatchObject({ flags: 4, allowed_mentions: { parse: [], replied_user: false } });
    expect(bodyFault("POST /channels/{channel_id}/messages", body)).toBeUndefined();
  });

  it("renderedMessage() lays a panel out inside every limit, whatever it says", async () => {
    const menu = {
      label: "m",
      options: Array.from({ length: 30 }, (_, index) => ({ label: `${index}`, command: `/${index}` })),
    };
    const buttons = Array.from({ length: 30 }, (_, index) => ({ label: `${index}`, command: `/b ${index}` }));
    const markdown = Array.from({ length: 90 }, (_, index) => `paragraph ${index} ${"😀".repeat(40)}`).join("\n\n");
    const panel = { markdown, panel: "/status", controls: [...buttons, menu] };
    const { body } = await renderedMessage(panel, async (line) => line.replace("\n", " "));
    expect(body.flags).toBe(1 << 15);
    expect(body).not.toHaveProperty("content");
    for (const kind of [
      "POST /channels/{channel_id}/messages",
      "PATCH /channels/{channel_id}/messages/{message_id}",
    ] as const)
      expect(bodyFault(kind, body)).toBeUndefined();
    expect(JSON.stringify(body)).toContain("✂️");
    const bare = await renderedMessage({ markdown: "", panel: "/status" }, idFor);
    expect(bodyFault("POST /channels/{channel_id}/messages", bare.body)).toBeUndefined();
  });

  it("renderedMessage() gives a panel's controls the panel to stand on, and shows its files", async () => {
    const lines: string[] = [];
    const file = { name: "chat.md", bytes: new Uint8Array(3), alt: "the chat" };
    const panel = {
      markdown: "all well",
      panel: "/status",
      controls: [{ label: "go", command: "/go" }],
      files: [file],
    };
    const { body, files } = await renderedMessage(panel, async (line) => {
      lines.push(line);
      return "id";
    });
    expect(lines).toEqual(["/go\n/status"]);
    expect(files?.map(({ name }) => name)).toEqual(["chat.md"]);
    expect(JSON.stringify(body)).toContain('{"type":13,"file":{"url":"attachment://chat.md"}}');
    expect(bodyFault("POST /channels/{channel_id}/messages", body)).toBeUndefined();
  });

  it("renderedMessage() says so where a file is larger than Discord takes", async () => {
    const file = (megabytes: number) => ({ name: "chat.md", bytes: new Uint8Array(megabytes * 1024 * 1024), alt: "" });
    const fitting = await renderedMessage({ markdown: "here", files: [file(10)] }, idFor);
    expect([fitting.files?.length, fitting.body.content]).toEqual([1, "here"]);
    const large = await renderedMessage({ markdown: "here", files: [file(11)] }, idFor);
    expect(large.files).toBeUndefined();
    expect(large.body.content).toContain("📎 chat.md");
  });

  it("contentOf() keeps 2,000 characters, says so when it cuts more, and never halves a character", () => {
    expect(contentOf("a".repeat(2_000))).toBe("a".repeat(2_000));
    const cut = contentOf("😀".repeat(1_500));
    expect(cut.length).toBeLessThanOrEqual(2_000);
    expect(cut).toContain("✂️");
    expect(cut).not.toMatch(/[\ud800-\udfff]/u);
    expect(contentOf(" \n")).toBe("(no text)");
  });

  it("controlRows() stays inside every limit, whatever the controls", async () => {
    const buttons = Array.from({ length: 12 }, (_, index) => ({ label: "x".repeat(100), command: `/b ${index}` }));
    const menu = {
      label: "m".repeat(200),
      options: Array.from({ length: 30 }, (_, index) => ({ label: "o".repeat(200), command: `/o ${index}` })),
    };
    const twice = { label: "again", command: "/b 0" };
    const components = await controlRows([...buttons, twice, menu, menu, menu], idFor);
    expect(components).toHaveLength(5);
    const body = { content: "panel", components };
    expect(bodyFault("POST /channels/{channel_id}/messages", body)).toBeUndefined();
    expect(await controlRows([{ label: "empty", options: [] }], idFor)).toEqual([]);
  });
});
