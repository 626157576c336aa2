import { ApplicationFlags, ChannelType } from "discord-api-types/v10";
import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import { messageOf } from "../../../base/errors.js";
import { visible } from "../../../base/text.js";
import { plural, t } from "../../../languages/translate.js";
import type { PlatformFinding } from "../../port/platform-definition.js";
import { createRest, type DiscordRest } from "../send/rest.js";
import type { DiscordSettings } from "../variables.js";
import { INTENTS_HINT, refusalOfLogin } from "../wire/health.js";
import {
  basePermissions,
  inviteLink,
  NEEDED,
  type NeededPermission,
  type Overwrite,
  permissionsIn,
} from "../wire/permissions.js";

const gateway = z.object({ session_start_limit: z.object({ remaining: z.number(), total: z.number() }) });
const application = z.object({ id: z.string(), flags: z.number().catch(0) });
const user = z.object({ id: z.string() });
const servers = z.array(z.object({ id: z.string(), name: z.string().catch("?") }));
const bits = z.union([z.string(), z.number()]).transform((value) => BigInt(value));
const server = z.object({ roles: z.array(z.object({ id: z.string(), permissions: bits })) });
const member = z.object({ roles: z.array(z.string()) });
const overwrite = z.object({ id: z.string(), allow: bits, deny: bits });
const channels = z.array(
  z.object({ type: z.number(), name: z.string().catch("?"), permission_overwrites: z.array(overwrite).catch([]) }),
);

/** With review by Discord, and without. */
const MESSAGE_CONTENT = ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited;
/** More servers would only repeat what the first ones tell. */
const MOST_SERVERS = 10;

export interface CheckDiscordDeps {
  readonly discord: DiscordSettings;
  readonly followThreads: boolean;
  readonly clock: Clock;
}

/** Asks Discord whether the token is good, and what the bot may do, without connecting. Never rejects. */
export async function checkDiscord({
  discord,
  followThreads,
  clock,
}: CheckDiscordDeps): Promise<readonly PlatformFinding[]> {
  const { token, apiUrl } = discord;
  const rest = createRest({ token, apiUrl, clock, onAnswer() {} });
  try {
    const answer = await rest.call("GET", "/gateway/bot", { what: "asking where to connect" });
    const starts = gateway.safeParse(answer).data?.session_start_limit;
    const left = starts === undefined ? "" : t`, ${starts.remaining} of ${starts.total} connections left today`;
    const good = { isFine: true, text: t`discord: DISCORD_TOKEN is valid${left}` };
    return [good, ...(await checkRights(rest, followThreads))];
  } catch (error) {
    const refusal = refusalOfLogin(error);
    const why = refusal ?? t`${messageOf(error)}; check the network and DISCORD_API_URL`;
    return [{ isFine: false, text: t`discord: ${why}` }];
  }
}

/** What cannot be asked is no fault of the bot's. */
async function checkRights(rest: DiscordRest, followThreads: boolean): Promise<readonly PlatformFinding[]> {
  const findings: PlatformFinding[] = [];
  try {
    const { id, flags } = application.parse(
      await rest.call("GET", "/applications/@me", { what: "reading the application" }),
    );
    const invite = inviteLink(id);
    findings.push(intentsFinding(flags, followThreads), inviteFinding(invite));
    const me = user.parse(await rest.call("GET", "/users/@me", { what: "asking who the bot is" })).id;
    const all = servers.parse(await rest.call("GET", "/users/@me/guilds?limit=200", { what: "listing its servers" }));
    if (all.length === 0)
      findings.push({ isFine: false, text: t`discord: the bot is in no server yet; open the invite link` });
    for (const { id: serverId, name } of all.slice(0, MOST_SERVERS))
      findings.push(...checkServer(await readServer(rest, { id: serverId, name: visible(name) }, me), invite));
  } catch (error) {
    findings.push({ isFine: true, text: t`discord: not everything could be checked: ${whyNot(error)}` });
  }
  return findings;
}

const whyNot = (error: unknown) =>
  error instanceof z.ZodError ? "Discord sent an unexpected answer" : messageOf(error);

function intentsFinding(flags: number, followThreads: boolean): PlatformFinding {
  if (!followThreads) return { isFine: true, text: t`discord: no privileged intent is needed` };
  const isAllowed = (flags & MESSAGE_CONTENT) !== 0;
  return { isFine: isAllowed, text: t`discord: ${isAllowed ? t`the Message Content intent is on` : INTENTS_HINT}` };
}

function inviteFinding(invite: string): PlatformFinding {
  const reasons = Object.values(NEEDED).map(({ label, why }) => `${label} ${why}`);
  return { isFine: true, text: t`discord: invite the bot with ${invite}; it requests ${reasons.join(", ")}` };
}

async function readServer(rest: DiscordRest, { id, name }: { id: string; name: string }, userId: string) {
  const path = `/guilds/${id}` as const;
  const what = "reading a server's permissions";
  const [{ roles }, { roles: memberRoles }, all] = await Promise.all([
    rest.call("GET", path, { what }).then((answer) => server.parse(answer)),
    rest.call("GET", `${path}/members/${userId}`, { what }).then((answer) => member.parse(answer)),
    rest.call("GET", `${path}/channels`, { what }).then((answer) => channels.parse(answer)),
  ]);
  return {
    id,
    name,
    userId,
    memberRoles,
    roles: new Map(roles.map((role) => [role.id, role.permissions])),
    channels: all.map(({ permission_overwrites, ...channel }) => ({
      ...channel,
      name: visible(channel.name),
      overwrites: permission_overwrites,
    })),
  };
}

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
