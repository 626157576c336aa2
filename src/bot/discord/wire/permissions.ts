import { PermissionFlagsBits as Permission } from "discord-api-types/v10";
import { type Phrase, phrase } from "../../../languages/translate.js";

export interface NeededPermission {
  /** Name of the permission in Discord's settings. */
  readonly label: Phrase;
  readonly bit: bigint;
  readonly why: Phrase;
}

/** What the invite asks for, and no more. */
export const NEEDED = {
  view: {
    label: phrase`View Channels`,
    bit: Permission.ViewChannel,
    why: phrase`to get the messages that mention it`,
  },
  send: { label: phrase`Send Messages`, bit: Permission.SendMessages, why: phrase`to answer` },
  sendInThreads: {
    label: phrase`Send Messages in Threads`,
    bit: Permission.SendMessagesInThreads,
    why: phrase`to answer in threads and forums`,
  },
  openThreads: {
    label: phrase`Create Public Threads`,
    bit: Permission.CreatePublicThreads,
    why: phrase`for \`/chat thread\``,
  },
  history: {
    label: phrase`Read Message History`,
    bit: Permission.ReadMessageHistory,
    why: phrase`to answer as a reply, to read a thread it is called into, to find what was asked while it was away`,
  },
  react: {
    label: phrase`Add Reactions`,
    bit: Permission.AddReactions,
    why: phrase`for the marks on questions and the board`,
  },
  attach: { label: phrase`Attach Files`, bit: Permission.AttachFiles, why: phrase`for answers that come as a file` },
} as const satisfies Readonly<Record<string, NeededPermission>>;

/** Whether a set of permissions makes its holder an operator of the bot in that server. */
export const mayManageServer = (permissions: bigint): boolean =>
  (permissions & (Permission.ManageGuild | Permission.Administrator)) !== 0n;

/** What is known of a server without asking Discord. */
export interface ServerFacts {
  /** Undefined until Discord has told it. */
  readonly ownerId: string | undefined;
  /** Permissions of a role; undefined for one that is not known. */
  permissionsOf(roleId: string): bigint | undefined;
  roleName(roleId: string): string | undefined;
  /** The role that Discord made for a bot when it was invited, which people pick in the place of its name. */
  roleOfBot(botId: string): string | undefined;
}

/** Whether a member may manage the server, by its owner and roles; everyone has the role that bears the server's id. */
export function isManager(
  server: Pick<ServerFacts, "ownerId" | "permissionsOf"> | undefined,
  serverId: string,
  userId: string,
  roles: readonly string[],
) {
  if (server === undefined) return false;
  if (server.ownerId === userId) return true;
  return [serverId, ...roles].some((role) => mayManageServer(server.permissionsOf(role) ?? 0n));
}

/** Where the bot is invited to a server, with exactly what it needs there. */
export function inviteLink(applicationId: string): string {
  const permissions = Object.values(NEEDED).reduce((sum, { bit }) => sum | bit, 0n);
  const query = new URLSearchParams({
    client_id: applicationId,
    permissions: String(permissions),
    scope: "bot applications.commands",
  });
  return `https://discord.com/oauth2/authorize?${query}`;
}

export interface Overwrite {
  readonly id: string;
  readonly allow: bigint;
  readonly deny: bigint;
}

/** A member's permissions by its roles, before those of channels. */
export const basePermissions = (roles: ReadonlyMap<string, bigint>, member: readonly string[]): bigint => {
  const all = member.reduce((sum, role) => sum | (roles.get(role) ?? 0n), 0n);
  return (all & Permission.Administrator) !== 0n ? EVERYTHING : all;
};

const EVERYTHING = (1n << 60n) - 1n;

/**
 * A member's permissions in a channel: its rules for everyone, then for roles, then for the member itself. `roles`:
 * without everyone's.
 */
export function permissionsIn(
  base: bigint,
  overwrites: readonly Overwrite[],
  who: { readonly serverId: string; readonly roles: readonly string[]; readonly userId: string },
): bigint {
  if (base === EVERYTHING) return base;
  const of = (isIt: (id: string) => boolean) => overwrites.filter(({ id }) => isIt(id));
  const layers = [
    of((id) => id === who.serverId),
    of((id) => id !== who.serverId && who.roles.includes(id)),
    of((id) => id === who.userId),
  ];
  return layers.reduce((sum, layer) => {
    const denied = layer.reduce((bits, { deny }) => bits | deny, 0n);
    const allowed = layer.reduce((bits, { allow }) => bits | allow, 0n);
    return (sum & ~denied) | allowed;
  }, base);
}
