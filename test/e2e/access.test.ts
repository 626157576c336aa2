import { afterAll, beforeAll, expect, it } from "vitest";
import { type SlackWorld, startSlackWorldBy } from "../bot/slack/slack-support.js";

/** Who may chat, from the slash command to the answer: the whole bot and Slack's own SDK. */
let world: SlackWorld;

beforeAll(async () => {
  world = await startSlackWorldBy("socket", {});
  await world.bot.tick();
});
afterAll(() => world.close());

it("leaves a conversation to those who may chat in it, and to operators", async () => {
  const { slack, until } = world;
  const answered = async (user: string, command: string, text: RegExp) => {
    const before = slack.ephemeralsOf(user).length;
    await slack.slash(command, { user });
    await until(`what ${user} reads`, () => slack.ephemeralsOf(user).length > before);
    expect(slack.ephemeralsOf(user).at(-1)).toMatch(text);
  };
  await answered("U0ADA", "/chat system Be kind.", /Be kind\./);
  await answered("U0ADA", "/settings access who:<@U0CARL>", /Who may chat: .*U0CARL/);
  await answered("U0BEN", "/chat system Be rude.", /Only some people may ask me here.* Nothing was changed\./);
  await answered("U0BEN", "/models use demo", /Only some people may ask me here.* Nothing was changed\./);
  await answered("U0BEN", "/chat export", /Only some people may ask me here.* Nothing was changed\./);
  await answered("U0BEN", "/chat stop", /Only some people may ask me here.* Nothing was changed\./);
  await answered("U0ADA", "/chat system", /> Be kind\./);
  await answered("U0ADA", "/settings access who:<@U0BEN>", /Who may chat: .*U0BEN/);
  await answered("U0BEN", "/chat system Be brief.", /Be brief\./);
  expect(slack.ephemeralsOf("U0BEN").at(-1)).not.toContain("🔒");
});
