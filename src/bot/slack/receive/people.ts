import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { createLookupCache } from "../../../base/lookup-cache.js";
import type { Speaker } from "../../port/platform.js";
import type { OptionalFeatures } from "../send/caller.js";
import type { SlackCalls } from "../send/calls.js";
import type { Identity } from "../wire/identity.js";
import { idsIn, type NameOf } from "../wire/notation.js";

export interface People {
  /** Resolves within 1 s, never rejects: whom Slack doesn't know has no rights. */
  lookUp(user: string): Promise<KnownPerson>;
  /** Resolves with what the handlers want to know of a person; likewise within 1 s and never rejects. */
  speaker(user: string): Promise<Pick<Speaker, "author" | "isOperator" | "isGuest" | "isInGroup">>;
  /**
   * Resolves with the names of the people, channels and groups that a text names by id; likewise within 1 s and never
   * rejects.
   */
  namesIn(raw: string): Promise<NameOf>;
}

interface PeopleDeps {
  readonly calls: Pick<SlackCalls, "userInfo" | "groupMembers" | "groups" | "channelInfo">;
  readonly optional: Pick<OptionalFeatures, "run">;
  readonly clock: Clock;
  readonly log: Log;
  identity(): Pick<Identity, "teamId" | "enterpriseId"> | undefined;
}

interface KnownPerson {
  readonly name: string;
  readonly isOperator: boolean;
  readonly isGuest: boolean;
}

const FRESH_MS = 300_000;
/** A person waits for an answer meanwhile. */
const WAIT_MS = 1_000;

const userSchema = z.object({
  user: z.looseObject({
    team_id: z.string().nullish(),
    enterprise_user: z
      .looseObject({ enterprise_id: z.string().nullish(), teams: z.array(z.string()).nullish() })
      .nullish(),
    name: z.string().nullish(),
    real_name: z.string().nullish(),
    profile: z.looseObject({ display_name: z.string().nullish() }).nullish(),
    is_admin: z.boolean().default(false),
    is_owner: z.boolean().default(false),
    is_restricted: z.boolean().default(false),
    is_ultra_restricted: z.boolean().default(false),
    is_stranger: z.boolean().default(false),
    deleted: z.boolean().default(false),
  }),
});
const membersSchema = z.object({ users: z.array(z.string()) });
const groupsSchema = z.object({ usergroups: z.array(z.looseObject({ id: z.string(), handle: z.string() })) });
const channelSchema = z.object({ channel: z.looseObject({ name: z.string().min(1) }) });
/** Names are looked up for so many ids of one text; the others stay ids. */
const MAX_NAMED = 50;

/** Looks people up by `users.info` and groups by `usergroups.users.list`, both cached for five minutes. */
export function createPeople({ calls, optional, clock, log, identity }: PeopleDeps): People {
  const cached = { clock, what: "Slack", freshMs: FRESH_MS, waitMs: WAIT_MS };
  const people = createLookupCache(async (user): Promise<KnownPerson> => {
    const { user: found } = userSchema.parse(await calls.userInfo(user));
    return knownPerson(user, found, identity());
  }, cached);
  const groups = createLookupCache(async (group: string) => {
    const { users } = membersSchema.parse(await calls.groupMembers(group));
    return new Set(users);
  }, cached);
  const handles = createLookupCache(async () => {
    const found = await optional.run("usergroups.list", calls.groups);
    const { data } = groupsSchema.safeParse(found);
    return new Map((data?.usergroups ?? []).map(({ id, handle }) => [id, handle]));
  }, cached);
  const channels = createLookupCache(async (channel: string) => {
    const found = await optional.run("conversations.info", () => calls.channelInfo(channel));
    return channelSchema.safeParse(found).data?.channel.name;
  }, cached);
  const nameOf = async (kind: Parameters<NameOf>[0], id: string): Promise<string | undefined> => {
    if (kind === "user") return (await people.get(id)).name;
    return kind === "channel" ? channels.get(id) : (await handles.get("")).get(id);
  };

  const lookUp = async (user: string): Promise<KnownPerson> => {
    try {
      return await people.get(user);
    } catch (error) {
      log.warn({ error, user }, "slack: user lookup failed, no rights assumed");
      return { name: people.last(user)?.name ?? user, isOperator: false, isGuest: true };
    }
  };
  const isInGroup = async (user: string, group: string) => {
    try {
      return (await groups.get(group)).has(user);
    } catch (error) {
      log.warn({ error, group }, "slack: user group lookup failed, no member assumed");
      return false;
    }
  };
  return {
    lookUp,
    async namesIn(raw) {
      const found = new Map<string, string>();
      const ids = new Map(idsIn(raw).map(([kind, id]) => [`${kind} ${id}`, [kind, id] as const]));
      await Promise.all(
        [...ids].slice(0, MAX_NAMED).map(async ([key, [kind, id]]) => {
          const name = await nameOf(kind, id).catch(() => undefined); // the id stays, as for a name that nobody knows
          if (name !== undefined) found.set(key, name);
        }),
      );
      return (kind, id) => found.get(`${kind} ${id}`);
    },
    async speaker(user) {
      const { name, isOperator, isGuest } = await lookUp(user);
      return { author: { id: user, name }, isOperator, isGuest, isInGroup: (group) => isInGroup(user, group) };
    },
  };
}

type FoundUser = z.infer<typeof userSchema>["user"];
type OwnIdentity = ReturnType<PeopleDeps["identity"]>;

const isMemberOf = (teamId: string, { team_id: home, enterprise_user: inGrid }: FoundUser): boolean =>
  !home || home === teamId || inGrid?.teams?.includes(teamId) === true;

function knownPerson(user: string, found: FoundUser, identity: OwnIdentity): KnownPerson {
  const { teamId = "", enterpriseId } = identity ?? {};
  const isMember = isMemberOf(teamId, found);
  // On Enterprise Grid the home of a colleague may be another workspace of the organization.
  const isColleague = isMember || (enterpriseId !== undefined && found.enterprise_user?.enterprise_id === enterpriseId);
  const isGuest = found.is_stranger || !isColleague || found.is_restricted || found.is_ultra_restricted;
  return {
    name: found.profile?.display_name || found.real_name || found.name || user,
    isOperator: (found.is_admin || found.is_owner) && isMember && !isGuest && !found.deleted,
    isGuest,
  };
}

/**
 * Looks up whether a person belongs to one of these workspaces or organizations, by their ids. Nothing is cached.
 * @throws {PlatformError} when Slack does not say
 */
export async function isInTeams(
  { calls, identity }: Pick<PeopleDeps, "identity"> & { readonly calls: Pick<SlackCalls, "userInfo"> },
  user: string,
  teams: readonly string[],
): Promise<boolean> {
  const { user: found } = userSchema.parse(await calls.userInfo(user));
  const { teamId = "" } = identity() ?? {};
  const own = isMemberOf(teamId, found) ? [teamId] : [];
  const inGrid = found.enterprise_user;
  const all = [...own, found.team_id, inGrid?.enterprise_id, ...(inGrid?.teams ?? [])];
  return !found.deleted && all.some((team) => typeof team === "string" && teams.includes(team));
}
