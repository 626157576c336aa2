import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BotOnThree, startBotOnThree } from "../support/bot-on-three.js";

/** What nobody should send, and what nobody should find again: one bot on three platforms, the real SDKs on both sides. */
let bot: BotOnThree;

beforeAll(async () => {
  bot = await startBotOnThree();
});
afterEach(() => bot.clock.advance(10_000));
afterAll(async () => {
  expect(bot.platforms.discord.rest.faults).toEqual([]);
  await bot.close();
});

const NUL = "\u0000";
const ZERO_WIDTH = "\u200b\u2060\u202e";

describe.each([
  ["Discord", 0],
  ["Slack", 1],
  ["the playground", 2],
])("on %s", (name, index) => {
  const open = () => bot.open(index);

  it.each([
    ["an empty message, or only a mention", "", /There is no question in this message\./],
    ["white space", " \n\t ", /There is no question in this message\./],
    ["NUL", NUL.repeat(10), /There is no question in this message\./],
    ["lone surrogates", "\ud800\udc00\ud800 \udfff".slice(2), /There is no question in this message\./],
    ["100,000 combining marks", "\u0301".repeat(100_000), /There is no question in this message\./],
    ["200,000 characters", "a".repeat(200_000), /200,000 characters; I read up to 32,000\. Please shorten it\./],
  ])("says what is wrong with %s, and asks no provider", async (_what, text, answer) => {
    const before = bot.openai.chatRequests();
    // Here the door itself refuses it, as the page does before.
    if (name === "the playground" && text.trim() === "") {
      await expect((await open()).ask(text)).rejects.toThrow("`text` is empty");
      return;
    }
    const place = await open();
    const { mark, text: shown, labels } = await bot.ended(await place.ask(text));
    // Where the platform can, only the asker sees it.
    const [told = shown] = await place.whispers();
    expect([mark, labels]).toEqual(["❌", []]);
    expect(told).toMatch(answer);
    expect(told.length).toBeLessThan(200);
    expect(bot.openai.chatRequests()).toBe(before);
  });

  it("takes a question that holds some of it, and sends the rest", async () => {
    const { question, stream } = await bot.begin(await open(), `what${NUL} is \ud800 this\u0301?${ZERO_WIDTH}`);
    const sent = JSON.stringify(stream.body.messages);
    expect(sent).toMatch(/what is {2}this\u0301\?/);
    expect(sent).not.toMatch(/\\u0000|\\ud800/);
    stream.finish();
    await bot.ended(question);
  });

  it.each([
    ["models use", "model", "__proto__", /No list has a model `__proto__`/],
    ["models use", "model", "constructor/toString", /no provider `constructor`/],
    ["models use", "model", `gpt${ZERO_WIDTH}-zzz`, /`gpt\ufffd{3}-zzz`/],
    ["models use", "model", "m".repeat(5_000), /too long: 5,000 characters, and at most 233 are allowed/],
    ["models use", "model", ZERO_WIDTH, /needs `model`/],
    ["chat system", "text", "s".repeat(4_001), /too long: 4,001 characters, and at most 4,000 are allowed/],
    [
      "chat retry",
      "model",
      "openai/gpt-5",
      /There is no question here that could be answered again\.|You have asked nothing in the last day/,
    ],
  ])("answers /%s %s %j clearly, and changes nothing", async (path, option, value, answer) => {
    const before = bot.openai.chatRequests();
    const place = await open();
    await place.run(path, { name: option, value });
    await bot.whispered(place, answer);
    expect((await place.whispers()).join("").length).toBeLessThan(1_000);
    expect(bot.openai.chatRequests()).toBe(before);
  });

  it.each([
    ["chat retry", /There is no question here that could be answered again\.|You have asked nothing in the last day/],
    ["chat stop", /No answer is being written (here|in this channel or its threads)\./],
    ["chat export", /Nothing has been said in this conversation yet\./],
    ["models unpin", /./],
    ["chat new", /New conversation/],
  ])("answers /%s where nothing was said", async (path, answer) => {
    const place = await open();
    await place.run(path);
    await bot.whispered(place, answer);
  });

  it("says of a control that nobody made, or that served its time, that it is no longer valid", async () => {
    const place = await open();
    const { question, stream } = await bot.begin(place);
    stream.finish();
    await bot.ended(question);
    const before = bot.openai.chatRequests();
    await question.forge();
    await bot.whispered(place, name === "the playground" ? "There is no command `/forged`" : "no longer valid");
    expect(bot.openai.chatRequests()).toBe(before);
  });

  it("says of the Retry control of an earlier answer that it is not the last", async () => {
    const place = await open();
    const { question, stream } = await bot.begin(place, "one");
    stream.send("1");
    stream.finish();
    await bot.ended(question);
    const { question: next, stream: second } = await bot.begin(place, "two");
    second.send("2");
    second.finish();
    await bot.ended(next);
    if (name === "the playground") return; // there a control is its command, and does not know where it stands
    await question.press("🔁 Retry");
    await bot.whispered(place, "Only the last question can be answered again");
  });

  it("exports a conversation, and erases it from the store's files", async () => {
    const place = await open();
    const secret = `xylophone${index}quokka`;
    const { question, stream } = await bot.begin(place, `my ${secret}question`);
    stream.send(`your ${secret}answer`);
    stream.finish();
    await bot.ended(question);
    await place.run("chat system", { name: "text", value: `Be ${secret}system.` });
    await bot.whispered(place, "From the next answer on");

    await place.run("chat export");
    await bot.whispered(place, "1 question with the answers");
    const files = await bot.until("the files", async () => {
      const all = (await place.files()).filter(({ text }) => text.includes(`${secret}answer`));
      return all.length === 2 && all;
    });
    expect(files.map(({ name: file }) => file).sort()).toEqual(["conversation.json", "conversation.md"]);
    for (const { text } of files) expect(text).toContain(`${secret}question`);

    expect(inStore(secret)).toBe(true);
    await place.run("chat forget");
    await bot.whispered(place, "This conversation is erased from my store: 1 question");
    expect(inStore(secret)).toBe(false);
    await place.run("chat export");
    await bot.whispered(place, "Nothing has been said in this conversation yet.");

    // The chat service still has it, which the next question must not bring back.
    const again = await bot.begin(place, "what did we talk about?");
    expect(JSON.stringify(again.stream.body)).not.toContain(secret);
    again.stream.finish();
    await bot.ended(again.question);
    expect(inStore(secret)).toBe(false);
  });
});

/** Whether a text stands anywhere in the database file or in what belongs to it. */
const inStore = (text: string): boolean =>
  ["", "-wal", "-shm"].some((suffix) => {
    try {
      return readFileSync(join(bot.folder, `evergreen.sqlite${suffix}`)).includes(text);
    } catch {
      return false; // not there
    }
  });
