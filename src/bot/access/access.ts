import type { HostConfig } from "../../base/config/config-host.js";
import { timeMark } from "../../base/time.js";
import type { Invocation } from "../../commands/command.js";
import type { Settings, WorkspaceSettings } from "../../refresh/settings.js";
import type { MessageLimits } from "../../usage/message-limits.js";
import { channelKeyOf, channelOf, workspaceOf } from "../port/conversation.js";
import type { ChannelKey, ChatPlatform, Person, Speaker } from "../port/platform.js";

/** Whom the bot serves, and who may change settings, as the host has configured it. */
export interface HostAccess {
  /** Threads that the bot was called into are answered in without a mention. */
  readonly followsThreads: boolean;
  /** Whether anything said there is answered. Direct messages have a switch of their own. */
  isServed(platform: ChatPlatform, place: ChannelKey, isDirect: boolean): boolean;
  /** The workspaces of running platforms whose settings count for the refresh, as settings know them: "discord:123". */
  countedWorkspaces(platforms: readonly ChatPlatform[]): readonly string[];
  /** Named by the host: an operator everywhere on that platform. */
  isNamedOperator(platform: string, person: Person): boolean;
}

export function createAccess({
  allowedWorkspaces,
  allowDms,
  operators,
  followThreads,
}: HostConfig["access"]): HostAccess {
  const isAllowed = (platform: ChatPlatform, id: string) =>
    platform.limits.isLocal === true || allowedWorkspaces.length === 0 || allowedWorkspaces.includes(id);
  return {
    followsThreads: followThreads,
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

/**
 * Returns why somebody's question is not taken, as they read it; undefined where it is. Operators may always ask, but
 * only in the channels that are open; a direct message is no channel. Never rejects.
 */
export async function chatRefusal(
  { access = {} }: WorkspaceSettings,
  { channel, thread }: ChannelKey,
  { author, isDirect, isOperator, isGuest, isInGroup }: Speaker,
): Promise<string | undefined> {
  const { channels = [], who = [], guests = true } = access;
  const isOpen = isDirect || channels.length === 0 || channels.includes(channel) || channels.includes(thread ?? "");
  if (!isOpen) return "🔒 I don't answer in this channel. `/settings show` says where I do.";
  if (isOperator) return undefined;
  if (!guests && isGuest === true) return "🔒 Guests can't ask me here. An operator can change that.";
  if (who.length === 0 || who.includes(author.id)) return undefined;
  const memberships = await Promise.all(who.map((group) => isInGroup?.(group) ?? false));
  return memberships.includes(true)
    ? undefined
    : "🔒 Only some people may ask me here, and you are not among them yet. An operator can change that.";
}

/** Like `chatRefusal`, for commands that change a conversation; operators may give them in every channel. */
export const commandRefusal =
  (settings: Pick<Settings, "of">) =>
  async ({ workspace, conversation, user, ...speaker }: Invocation): Promise<string | undefined> =>
    speaker.isOperator
      ? undefined
      : chatRefusal(settings.of(workspace), channelKeyOf(conversation), { ...speaker, author: user });

export interface LimitDeps {
  readonly settings: Pick<Settings, "of">;
  readonly limits: MessageLimits;
}

/** Counts a question, and returns what its asker reads where it is one too many. */
export function limitFault({ settings, limits }: LimitDeps, place: ChannelKey, asker: Person): string | undefined {
  const { access } = settings.of(workspaceOf(place));
  const verdict = limits.take(`${place.platform}:${asker.id}`, channelOf(place), access);
  if (verdict.isAllowed) return undefined;
  const who =
    verdict.by === "user"
      ? "You have asked as many questions as one person may"
      : "This channel has had as many questions as it may";
  return `${who} in 10 minutes. The next one is taken ${timeMark(verdict.until)}.`;
}

/** Questions that may wait in one conversation, behind the one that is answered. */
export const MAX_WAITING = 20;
export const FULL_LINE = `There are already ${MAX_WAITING} questions waiting here. Ask again later, or in a thread.`;
