import type { Clock } from "../../base/clock.js";
import type { HostConfig } from "../../base/config/config-host.js";
import type { Log } from "../../base/log.js";
import { createLookupCache, createMemo } from "../../base/lookup-cache.js";
import type { Invocation } from "../../commands/command.js";
import { t } from "../../languages/translate.js";
import { type Settings, sharedWorkspaceOf, type WorkspaceSettings } from "../../refresh/settings.js";
import { channelKeyOf, DIRECT_WORKSPACE } from "../port/conversation.js";
import type { ChannelKey, ChatPlatform, Person, Speaker } from "../port/platform.js";
import type { PlatformParts } from "../port/platform-definition.js";

/** Whom the bot serves, and who may change settings, as the host has configured it. */
export interface HostAccess {
  /** Threads that the bot was called into are answered in without a mention. */
  readonly followsThreads: boolean;
  /** Whether anybody is answered there. Direct messages have a switch of their own. */
  isServed(platform: ChatPlatform, place: ChannelKey, isDirect: boolean): boolean;
  /**
   * Whether somebody is answered there: in direct messages only who shares a named workspace with the bot, where the
   * host has named some. Looks that up at most every 10 minutes, within 2 s. Never rejects.
   */
  serviceFor(platform: ChatPlatform, place: ChannelKey, speaker: Speaker): Promise<Service>;
  /** Returns at once what is known of that by now; what isn't is looked up meanwhile. */
  knownServiceFor(platform: ChatPlatform, place: ChannelKey, speaker: Speaker): Service;
  /**
   * The workspaces of running platforms whose settings count for the refresh, as settings know them: "discord:123".
   * Those in `known`, which have set something, include direct messages, which no platform names one by one. Returns
   * the same object as long as none of these change.
   */
  countedWorkspaces(platforms: readonly ChatPlatform[], known?: readonly string[]): readonly string[];
  /** Named by the host: an operator everywhere on that platform. */
  isNamedOperator(platform: string, person: Person): boolean;
}

/** "closed": nobody is answered there; "stranger": this person is not; "unknown": that could not be looked up. */
export type Service = "served" | "closed" | "stranger" | "unknown";

export interface AccessDeps {
  /** What was made of each platform; filled before anybody speaks. */
  readonly surfaces: readonly Pick<PlatformParts, "platform" | "isMemberOf">[];
  readonly clock: Clock;
  readonly log: Pick<Log, "warn">;
}

const MEMBER_FRESH_MS = 600_000;
const LOOK_UP_MS = 2_000;
const NONE_SET: readonly string[] = [];

export function createAccess(
  { allowedWorkspaces, allowDms, operators, followThreads }: HostConfig["access"],
  { surfaces, clock, log }: AccessDeps,
): HostAccess {
  const isAllowed = (platform: ChatPlatform, id: string) =>
    platform.limits.isLocal === true || allowedWorkspaces.length === 0 || allowedWorkspaces.includes(id);
  const members = createLookupCache(
    async (key) => {
      const [name = "", person = ""] = key.split(":");
      const surface = surfaces.find(({ platform }) => platform.name === name);
      return (await surface?.isMemberOf?.(person, allowedWorkspaces)) ?? false;
    },
    { clock, what: "the lookup of a member", freshMs: MEMBER_FRESH_MS, waitMs: LOOK_UP_MS },
  );
  const isCounted = (platform: ChatPlatform, id: string) =>
    id === DIRECT_WORKSPACE ? allowDms : isAllowed(platform, id);
  const isServed = (platform: ChatPlatform, { workspace }: ChannelKey, isDirect: boolean) =>
    isDirect ? allowDms : isAllowed(platform, workspace);
  /** The key of the lookup that decides; otherwise what is known without one. */
  const decidedBy = (platform: ChatPlatform, place: ChannelKey, { author, isDirect }: Speaker) => {
    if (!isServed(platform, place, isDirect)) return { service: "closed" } as const;
    const isOpen = !isDirect || platform.limits.isLocal === true || allowedWorkspaces.length === 0;
    return isOpen ? ({ service: "served" } as const) : { key: `${platform.name}:${author.id}` };
  };
  const lookedUp = async (key: string): Promise<Service> => {
    try {
      return (await members.get(key)) ? "served" : "stranger";
    } catch (error) {
      log.warn({ error }, "member lookup failed, the person is asked to try again");
      return "unknown";
    }
  };
  return {
    followsThreads: followThreads,
    isServed,
    async serviceFor(platform, place, speaker) {
      const decided = decidedBy(platform, place, speaker);
      return "service" in decided ? decided.service : lookedUp(decided.key);
    },
    knownServiceFor(platform, place, speaker) {
      const decided = decidedBy(platform, place, speaker);
      if ("service" in decided) return decided.service;
      const known = members.fresh(decided.key);
      if (known === undefined) void lookedUp(decided.key);
      return known?.value ? "served" : "unknown";
    },
    countedWorkspaces: createCountedWorkspaces(isCounted),
    isNamedOperator: (platform, { id }) => operators.includes(`${platform}:${id}`),
  };
}

function createCountedWorkspaces(
  isCounted: (platform: ChatPlatform, id: string) => boolean,
): HostAccess["countedWorkspaces"] {
  const counted = createMemo<readonly string[]>();
  return (platforms, known = NONE_SET) => {
    const up = platforms.filter((platform) => platform.fault() === undefined);
    const groups = up.map((platform) => platform.workspaces());
    return counted([known, ...up, ...groups], () => {
      const served = up.flatMap((platform, index) => {
        const idAt = platform.name.length + 1;
        return groups[index]?.filter((workspace) => isCounted(platform, workspace.slice(idAt))) ?? [];
      });
      const here = new Set(served);
      return [...served, ...known.filter((one) => !here.has(one) && here.has(sharedWorkspaceOf(one)))];
    });
  };
}

/** What somebody reads who asks where they are not served. */
export function notServedText(service: Exclude<Service, "served">, isDirect: boolean): string {
  if (service === "unknown") {
    return t`⚠️ I could not check whether we share a server or workspace, which direct messages need here. Please
      try again in a moment.`;
  }
  if (service === "stranger") {
    return t`🔒 I answer direct messages only from people who share an allowed server or workspace with me.
      Nothing was run.`;
  }
  return isDirect
    ? t`🔒 The bot's host has switched direct messages off. Please use it in a server or workspace.`
    : t`🔒 The bot's host does not allow this server or workspace. Nothing was run.`;
}

/**
 * Returns why somebody's question is not taken, as they read it; undefined where it is. Operators may always ask, but
 * only in the channels that are open; a direct message is no channel. Never rejects.
 */
export async function chatRefusal(
  { access = {}, isDamaged }: WorkspaceSettings,
  { channel, thread }: ChannelKey,
  { author, isDirect, isOperator, isGuest, isInGroup }: Speaker,
): Promise<string | undefined> {
  const { channels = [], who = [], guests = true } = access;
  const isOpen = isDirect || channels.length === 0 || channels.includes(channel) || channels.includes(thread ?? "");
  if (!isOpen) return t`🔒 I don't answer in this channel. \`/settings show\` says where I do.`;
  if (isOperator) return undefined;
  if (isDamaged) {
    return t`🔒 The settings of this workspace can't be read, so only operators may ask me here until one of them
      sets them again.`;
  }
  if (!guests && isGuest === true) return t`🔒 Guests can't ask me here. An operator can change that.`;
  if (who.length === 0 || who.includes(author.id)) return undefined;
  const memberships = await Promise.all(who.map((group) => isInGroup?.(group) ?? false));
  return memberships.includes(true)
    ? undefined
    : t`🔒 Only some people may ask me here, and you are not one of them. An operator can change that.`;
}

/** Like `chatRefusal`, for commands that show or change a conversation; operators may give them in every channel. */
export const commandRefusal =
  (settings: Pick<Settings, "of">) =>
  async ({ workspace, conversation, user, ...speaker }: Invocation): Promise<string | undefined> =>
    speaker.isOperator
      ? undefined
      : chatRefusal(settings.of(workspace), channelKeyOf(conversation), { ...speaker, author: user });
