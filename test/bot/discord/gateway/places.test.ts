import { describe, expect, it } from "vitest";
import type { Log } from "../../../../src/base/log.js";
import { createPlaces } from "../../../../src/bot/discord/gateway/places.js";

const log = { warn() {} } as unknown as Log;

/** Places with a Discord that answers these channels, and what it was asked. */
function placesWith(channels: Readonly<Record<string, object>> = {}) {
  const asked: string[] = [];
  const rest = {
    async call(_method: string, path: string) {
      asked.push(path);
      return channels[path.replace("/channels/", "")];
    },
    isTokenRefused: () => false,
  };
  return { asked, places: createPlaces({ rest, calls: { take: async () => {} }, log }) };
}
const server = {
  id: "3",
  owner_id: "1",
  roles: [{ id: "9", permissions: "32" }, { id: "10" }, null],
  channels: [{ id: "5", type: 0 }, "not a channel"],
  threads: [{ id: "6", type: 11, parent_id: "5" }],
};

describe("createPlaces()", () => {
  it("knows servers from the first event on, and what they hold when they come", async () => {
    const { asked, places } = placesWith();
    places.onEvent("READY", { guilds: [{ id: "3", unavailable: true }] });
    expect(places.serverIds()).toEqual(["3"]);
    expect(places.server("3")?.ownerId).toBeUndefined();
    places.onEvent("GUILD_CREATE", server);
    expect(places.server("3")?.ownerId).toBe("1");
    expect(places.server("3")?.permissionsOf("9")).toBe(32n);
    expect(places.server("3")?.permissionsOf("10")).toBeUndefined();
    expect(await places.find("5", "3")).toEqual({ platform: "discord", workspace: "3", channel: "5" });
    expect(await places.find("6", "3")).toMatchObject({ channel: "5", thread: "6" });
    expect(await places.find("7", undefined)).toMatchObject({ workspace: "dm", channel: "7" });
    expect(asked).toEqual([]);
  });

  it("follows roles, channels and threads as they change", async () => {
    const { asked, places } = placesWith();
    places.onEvent("GUILD_CREATE", server);
    places.onEvent("GUILD_ROLE_UPDATE", { guild_id: "3", role: { id: "9", permissions: "8" } });
    places.onEvent("GUILD_ROLE_CREATE", { guild_id: "3", role: { id: "11", permissions: "1" } });
    expect(["9", "11"].map((id) => places.server("3")?.permissionsOf(id))).toEqual([8n, 1n]);
    places.onEvent("GUILD_ROLE_DELETE", { guild_id: "3", role_id: "9" });
    expect(places.server("3")?.permissionsOf("9")).toBeUndefined();
    places.onEvent("THREAD_CREATE", { id: "8", type: 11, parent_id: "5" });
    places.onEvent("THREAD_LIST_SYNC", { threads: [{ id: "12", type: 12, parent_id: "5" }] });
    expect([await places.find("8", "3"), await places.find("12", "3")]).toMatchObject([
      { thread: "8" },
      { thread: "12" },
    ]);
    expect(asked).toEqual([]);
    places.onEvent("THREAD_DELETE", { id: "8" });
    await places.find("8", "3");
    expect(asked).toEqual(["/channels/8"]);
  });

  it("forgets a server that the bot was taken out of, and keeps one that is unavailable for a while", () => {
    const { places } = placesWith();
    places.onEvent("GUILD_CREATE", server);
    places.onEvent("GUILD_DELETE", { id: "3", unavailable: true });
    expect(places.serverIds()).toEqual(["3"]);
    places.onEvent("GUILD_DELETE", { id: "3" });
    expect(places.serverIds()).toEqual([]);
  });

  it("asks once for a channel that no event told of, and takes it for no thread when it is not told", async () => {
    const { asked, places } = placesWith({ "20": { id: "20", type: 11, parent_id: "5" } });
    const both = await Promise.all([places.find("20", "3"), places.find("20", "3")]);
    expect(both.map(({ thread }) => thread)).toEqual(["20", "20"]);
    await places.find("20", "3");
    expect(await places.find("21", "3")).toEqual({ platform: "discord", workspace: "3", channel: "21" });
    expect(asked).toEqual(["/channels/20", "/channels/21"]);
  });

  it("changes nothing by events that are malformed", () => {
    const { places } = placesWith();
    places.onEvent("GUILD_CREATE", server);
    for (const name of [
      "READY",
      "GUILD_CREATE",
      "GUILD_DELETE",
      "GUILD_ROLE_UPDATE",
      "CHANNEL_DELETE",
      "THREAD_LIST_SYNC",
    ])
      for (const data of [null, 7, {}, { guilds: 7 }, { role: {} }]) places.onEvent(name, data);
    expect(places.serverIds()).toEqual(["3"]);
    expect(places.server("3")?.permissionsOf("9")).toBe(32n);
  });
});
