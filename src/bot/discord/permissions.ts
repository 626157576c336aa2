/** https://discord.com/developers/docs/topics/permissions */
const PERMISSIONS = {
  administrator: 1n << 3n,
  manageServer: 1n << 5n,
  addReactions: 1n << 6n,
  viewChannels: 1n << 10n,
  sendMessages: 1n << 11n,
  attachFiles: 1n << 15n,
  readMessageHistory: 1n << 16n,
  sendMessagesInThreads: 1n << 38n,
} as const;

/** What the invite asks for, and no more; why each is needed stands in docs/discord.md. */
const NEEDED: readonly (keyof typeof PERMISSIONS)[] = [
  "viewChannels",
  "sendMessages",
  "sendMessagesInThreads",
  "readMessageHistory",
  "addReactions",
  "attachFiles",
];

/** Whether a set of permissions makes its holder an operator of the bot in that server. */
export const mayManageServer = (permissions: bigint): boolean =>
  (permissions & (PERMISSIONS.manageServer | PERMISSIONS.administrator)) !== 0n;

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
  const permissions = NEEDED.reduce((sum, name) => sum | PERMISSIONS[name], 0n);
  const query = new URLSearchParams({
    client_id: applicationId,
    permissions: String(permissions),
    scope: "bot applications.commands",
  });
  return `https://discord.com/oauth2/authorize?${query}`;
}
