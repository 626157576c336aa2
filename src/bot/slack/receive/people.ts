import { z } from "zod";
import { BoundedMap } from "../../../base/bounded-map.js";
import type { Clock } from "../../../base/clock.js";
import { withDeadline } from "../../../base/deadline.js";
import type { Log } from "../../../base/log.js";
import type { Speaker } from "../../port/platform.js";
import type { SlackCalls } from "../send/calls.js";
import type { OptionalFeatures } from "../send/optional-features.js";
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
const MAX_CACHED = 2_000;

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
  const people = createCache(clock, async (user: string): Promise<KnownPerson> => {
    const { user: found } = userSchema.parse(await calls.userInfo(user));
    const { teamId = "", enterpriseId } = identity() ?? {};
    const { team_id: home, enterprise_user: inGrid } = found;
    const isMember = !home || home === teamId || inGrid?.teams?.includes(teamId) === true;
    // On Enterprise Grid the home of a colleague may be another workspace of the organization.
    const isColleague = isMember || (enterpriseId !== undefined && inGrid?.enterprise_id === enterpriseId);
    const isGuest = found.is_stranger || !isColleague || found.is_restricted || found.is_ultra_restricted;
    return {
      name: found.profile?.display_name || found.real_name || found.name || user,
      isOperator: (found.is_admin || found.is_owner) && isMember && !isGuest && !found.deleted,
      isGuest,
    };
  });
  const groups = createCache(clock, async (group: string) => {
    const { users } = membersSchema.parse(await calls.groupMembers(group));
    return new Set(users);
  });

  const handles = createCache(clock, async () => {
    const found = await optional.run("usergroups.list", calls.groups);
    const { data } = groupsSchema.safeParse(found);
    return new Map((data?.usergroups ?? []).map(({ id, handle }) => [id, handle]));
  });
  const channels = createCache(clock, async (channel: string) => {
    const found = await optional.run("conversations.info", () => calls.channelInfo(channel));
    return channelSchema.safeParse(found).data?.channel.name;
  });
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

/** Caches what `ask` resolves with for five minutes; concurrent lookups of one key share a call. */
function createCache<T>(clock: Clock, ask: (key: string) => Promise<T>) {
  const cached = new BoundedMap<string, { readonly value: T; readonly at: number }>(MAX_CACHED);
  const pending = new Map<string, Promise<T>>();

  const askOnce = (key: string): Promise<T> => {
    const running = pending.get(key);
    if (running !== undefined) return running;
    const request = ask(key)
      .then((value) => {
        cached.set(key, { value, at: clock.now() });
        return value;
      })
      .finally(() => pending.delete(key));
    pending.set(key, request);
    return request;
  };
  return {
    /** What was cached last, however old. */
    last: (key: string): T | undefined => cached.get(key)?.value,
    /** @throws what `ask` throws @throws {TimeoutError} after a second */
    async get(key: string): Promise<T> {
      const entry = cached.get(key);
      if (entry !== undefined && clock.now() - entry.at < FRESH_MS) return entry.value;
      return withDeadline(() => askOnce(key), { what: "Slack", timeoutMs: WAIT_MS, clock });
    },
  };
}
