import type { HostConfig } from "../../base/config-host.js";
import type { ChannelKey, ChatPlatform, Person } from "../port/platform.js";

/** Whom the bot serves, and who may change settings, as the host has configured it. */
export interface Access {
  /** Whether anything said there is answered. Direct messages have a switch of their own. */
  isServed(platform: ChatPlatform, place: ChannelKey, isDirect: boolean): boolean;
  /** The workspaces of running platforms whose settings count for the refresh, as settings know them: "discord:123". */
  countedWorkspaces(platforms: readonly ChatPlatform[]): readonly string[];
  /** Named by the host: an operator everywhere on that platform. */
  isNamedOperator(platform: string, person: Person): boolean;
}

export function createAccess({ allowedWorkspaces, allowDms, operators }: HostConfig["access"]): Access {
  const isAllowed = (platform: ChatPlatform, id: string) =>
    platform.limits.isLocal === true || allowedWorkspaces.length === 0 || allowedWorkspaces.includes(id);
  return {
    isServed: (platform, { workspace }, isDirect) => (isDirect ? allowDms : isAllowed(platform, workspace)),
    countedWorkspaces: (platforms) =>
      platforms.flatMap((platform) => {
        if (platform.fault() !== undefined) return [];
        return platform.workspaces().filter((workspace) => {
          const id = workspace.slice(platform.name.length + 1);
          return id === DIRECT_WORKSPACE ? allowDms : isAllowed(platform, id);
        });
      }),
    isNamedOperator: (platform, { id }) => operators.includes(`${platform}:${id}`),
  };
}

/** The workspace of direct messages where they belong to no other. */
const DIRECT_WORKSPACE = "dm";

/** What somebody reads who gives a command where nobody is served. */
export const notServedText = (isDirect: boolean): string =>
  isDirect
    ? "🔒 The bot's host has switched direct messages off. Please use it in a server or workspace."
    : "🔒 The bot's host has not opened it to this server or workspace. Nothing was run.";
