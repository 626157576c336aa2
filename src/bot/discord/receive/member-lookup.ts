import type { PlatformExtras } from "../../port/platform-definition.js";
import { isLost } from "../../port/platform-error.js";
import type { Gateway } from "../gateway/gateway.js";
import type { Places } from "../gateway/places.js";
import type { Calls } from "../send/calls.js";
import type { DiscordRest } from "../send/rest.js";

export interface MemberLookupDeps {
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly places: Pick<Places, "serverIds">;
  readonly gateway: Pick<Gateway, "isToldOf">;
}

const SERVER_ID = /^\d{1,20}$/;

/** Asks Discord whether a person is in one of the servers that the bot is in too. */
export function createMemberLookup({ rest, calls, places, gateway }: MemberLookupDeps) {
  const isMember = async (server: string, person: string): Promise<boolean> => {
    const path = `/guilds/${server}/members/${person}` as const;
    await calls.take("GET", path, "first-text");
    try {
      await rest.call("GET", path, { what: "looking up a member" });
      return true;
    } catch (error) {
      if (isLost(error)) return false;
      throw error;
    }
  };
  const isMemberOf: NonNullable<PlatformExtras["isMemberOf"]> = async (person, workspaces) => {
    const own = places.serverIds();
    // Another replica gets the events of other servers: Discord itself says whether the bot is there.
    const servers = workspaces.filter((id) => own.includes(id) || (SERVER_ID.test(id) && !gateway.isToldOf(id)));
    const answers = await Promise.allSettled(servers.map((server) => isMember(server, person)));
    if (answers.some((answer) => answer.status === "fulfilled" && answer.value)) return true;
    const failed = answers.find((answer) => answer.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return false;
  };
  return isMemberOf;
}
