import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BotOnThree, startBotOnThree } from "../support/bot-on-three.js";
import type { Failure } from "../support/fake-vendor.js";
import type { FakeStream } from "../support/fake-vendor-stream.js";

/** Every way that an answer can end, as a person sees it: one bot on three platforms, the real SDKs on both sides. */
let bot: BotOnThree;

beforeAll(async () => {
  bot = await startBotOnThree();
});
// Failures count against a provider for a minute: those of one test must not open its circuit in another.
afterEach(() => bot.clock.advance(75_000));
afterAll(async () => {
  expect(bot.platforms.discord.rest.faults).toEqual([]);
  await bot.close();
});

const RETRY = "🔁 Retry";
const STOP = "⏹️ Stop";

describe.each([
  ["Discord", 0],
  ["Slack", 1],
  ["the playground", 2],
])("an answer on %s", (_name, index) => {
  const open = () => bot.open(index);
  /** Asks while every chat of the provider fails like this. */
  async function refused(failure: Failure) {
    bot.openai.failChats(failure);
    const before = bot.openai.chatRequests();
    const question = await (await open()).ask("tell me");
    const end = await bot.ended(question, 500);
    bot.openai.failChats(undefined);
    return { ...end, requests: bot.openai.chatRequests() - before, question };
  }

  it("is done, and can be asked for again", async () => {
    const { question, stream } = await bot.begin(await open());
    stream.send("All ");
    await bot.shows(question, "All");
    stream.send("of it.");
    stream.finish();
    const { mark, text, labels } = await bot.ended(question);
    expect([mark, text]).toEqual(["✅", "All of it."]);
    expect(labels).toContain(RETRY);
    expect(labels).not.toContain(STOP);
  });

  it("is stopped by its asker: no time passes until the provider's stream is closed, and what there is stays", async () => {
    const { question, stream } = await bot.begin(await open());
    stream.send("As far as ");
    await bot.shows(question, "As far");
    await bot.until("a Stop control", async () => (await question.labels()).includes(STOP));
    await question.press(STOP);
    await stream.closed; // the bot's time stands still here: nothing but the press has come about
    const { mark, text, labels } = await bot.ended(question);
    expect([mark, text.trim()]).toEqual(["⚠", "As far as \n\n⏹️ Stopped."]);
    expect(labels).toContain(RETRY);
  });

  it("is stopped by a command before it says anything", async () => {
    const place = await open();
    const { question, stream } = await bot.begin(place);
    await place.run("chat stop");
    await stream.closed;
    expect(await bot.ended(question)).toMatchObject({ mark: "⚠", text: "⏹️ Stopped." });
    await bot.whispered(place, "⏹️ Stopped.");
    await place.run("chat stop");
    await bot.whispered(place, "No answer is being written here.");
  });

  it.each<[string, string, (stream: FakeStream) => void]>([
    ["falls silent", "", (stream) => stream.keepAlive()],
    ["ends without its finish", "", (stream) => stream.end()],
    ["loses the connection", "", (stream) => stream.cut()],
    [
      "fails in the middle",
      "\n\nopenai is overloaded: busy.",
      (stream) => stream.fail({ status: 529, type: "overloaded_error", message: "busy" }),
    ],
  ])("is cut off where the stream %s, and its text is kept", async (_how, cause, breakOff) => {
    const { question, stream } = await bot.begin(await open());
    stream.send("Half an ans");
    await bot.shows(question, "Half");
    breakOff(stream);
    const { mark, text, labels } = await bot.ended(question, 1_000);
    await stream.closed;
    expect([mark, text]).toEqual(["⚠", `Half an ans\n\n⚠️ The answer was cut off.${cause}`]);
    expect(labels).toContain(RETRY);
  });

  it("ends at the longest time that one may take", async () => {
    const { question, stream } = await bot.begin(await open());
    for (let words = 1; words * 50_000 <= 15 * 60_000; words++) {
      stream.send(`${words} `);
      await bot.shows(question, `${words}`);
      await bot.clock.advance(50_000);
    }
    const { mark, text } = await bot.ended(question, 1_000);
    await stream.closed;
    expect(mark).toBe("⚠");
    expect(text).toMatch(/ 18 \n\n⚠️ The answer was cut off\.\n\nIt took longer than 15 min\.$/);
  });

  it.each<[string, Failure, string, number]>([
    [
      "limits the rate, and when to ask again",
      { status: 429, type: "requests", code: "rate_limit_exceeded", headers: { "retry-after": "20" } },
      "**openai** is limiting the rate of requests. Try again in 20 s.",
      1,
    ],
    ["is overloaded", { status: 503 }, "**openai** is overloaded. Try again in a moment", 3],
    ["has an error of its own", { status: 500 }, "**openai** has a problem (status 500). Try again", 3],
    [
      "refuses the key, with the variable to fix",
      { status: 401, code: "invalid_api_key" },
      "openai refuses the key in `OPENAI_API_KEY` (401). Put a valid key into `.env` and restart.",
      1,
    ],
  ])("fails before any text where the provider %s", async (_what, failure, words, wanted) => {
    const { mark, text, requests, labels } = await refused({ message: "the vendor's own words", ...failure });
    expect([mark, requests]).toEqual(["❌", wanted]);
    expect(text.replaceAll("*", "")).toContain(words.replaceAll("*", ""));
    const [, reference] = /\(Reference ([0-9a-f]{8})\)/.exec(text) ?? [];
    expect(bot.log().filter((line) => line.includes(`"reference":"${reference}"`))).toHaveLength(1);
    expect(labels).toContain(RETRY);
  });

  it("fails where no budget is left, and nothing is asked any more until somebody wants it to be", async () => {
    const failure = { status: 429, type: "insufficient_quota", code: "insufficient_quota" };
    const { mark, text, requests } = await refused({ message: "the vendor's own words", ...failure });
    expect([mark, requests]).toEqual(["❌", 1]);
    expect(text).toContain("The budget of the bot's account at ");
    expect(text).toContain("Please ask the bot's operator.");
    bot.openai.replyWith(() => "paid again");
    const place = await open();
    const before = bot.openai.chatRequests();
    const held = await bot.ended(await place.ask("and now?"));
    expect(held.text).toMatch(/^⛔ /);
    expect(bot.openai.chatRequests()).toBe(before);
    await place.run("models back");
    await bot.whispered(place, "The next question goes to it");
    expect((await bot.ended(await place.ask("and now?"), 500)).text).toContain("paid again");
  });

  it("comes after two tries that failed before any text", async () => {
    bot.openai.failChats({ status: 503 });
    const before = bot.openai.chatRequests();
    const question = await (await open()).ask("tell me");
    await bot.until("two tries", async () => bot.openai.chatRequests() - before === 2, 100);
    bot.openai.failChats(undefined);
    bot.openai.replyWith(() => "at last");
    const { mark, text } = await bot.ended(question, 500);
    expect([mark, text, bot.openai.chatRequests() - before]).toEqual(["✅", "at last", 3]);
  });

  it("names living models where the provider does not know the pinned one, and goes on with the one that is chosen", async () => {
    const place = await open();
    const { question: first, stream } = await bot.begin(place);
    stream.send("hello");
    stream.finish();
    await bot.ended(first);
    await place.run("models use", { name: "model", value: "openai/gpt-4-gone" });
    await bot.whispered(place, "gpt-4-gone");
    const question = await place.ask("and now?");
    const { mark, text, labels } = await bot.ended(question);
    expect([mark, text]).toEqual(["❌", expect.stringMatching(/does not know this model\.[\s\S]*`openai\/gpt-5`/)]);
    expect(labels).toContain("Use openai/gpt-5");
    await question.press("Use openai/gpt-5");
    await bot.until("a pin", async () =>
      (await place.whispers()).some((shown) => /now uses.*openai\/gpt-5/.test(shown)),
    );
    bot.openai.replyWith(() => "here again");
    expect(await bot.ended(await place.ask("and now?"))).toMatchObject({
      mark: "✅",
      text: expect.stringContaining("here again"),
    });
  });

  it.each([
    ["reaches the length limit", "length", "Long", "Long\n\n⚠️ The answer reached the model's length limit.", "⚠"],
    ["is filtered", "content_filter", "Some", "Some\n\n⚠️ The provider's filter ended this answer.", "⚠"],
    ["is empty", "stop", "", "⚠️ The model gave an empty answer.", "⚠"],
    ["cannot be seen", "stop", "\u200b\u2800", "⚠️ The model gave an empty answer.", "⚠"],
  ])("says that it %s", async (_how, reason, said, shown, end) => {
    const { question, stream } = await bot.begin(await open());
    if (said !== "") stream.send(said);
    stream.finish(reason);
    const { mark, text } = await bot.ended(question);
    expect([mark, text]).toEqual([end, shown]);
  });

  it("shows a refusal as such", async () => {
    const { question, stream } = await bot.begin(await open());
    await stream.sendRaw(
      `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "gpt-5", choices: [{ index: 0, delta: { refusal: "I can't help with that." }, finish_reason: null }] })}\n\n`,
    );
    stream.finish();
    expect((await bot.ended(question)).text).toBe("I can't help with that.\n\n⚠️ The model refused to answer this.");
  });

  it("is given again by the Retry control, also with another model, and also after a restart", async () => {
    const { question, stream } = await bot.begin(await open(), "the question");
    stream.send("First.");
    stream.finish();
    await bot.ended(question);
    const second = await bot.streamOf(() => question.press(RETRY));
    expect(JSON.stringify(second.body.messages)).toContain("the question");
    expect(JSON.stringify(second.body.messages)).not.toContain("First.");
    second.send("Second.");
    second.finish();
    await bot.shows(question, "Second.");
    await bot.ended(question);

    await bot.restart();
    const third = await bot.streamOf(() => question.press("anthropic/claude-sonnet-5"), bot.anthropic);
    third.send("Third.");
    third.finish();
    await bot.shows(question, "Third.");
    const { mark, text } = await bot.ended(question);
    expect(mark).toBe("✅");
    expect(text).toContain("🔁 Answered by anthropic/claude-sonnet-5. The conversation stays with openai/gpt-5");
  });

  it("is interrupted by a restart: its text is kept, and it can be asked for again", async () => {
    const place = await open();
    const { question, stream } = await bot.begin(place);
    stream.send("Half of it");
    await bot.shows(question, "Half of it");
    await bot.restart();
    await stream.closed;
    const { mark, text, labels } = await bot.ended(question);
    expect([mark, text]).toEqual(["⚠", "Half of it\n\n⚠️ Interrupted by a restart."]);
    expect(labels).toContain(RETRY);
    const again = await bot.streamOf(() => question.press(RETRY));
    again.send("All of it");
    again.finish();
    await bot.shows(question, "All of it");
    expect((await bot.ended(question)).mark).toBe("✅");
  });
});
