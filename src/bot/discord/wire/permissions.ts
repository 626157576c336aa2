/** https://discord.com/developers/docs/topics/permissions */
const ADMINISTRATOR = 1n << 3n;
const MANAGE_SERVER = 1n << 5n;

export interface NeededPermission {
  /** As Discord's settings call it. */
  readonly label: string;
  readonly bit: bigint;
  readonly why: string;
}

const needed = (label: string, bit: number, why: string): NeededPermission => ({ label, bit: 1n << BigInt(bit), why });

/** What the invite asks for, and no more. */
export const NEEDED = {
  view: needed("View Channels", 10, "to get the messages that mention it"),
  send: needed("Send Messages", 11, "to answer"),
  sendInThreads: needed("Send Messages in Threads", 38, "to answer in threads and forums"),
  openThreads: needed("Create Public Threads", 35, "for /chat thread"),
  history: needed(
    "Read Message History",
    16,
    "to answer as a reply, to read a thread it is called into, to finish after a restart",
  ),
  react: needed("Add Reactions", 6, "for the marks on questions and the board"),
  attach: needed("Attach Files", 15, "for answers that come as a file"),
} as const;

/** Whether a set of permissions makes its holder an operator of the bot in that server. */
export const mayManageServer = (permissions: bigint): boolean => (permissions & (MANAGE_SERVER | ADMINISTRATOR)) !== 0n;

/** What is known of a server without asking Discord. */
export interface ServerFacts {
  readonly ownerId: string;
  /** Permissions of a role; undefined for one that is not known. */
  permissionsOf(roleId: string): bigint | undefined;
}

/** Whether a member may manage the server, by its owner and roles; everyone has the role that bears the server's id. */
export function isManager(server: ServerFacts | undefined, serverId: string, userId: string, roles: readonly string[]) {
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
  return (all & ADMINISTRATOR) !== 0n ? EVERYTHING : all;
};

const EVERYTHING = (1n << 60n) - 1n;

/** The same in a channel: its rules for everyone, then for roles, then for the member itself. `roles`: without everyone's. */
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
