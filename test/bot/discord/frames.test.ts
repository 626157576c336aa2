import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { answered, connected, type DiscordStage, stageDiscord } from "./discord-support.js";

const FRAMES = process.env.SOAK ? 10_000 : 300;

/** What the stock client throws at, as a rejection that nobody handles or out of a timer. */
const DEADLY = [
  "null",
  "7",
  "[]",
  "{",
  "",
  '{"op":0}',
  '{"op":0,"t":"READY","s":1,"d":null}',
  '{"op":0,"t":"READY","s":1,"d":{"session_id":"1","user":null,"guilds":[]}}',
  '{"op":0,"t":"READY","s":1,"d":{"session_id":"1","user":{"id":"1"},"guilds":[],"resume_gateway_url":"nowhere"}}',
  '{"op":0,"t":"GUILD_CREATE","s":2,"d":null}',
  '{"op":0,"t":"GUILD_CREATE","s":2,"d":{"id":"1","channels":7}}',
  '{"op":0,"t":"CHANNEL_CREATE","s":2,"d":null}',
  '{"op":0,"t":"THREAD_LIST_SYNC","s":2,"d":{}}',
  '{"op":0,"t":"MESSAGE_CREATE","s":3,"d":null}',
  '{"op":0,"t":"MESSAGE_CREATE","s":3,"d":{"id":"1","author":null}}',
  '{"op":0,"t":"INTERACTION_CREATE","s":4,"d":{"type":2,"id":"1"}}',
  '{"op":0,"t":"INTERACTION_CREATE","s":4,"d":{"type":99}}',
  '{"op":0,"t":"MESSAGE_REACTION_ADD","s":5,"d":{"emoji":null}}',
  '{"op":0,"t":"error","s":6,"d":{"message":"not an error"}}',
  '{"op":0,"t":"__proto__","s":6,"d":{}}',
  '{"op":9}',
  '{"op":10,"d":null}',
  '{"op":10,"d":{"heartbeat_interval":0}}',
  '{"op":11}',
  '{"op":"0"}',
  '{"op":4711,"d":{}}',
];

const dispatches = fc.record({
  op: fc.constant(0),
  // Below the real ones, so that no event is taken for seen.
  s: fc.constant(1),
  t: fc.oneof(
    fc.constantFrom("MESSAGE_CREATE", "INTERACTION_CREATE", "MESSAGE_REACTION_ADD", "THREAD_CREATE", "CHANNEL_UPDATE"),
    fc.constantFrom("GUILD_UPDATE", "GUILD_ROLE_UPDATE", "MESSAGE_UPDATE", "TYPING_START", "THREAD_MEMBERS_UPDATE"),
    fc.string(),
  ),
  d: fc.oneof(
    fc.record(
      {
        id: fc.oneof(fc.constant("1"), fc.jsonValue()),
        type: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.jsonValue()),
        token: fc.oneof(fc.string(), fc.jsonValue()),
        application_id: fc.oneof(fc.constant("2"), fc.jsonValue()),
        channel_id: fc.oneof(fc.constant("3"), fc.jsonValue()),
        guild_id: fc.oneof(fc.constant("4"), fc.jsonValue()),
        content: fc.oneof(fc.string(), fc.jsonValue()),
        author: fc.oneof(fc.record({ id: fc.constant("5"), username: fc.string() }), fc.jsonValue()),
        member: fc.oneof(fc.record({ roles: fc.array(fc.string()), permissions: fc.string() }), fc.jsonValue()),
        user: fc.oneof(fc.record({ id: fc.constant("5"), username: fc.string() }), fc.jsonValue()),
        mentions: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
        emoji: fc.oneof(fc.record({ id: fc.constant(null), name: fc.string() }), fc.jsonValue()),
        data: fc.oneof(
          fc.record({ name: fc.string(), options: fc.jsonValue(), custom_id: fc.string() }, { requiredKeys: [] }),
          fc.jsonValue(),
        ),
      },
      { requiredKeys: [] },
    ),
    fc.jsonValue(),
  ),
});

describe("frames of Discord's gateway", () => {
  let stage: DiscordStage;
  afterEach(() => stage.close());

  it(`end nothing, whatever ${FRAMES} of them hold, and the bot answers afterwards`, async () => {
    stage = await stageDiscord();
    const { discord } = stage;
    await connected(discord);
    for (const frame of DEADLY) discord.gateway.sendRaw(frame);
    for (const frame of fc.sample(dispatches, FRAMES)) discord.gateway.sendRaw(JSON.stringify(frame));
    // Unhandled rejections would fail the whole run.
    const question = discord.say(discord.general, discord.person("ada"), "still there?", { naming: true });
    const answers = await answered(discord, discord.general, question);
    expect(answers).toHaveLength(1);
  });
});
