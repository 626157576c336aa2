import { ChannelType } from "discord-api-types/v10";
import { plural, t } from "../../../languages/translate.js";
import type { PlatformFinding } from "../../port/platform-definition.js";
import { basePermissions, NEEDED, type NeededPermission, type Overwrite, permissionsIn } from "../wire/permissions.js";

/** A server as the check-up sees it. */
export interface CheckedServer {
  readonly id: string;
  readonly name: string;
  readonly userId: string;
  /** The bot's own roles, without everyone's. */
  readonly memberRoles: readonly string[];
  readonly roles: ReadonlyMap<string, bigint>;
  readonly channels: readonly {
    readonly type: number;
    readonly name: string;
    readonly overwrites: readonly Overwrite[];
  }[];
}

const { view, send, sendInThreads, openThreads, history, react, attach } = NEEDED;
const MESSAGES = [view, send, history, react, attach];

/** Where people can talk to the bot. */
const KINDS: readonly {
  readonly types: readonly ChannelType[];
  /** "1 forum", "2 forums". */
  readonly counted: (count: number) => string;
  readonly needs: readonly NeededPermission[];
}[] = [
  {
    types: [ChannelType.GuildText],
    counted: (count) => plural(count, "text channel"),
    needs: [...MESSAGES, sendInThreads, openThreads],
  },
  {
    types: [ChannelType.GuildAnnouncement],
    counted: (count) => plural(count, "announcement channel"),
    needs: [...MESSAGES, sendInThreads, openThreads],
  },
  {
    types: [ChannelType.GuildVoice, ChannelType.GuildStageVoice],
    counted: (count) => plural(count, "voice channel's chat"),
    needs: MESSAGES,
  },
  {
    types: [ChannelType.GuildForum, ChannelType.GuildMedia],
    counted: (count) => plural(count, "forum"),
    needs: [view, sendInThreads, history, react, attach],
  },
];
const MOST_NAMED = 5;

/**
 * What the bot may not do in a server: as a whole, and by kind of channel. A few channels that are closed to it are the
 * server's own affair; where all of a kind are, something is amiss.
 */
export function checkServer(server: CheckedServer, invite: string): readonly PlatformFinding[] {
  const base = basePermissions(server.roles, [server.id, ...server.memberRoles]);
  const lacking = missing(base, Object.values(NEEDED));
  const where = t`discord: in "${server.name}"`;
  if (lacking.length > 0) {
    const list = lacking.map(({ label, why }) => `${label} (${why})`).join(", ");
    const fix = t`allow them for its role at Server Settings → Roles, or open the invite link again: ${invite}`;
    return [{ isFine: false, text: t`${where} the bot lacks ${list}; ${fix}` }];
  }
  const findings = KINDS.flatMap((kind) => checkKind(server, base, kind, where));
  const open = KINDS.flatMap(({ types, counted }) => {
    const count = server.channels.filter(({ type }) => types.includes(type)).length;
    return count > 0 ? [counted(count)] : [];
  });
  if (findings.length > 0) return findings;
  return [
    {
      isFine: true,
      text: t`${where} the bot has every permission that it needs (${open.join(", ") || t`no channel`})`,
    },
  ];
}

function checkKind(
  server: CheckedServer,
  base: bigint,
  { types, counted, needs }: (typeof KINDS)[number],
  where: string,
): readonly PlatformFinding[] {
  const who = { serverId: server.id, roles: server.memberRoles, userId: server.userId };
  const channels = server.channels
    .filter(({ type }) => types.includes(type))
    .map((channel) => ({ ...channel, lacking: missing(permissionsIn(base, channel.overwrites, who), needs) }));
  const closed = channels.filter(({ lacking }) => lacking.length > 0);
  if (closed.length === 0) return [];
  const named = closed.slice(0, MOST_NAMED).map((channel) => `#${channel.name} (${lackedIn(channel.lacking)})`);
  const more = closed.length > MOST_NAMED ? t` and ${closed.length - MOST_NAMED} more` : "";
  const isFine = closed.length < channels.length;
  const list = `${named.join(", ")}${more}`;
  const all = counted(channels.length);
  const fix = isFine ? "" : t`; allow it at the channel's settings → Permissions`;
  return [
    {
      isFine,
      text:
        closed.length === 1
          ? t`${where} ${1} of ${all} denies the bot a permission: ${list}${fix}`
          : t`${where} ${closed.length} of ${all} deny the bot a permission: ${list}${fix}`,
    },
  ];
}

const missing = (permissions: bigint, needs: readonly NeededPermission[]) =>
  needs.filter(({ bit }) => (permissions & bit) === 0n);

/** Who may not see a channel may do nothing there. */
const lackedIn = (lacking: readonly NeededPermission[]) =>
  lacking.includes(view) ? t`no ${view.label}` : t`no ${lacking.map(({ label }) => label).join(t`, no `)}`;
