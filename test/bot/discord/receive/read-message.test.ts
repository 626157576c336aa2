import { DiscordSnowflake } from "@sapphire/snowflake";
import { expect, it } from "vitest";
import { type ReaderDeps, readReferenced } from "../../../../src/bot/discord/receive/read-message.js";
import { listedMessage } from "../../../../src/bot/discord/wire/events.js";
import { placeOf } from "../../../../src/bot/discord/wire/places.js";
import { fakeClock } from "../../../support/fake-clock.js";

const AT = Date.UTC(2026, 0, 5);
const THREAD = { type: 11, parent_id: "20" };
const deps: ReaderDeps = {
  files: { fetch, clock: fakeClock(), apiUrl: undefined },
  places: {
    server: () => undefined,
    channelName: () => undefined,
    known: (channel, guild) => placeOf(channel, guild, channel === "21" ? THREAD : undefined),
  },
};

it.each([
  ["a channel", "20", { channel: "20" }],
  ["a thread", "21", { channel: "20", thread: "21" }],
])("a forwarded message tells when it was written, and where: in %s", (_where, channel_id, place) => {
  const message_id = DiscordSnowflake.generate({ timestamp: AT }).toString();
  const message = listedMessage.parse({
    id: "9",
    type: 0,
    author: { id: "4", username: "bob" },
    message_reference: { type: 1, message_id, channel_id, guild_id: "1" },
    message_snapshots: [{ message: { content: "the build broke" } }],
  });
  const { text, forwarded } = readReferenced(deps, message, { what: "it", guildId: "1", selfId: "5" });
  expect(text).toBe("");
  expect(forwarded).toEqual([
    {
      text: "Forwarded message:\nthe build broke",
      at: AT,
      place: { platform: "discord", workspace: "1", ...place },
    },
  ]);
});
