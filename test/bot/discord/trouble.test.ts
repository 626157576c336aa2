import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCalls } from "../../../src/bot/discord/send/calls.js";
import { createDiscordMarks } from "../../../src/bot/discord/send/marks.js";
import { createRest, USER_AGENT } from "../../../src/bot/discord/send/rest.js";
import { createSender } from "../../../src/bot/discord/send/send.js";
import type { MessageKey } from "../../../src/bot/port/platform.js";
import { PlatformError } from "../../../src/bot/port/platform-error.js";
import { fakeClock } from "../../support/fake-clock.js";
import { FAKE_DISCORD_TOKEN, type FakeDiscord, startFakeDiscord } from "../../support/fake-discord.js";
import { briskClock } from "./discord-support.js";

let discord: FakeDiscord;
beforeAll(async () => {
  discord = await startFakeDiscord();
});
afterAll(() => discord.close());

/** What the bot sends with, straight against Discord; each has budgets of its own, as each process has. */
function sending() {
  const calls = createCalls(briskClock);
  const { onAnswer } = calls;
  const rest = createRest({ token: FAKE_DISCORD_TOKEN, apiUrl: discord.url, clock: briskClock, onAnswer });
  return {
    ...createSender({ clock: briskClock, rest, calls, idFor: async (line) => line }),
    ...createDiscordMarks({ rest, calls, clock: briskClock }),
  };
}
const place = () => ({ platform: "discord", workspace: "1", channel: discord.general.id });
const shown = (key: MessageKey) => {
  const message = discord.general.messages.get(key.message);
  if (message === undefined) throw new Error("not shown");
  return message;
};
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => error,
  ) as Promise<PlatformError | undefined>;

describe("what Discord refuses", () => {
  it.each([
    [404, 10008, "gone"],
    [404, 10003, "gone"],
    [403, 50001, "forbidden"],
    [403, 50013, "forbidden"],
    [400, 160005, "forbidden"],
    [429, 30046, "edit-cap"],
    [400, 30046, "edit-cap"],
    [429, 0, "rate-limited"],
    [500, 0, "unavailable"],
    [503, 0, "unavailable"],
    [400, 50035, "refused"],
  ])("HTTP %i with code %i is told as %s, without the text of the person", async (status, code, reason) => {
    const { post, edit } = sending();
    const key = await post(place(), { markdown: "before" });
    // A fault of the servers is tried again at once.
    discord.rest.failNext(/^PATCH .*\/messages\/\d+$/, status, code, status >= 500 ? 2 : 1);
    const error = await failure(edit(key, { markdown: "a secret thought" }));
    expect(error).toBeInstanceOf(PlatformError);
    expect(error?.reason).toBe(reason);
    const told = `${error?.message} ${error?.stack} ${JSON.stringify(error?.cause)} ${String(error?.cause)}`;
    expect(told).not.toContain("a secret thought");
    expect(told).not.toContain(FAKE_DISCORD_TOKEN);
    expect(shown(key).content).toBe("before");
  });

  it("is told as unavailable when nothing answers in time, or nobody is there", async () => {
    const undelay = discord.rest.delay(/^GET \/users\/@me$/, 2_000);
    const calls = createCalls(briskClock);
    const terms = { token: FAKE_DISCORD_TOKEN, clock: briskClock, onAnswer: calls.onAnswer };
    const slow = createRest({ ...terms, apiUrl: discord.url });
    const late = await failure(slow.call("GET", "/users/@me", { what: "asking", timeoutMs: 300 }));
    expect(late).toMatchObject({ reason: "unavailable", isRetryable: true });
    undelay();
    const nobody = createRest({ ...terms, apiUrl: "http://127.0.0.1:1/api" });
    expect(await failure(nobody.call("GET", "/users/@me", { what: "asking" }))).toMatchObject({
      reason: "unavailable",
    });
  });

  it("is told which bot it is, and of which version", async () => {
    const { name, version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
    expect(USER_AGENT).toBe(`DiscordBot (${name}, ${version})`);
  });

  it("is asked no second time with a token that was refused", async () => {
    const calls = createCalls(briskClock);
    const rest = createRest({ token: "wrong.token", apiUrl: discord.url, clock: briskClock, onAnswer: calls.onAnswer });
    const before = discord.rest.unauthorized();
    for (let time = 0; time < 5; time++) await failure(rest.call("GET", "/users/@me", { what: "asking" }));
    expect(discord.rest.unauthorized()).toBe(before + 1);
  });

  it("asks with a refused token again only now and then, says so, and forgets it when the token is taken", async () => {
    const clock = fakeClock();
    const told: string[] = [];
    const rest = createRest({
      token: FAKE_DISCORD_TOKEN,
      apiUrl: discord.url,
      clock,
      onAnswer: () => {},
      onTokenRefused: () => void told.push("refused"),
    });
    const ask = () => failure(rest.call("GET", "/users/@me", { what: "asking" }));
    const asked = () => discord.rest.requests.length;
    discord.rest.failNext(/^GET \/users\/@me$/, 401, 0, 3);
    // Several on their way at once are one refusal.
    const [first] = await Promise.all([ask(), ask()]);
    expect(first).toMatchObject({ reason: "unavailable", retryAfterMs: 2_000 });
    expect(first?.message).toContain("DISCORD_TOKEN");
    expect(rest.isTokenRefused()).toBe(true);
    const before = asked();
    await clock.advance(1_999);
    expect(await ask()).toMatchObject({ retryAfterMs: 1 });
    expect(asked()).toBe(before);
    await clock.advance(1);
    expect(await ask()).toMatchObject({ retryAfterMs: 4_000 });
    await clock.advance(3_999);
    await ask();
    expect(asked()).toBe(before + 1);
    await clock.advance(1);
    expect(await ask()).toBeUndefined();
    expect(rest.isTokenRefused()).toBe(false);
    expect(await ask()).toBeUndefined();
    expect(told).toEqual(["refused"]);
  });
});

describe("a message on Discord", () => {
  it("is posted below a question that was deleted meanwhile", async () => {
    const { post } = sending();
    const key = await post(place(), { markdown: "late" }, { replyTo: { ...place(), message: "12345" } });
    expect(shown(key).content).toBe("late");
  });

  it("is there once when the answer to its post is lost, and shows what was last meant", async () => {
    const { post } = sending();
    const question = discord.say(discord.general, discord.person("ada"), "a question");
    const replyTo = { ...place(), message: question.id };
    // Once it is sent again at once.
    for (let loss = 0; loss < 2; loss++) discord.rest.loseNext(/^POST \/channels\/\d+\/messages$/);
    expect((await failure(post(place(), { markdown: "first words" }, { replyTo })))?.reason).toBe("unavailable");
    const key = await post(place(), { markdown: "first words and more" }, { replyTo });
    const next = await post(place(), { markdown: "the next part" }, { replyTo });
    const below = discord.answers().filter((message) => message.replyTo === question.id);
    expect(below.map(({ id }) => id)).toEqual([key.message, next.message]);
    expect(below.map(({ content }) => content)).toEqual(["first words and more", "the next part"]);
  });

  it("costs no edit when another text than the failed one is sent in its place", async () => {
    const { post } = sending();
    const question = discord.say(discord.general, discord.person("ada"), "a question");
    const replyTo = { ...place(), message: question.id };
    discord.rest.failNext(/^POST \/channels\/\d+\/messages$/, 503, 0, 2);
    const controls = [{ label: "Stop", command: "/chat stop" }];
    await failure(post(place(), { markdown: "first", controls }, { replyTo }));
    const key = await post(place(), { markdown: "first and more ", controls }, { replyTo });
    expect(shown(key).texts).toEqual(["first and more"]);
    expect(discord.rest.requests.at(-1)?.method).toBe("POST");
  });

  it("gets other controls than the lost one had", async () => {
    const { post } = sending();
    const question = discord.say(discord.general, discord.person("ada"), "a question");
    const replyTo = { ...place(), message: question.id };
    for (let loss = 0; loss < 2; loss++) discord.rest.loseNext(/^POST \/channels\/\d+\/messages$/);
    await failure(
      post(place(), { markdown: "all", controls: [{ label: "Stop", command: "/chat stop" }] }, { replyTo }),
    );
    const controls = [{ label: "Retry", command: "/chat retry" }];
    const key = await post(place(), { markdown: "all", controls }, { replyTo });
    expect(shown(key).components[0]?.components[0]?.label).toBe("Retry");
  });

  it("is sent again at once when Discord's servers fail for a moment", async () => {
    const { post, edit } = sending();
    discord.rest.failNext(/^POST \/channels\/\d+\/messages$/, 502);
    const key = await post(place(), { markdown: "first" });
    discord.rest.failNext(/^PATCH .*\/messages\/\d+$/, 503);
    await edit(key, { markdown: "second" });
    expect(shown(key).texts).toEqual(["first", "second"]);
  });

  it("carries a file with its description", async () => {
    const file = { name: "chat.md", bytes: new TextEncoder().encode("# Chat"), alt: "the conversation" };
    const { attachments } = shown(await sending().post(place(), { markdown: "here", files: [file] }));
    expect(attachments).toEqual([{ filename: "chat.md", text: "# Chat" }]);
  });

  it("append() adds below what is shown and gives what was, and refuses where it does not fit", async () => {
    const { post, append } = sending();
    const key = await post(place(), { markdown: "an answer" });
    expect(await append(key, "⚠️ Interrupted")).toBe("an answer");
    expect(shown(key).content).toBe("an answer\n\n⚠️ Interrupted");
    const code = await post(place(), { markdown: "```js\nconst a" });
    await append(code, "⚠️ Interrupted");
    expect(shown(code).content).toBe("```js\nconst a\n```\n\n⚠️ Interrupted");
    const full = await post(place(), { markdown: "x".repeat(1_995) });
    expect((await failure(append(full, "⚠️ Interrupted")))?.reason).toBe("refused");
    discord.deleteMessage(shown(full));
    expect((await failure(append(full, "⚠️ Interrupted")))?.reason).toBe("gone");
  });
});

describe("mark()", () => {
  const question = () => discord.say(discord.general, discord.person("ada"), "a question");
  const keyOf = ({ id }: { id: string }): MessageKey => ({ ...place(), message: id });

  it("shows one mark at a time, in the order in which they were asked for", async () => {
    const { mark } = sending();
    const asked = question();
    await Promise.all((["waiting", "working", "done"] as const).map((next) => mark(keyOf(asked), next)));
    expect(asked.reactionLog).toEqual(["+⏳", "-⏳", "+👀", "-👀", "+✅"]);
    await mark(keyOf(asked), undefined);
    expect(discord.marksOf(asked)).toEqual([]);
  });

  it("replaces what an earlier process left, and leaves other reactions alone", async () => {
    const asked = question();
    await sending().mark(keyOf(asked), "working");
    await sending().react(keyOf(asked), { offer: ["🔄"] });
    await sending().mark(keyOf(asked), "incomplete");
    expect(discord.marksOf(asked).sort()).toEqual(["⚠️", "🔄"].sort());
  });

  it("is there where the connection broke or Discord's servers failed for a moment", async () => {
    const { mark } = sending();
    const asked = question();
    discord.rest.loseNext(/^PUT .*\/reactions\//);
    await mark(keyOf(asked), "working");
    discord.rest.failNext(/^PUT .*\/reactions\//, 502);
    await mark(keyOf(asked), "done");
    expect(discord.marksOf(asked)).toEqual(["✅"]);
  });

  it("comes at an end also where Discord's servers fail again and again", async () => {
    const { mark } = sending();
    const asked = question();
    discord.rest.failNext(/^PUT .*\/reactions\//, 503, 0, 4);
    await mark(keyOf(asked), "done");
    expect(discord.marksOf(asked)).toEqual(["✅"]);
  });

  it("is not tried again and again where the bot may not react", async () => {
    const { mark } = sending();
    const closed = discord.addChannel("closed");
    discord.world.denied.set(closed.id, new Set(["react"]));
    const before = discord.rest.requests.length;
    for (let asked = 0; asked < 5; asked++) {
      const { id } = discord.say(closed, discord.person("ada"), "a question");
      const error = await failure(mark({ ...place(), channel: closed.id, message: id }, "working"));
      expect(error?.reason).toBe("forbidden");
    }
    expect(discord.rest.requests.slice(before)).toHaveLength(1);
  });

  it("waits where Discord limits the rate, and tries again", async () => {
    const { mark } = sending();
    const asked = question();
    discord.rest.failNext(/^PUT .*\/reactions\//, 429);
    await mark(keyOf(asked), "working");
    expect(discord.marksOf(asked)).toEqual(["👀"]);
  });

  it("takes people's reactions away where it may, and bears it where it may not", async () => {
    const { react } = sending();
    const asked = question();
    const ada = discord.person("ada");
    discord.react(discord.general, ada, asked, "🔄");
    await react(keyOf(asked), { clear: "🔄", author: ada });
    expect(asked.reactions.has("🔄")).toBe(true);
    discord.setModerator(true);
    await react(keyOf(asked), { clear: "🔄", author: ada });
    expect(asked.reactions.has("🔄")).toBe(false);
    await react(keyOf(asked), { clear: "🔄", author: ada });
  });
});
