import { DiscordSnowflake } from "@sapphire/snowflake";
import { ChannelType, GatewayDispatchEvents } from "discord-api-types/v10";
import { z } from "zod";
import { BoundedMap } from "../../../base/bounded-map.js";
import type { Log } from "../../../base/log.js";
import type { ChannelKey } from "../../port/platform.js";
import type { Calls } from "../send/calls.js";
import type { DiscordRest } from "../send/rest.js";
import { listOf } from "../wire/events.js";
import type { ServerFacts } from "../wire/permissions.js";
import { type ChannelFacts, placeOf, THREAD_TYPES } from "../wire/places.js";

/** What is known of servers, channels and threads: what events told, and what was asked for. */
export interface Places {
  /** Takes in an event. Never throws. */
  onEvent(name: string, data: unknown): void;
  /** Returns one object until a server comes or goes. */
  serverIds(): readonly string[];
  server(id: string | undefined): ServerFacts | undefined;
  /** Asks for what another process has received about a server. Resolves at once for every other one. Never rejects. */
  load(id: string | undefined): Promise<void>;
  /** Takes in servers that were described to another process. */
  adopt(ids: readonly string[]): void;
  /** Forgets servers whose events another process gets from now on. */
  forget(isLost: (id: string) => boolean): void;
  /** The name of a channel or thread; undefined where no event told it. */
  channelName(id: string): string | undefined;
  /** The conversation that a channel's id belongs to, as far as events told. */
  known(channelId: string, guildId: string | undefined): ChannelKey;
  /** The conversation that a channel's id belongs to. Never rejects. */
  find(channelId: string, guildId: string | undefined): Promise<ChannelKey>;
}

const id = z.string();
const name = z.string().optional().catch(undefined);
const role = z
  .object({
    id,
    name,
    permissions: z.string().regex(/^\d+$/).transform(BigInt),
    tags: z.object({ bot_id: id.optional() }).optional().catch(undefined),
  })
  .transform(({ id, name, permissions, tags }): Role & { readonly id: string } => ({
    id,
    name,
    permissions,
    botId: tags?.bot_id,
  }));
const channel = z.object({ id, type: z.number(), parent_id: id.nullish(), name });
const server = z.object({ id, owner_id: id, roles: listOf(role), channels: listOf(channel), threads: listOf(channel) });
const ready = z.object({ guilds: listOf(z.object({ id })) });
const left = z.object({ id, unavailable: z.boolean().nullish() });
const roleChange = z.object({ guild_id: id, role });
const roleRemoval = z.object({ guild_id: id, role_id: id });
const threadList = z.object({ threads: listOf(channel) });

/** A channel beyond these is asked for when it is needed. */
const MAX_CHANNELS = 50_000;
const TIMEOUT_MS = 2_000;

/** Events after which servers may have come or gone. */
const SERVER_EVENTS: ReadonlySet<string> = new Set([
  GatewayDispatchEvents.Ready,
  GatewayDispatchEvents.GuildCreate,
  GatewayDispatchEvents.GuildUpdate,
  GatewayDispatchEvents.GuildDelete,
]);

export interface PlacesDeps {
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly log: Log;
}

interface Role {
  readonly name: string | undefined;
  readonly permissions: bigint;
  /** Set on the role that Discord made for a bot. */
  readonly botId: string | undefined;
}

interface Server {
  readonly ownerId: string | undefined;
  readonly roles: Map<string, Role>;
  /** Whether Discord described the server to another process, whose session this one resumed. */
  readonly isAdopted?: true;
}

/** Remembers of servers what decides who may do what there, and which channels are threads. */
export function createPlaces(deps: PlacesDeps): Places {
  const servers = new Map<string, Server>();
  const channels = new BoundedMap<string, ChannelFacts>(MAX_CHANNELS);
  let serverIds: readonly string[] | undefined;

  const { askOnce, describeOnce } = createQuestions(deps, servers, channels);
  return {
    async load(id = "") {
      if (servers.get(id)?.isAdopted) await describeOnce(id);
    },
    adopt(ids) {
      for (const id of ids)
        if (!servers.has(id)) servers.set(id, { ownerId: undefined, roles: new Map(), isAdopted: true });
      serverIds = undefined;
    },
    forget(isLost) {
      for (const id of [...servers.keys()]) if (isLost(id)) servers.delete(id);
      serverIds = undefined;
    },
    onEvent(name, data) {
      note(name, data, servers, channels);
      if (SERVER_EVENTS.has(name)) serverIds = undefined;
    },
    serverIds() {
      serverIds ??= [...servers.keys()];
      return serverIds;
    },
    server(id) {
      const known = servers.get(id ?? "");
      return (
        known && {
          ownerId: known.ownerId,
          permissionsOf: (roleId) => known.roles.get(roleId)?.permissions,
          roleName: (roleId) => known.roles.get(roleId)?.name,
          roleOfBot: (botId) => [...known.roles].find(([, role]) => role.botId === botId)?.[0],
        }
      );
    },
    channelName: (id) => channels.get(id)?.name,
    known: (channelId, guildId) => placeOf(channelId, guildId, channels.get(channelId)),
    async find(channelId, guildId) {
      if (guildId === undefined) return placeOf(channelId, undefined, undefined);
      return placeOf(channelId, guildId, channels.get(channelId) ?? (await askOnce(channelId)));
    },
  };
}

/** What Discord is asked where no event told it. Neither rejects. */
function createQuestions(deps: PlacesDeps, servers: Map<string, Server>, channels: BoundedMap<string, ChannelFacts>) {
  const ask = async (id: string): Promise<ChannelFacts | undefined> => {
    try {
      await deps.calls.take("GET", `/channels/${id}`, "first-text");
      const terms = { what: "reading a channel", timeoutMs: TIMEOUT_MS };
      const facts = channel.parse(await deps.rest.call("GET", `/channels/${id}`, terms));
      channels.set(id, facts);
      return facts;
    } catch (error) {
      deps.log.warn({ error }, "discord: channel could not be read, treated as not a thread");
      return undefined;
    }
  };
  const describe = async (id: string): Promise<void> => {
    try {
      await deps.calls.take("GET", `/guilds/${id}`, "first-text");
      const terms = { what: "reading a server", timeoutMs: TIMEOUT_MS };
      const { owner_id, roles } = server.parse(await deps.rest.call("GET", `/guilds/${id}`, terms));
      if (servers.has(id)) servers.set(id, { ownerId: owner_id, roles: rolesOf(roles) });
    } catch (error) {
      deps.log.warn({ error }, "discord: server could not be read, nobody there counts as an operator until it can");
    }
  };
  return { askOnce: createSharedCall(ask), describeOnce: createSharedCall(describe) };
}

/** One call for all who wait for the same, so that messages stay in order. */
function createSharedCall<T>(call: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return (id) => {
    const shared = running.get(id) ?? call(id).finally(() => running.delete(id));
    running.set(id, shared);
    return shared;
  };
}

const rolesOf = (roles: z.infer<typeof server>["roles"]) => new Map(roles.map(({ id, ...role }) => [id, role]));

/** Takes in what an event says of servers and channels; one that is malformed changes nothing. */
function note(name: string, data: unknown, servers: Map<string, Server>, channels: Map<string, ChannelFacts>): void {
  switch (name) {
    case GatewayDispatchEvents.Ready:
      for (const { id } of ready.safeParse(data).data?.guilds ?? [])
        if (!servers.has(id)) servers.set(id, { ownerId: undefined, roles: new Map() });
      break;
    case GatewayDispatchEvents.GuildCreate:
    case GatewayDispatchEvents.GuildUpdate: {
      const found = server.safeParse(data).data;
      if (found === undefined) break;
      servers.set(found.id, { ownerId: found.owner_id, roles: rolesOf(found.roles) });
      keep([...found.channels, ...found.threads], channels);
      break;
    }
    case GatewayDispatchEvents.GuildDelete: {
      const found = left.safeParse(data).data;
      // One that is unavailable for a while comes back.
      if (found !== undefined && !found.unavailable) servers.delete(found.id);
      break;
    }
    case GatewayDispatchEvents.GuildRoleCreate:
    case GatewayDispatchEvents.GuildRoleUpdate: {
      const found = roleChange.safeParse(data).data;
      if (found !== undefined) servers.get(found.guild_id)?.roles.set(found.role.id, found.role);
      break;
    }
    case GatewayDispatchEvents.GuildRoleDelete: {
      const found = roleRemoval.safeParse(data).data;
      if (found !== undefined) servers.get(found.guild_id)?.roles.delete(found.role_id);
      break;
    }
    case GatewayDispatchEvents.ThreadListSync:
      keep(threadList.safeParse(data).data?.threads ?? [], channels);
      break;
    case GatewayDispatchEvents.ChannelCreate:
    case GatewayDispatchEvents.ChannelUpdate:
    case GatewayDispatchEvents.ThreadCreate:
    case GatewayDispatchEvents.ThreadUpdate:
      keep(listOf(channel).parse([data]), channels);
      break;
    case GatewayDispatchEvents.ChannelDelete:
    case GatewayDispatchEvents.ThreadDelete:
      channels.delete(String(Object(data).id));
  }
}

const recent = channel.extend({ last_message_id: id.nullish() });
const serverStart = z.object({ id, channels: listOf(recent), threads: listOf(recent) });
const TALKED_IN: readonly ChannelType[] = [
  ChannelType.GuildText,
  ChannelType.GuildAnnouncement,
  ChannelType.GuildVoice,
  ChannelType.GuildStageVoice,
  ...THREAD_TYPES,
];

/** The channels and threads in which somebody wrote since a time, or may have, as `GUILD_CREATE` tells it. */
export function recentPlaces(data: unknown, since: number): readonly ChannelKey[] {
  const found = serverStart.safeParse(data).data;
  if (found === undefined) return [];
  return [...found.channels, ...found.threads]
    .filter(({ type, last_message_id: last }) => TALKED_IN.includes(type) && last !== null)
    .filter(({ last_message_id: last }) => last === undefined || DiscordSnowflake.timestampFrom(String(last)) >= since)
    .map((one) => placeOf(one.id, found.id, one));
}

function keep(found: readonly z.infer<typeof channel>[], channels: Map<string, ChannelFacts>): void {
  for (const { id, ...facts } of found) channels.set(id, facts);
}
