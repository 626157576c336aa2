import { afterEach, expect, it } from "vitest";
import { BOT_ID } from "../../../support/fake-discord-world.js";
import { type PlatformStage, stagePlatform } from "../discord-support.js";

let stage: PlatformStage;
afterEach(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
});

it("findReplies() finds the bot's own messages that refer to a question, and nobody else's", async () => {
  stage = await stagePlatform();
  const { discord } = stage;
  const { general, world } = discord;
  const ada = discord.person("ada");
  const [question, other, unanswered] = ["one?", "two?", "three?"].map((text) => discord.say(general, ada, text));
  const reply = (content: string, to: string | undefined, authorId = BOT_ID) =>
    world.addMessage(general, { authorId, content, ...(to !== undefined && { replyTo: to }) });
  const first = reply("first", question?.id);
  const last = reply("last", question?.id);
  reply("of another", other?.id);
  reply("of a person", question?.id, ada.id);
  reply("of the bot, to nobody", undefined);
  const place = { platform: "discord", workspace: "1", channel: general.id };
  const found = (message = "") => stage.findReplies({ ...place, message });
  expect(await found(question?.id)).toEqual([
    { message: { ...place, message: first.id }, text: "first", isSure: true },
    { message: { ...place, message: last.id }, text: "last", isSure: true },
  ]);
  expect(await found(unanswered?.id)).toEqual([]);
  world.denied.set(general.id, new Set(["view"]));
  expect(await found(question?.id)).toEqual([]);
});
