import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import { withDeadline } from "../../../base/deadline.js";
import type { Log } from "../../../base/log.js";
import type { Speaker } from "../../port/platform.js";
import type { Calls } from "../send/calls.js";

export interface People {
  /**
   * Who they are, whether they may change settings here, and whether they are a guest or a stranger. Within 1 s and never
   * rejects: whom Slack does not vouch for has no rights.
   */
  lookUp(user: string): Promise<Known>;
  /** The same as every door hands it on. */
  speaker(user: string): Promise<Pick<Speaker, "author" | "isOperator" | "isGuest" | "isInGroup">>;
}

export interface PeopleDeps {
  readonly calls: Pick<Calls, "userInfo" | "groupMembers">;
  readonly clock: Clock;
  readonly log: Log;
  teamId(): string | undefined;
}

export interface Known {
  readonly name: string;
  readonly isOperator: boolean;
  readonly isGuest: boolean;
}

const FRESH_MS = 300_000;
/** It stands between a person and the answer. */
const WAIT_MS = 1_000;
const MOST_KNOWN = 2_000;

const userSchema = z.object({
  user: z.looseObject({
    team_id: z.string().nullish(),
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

/** Workspace admins and owners by `users.info`, members of user groups by `usergroups.users.list`; both kept for five minutes. */
export function createPeople({ calls, clock, log, teamId }: PeopleDeps): People {
  const people = createMemory(clock, async (user: string): Promise<Known> => {
    const { user: found } = userSchema.parse(await calls.userInfo(user));
    const isElsewhere = Boolean(found.team_id) && found.team_id !== teamId();
    const isGuest = found.is_stranger || isElsewhere || found.is_restricted || found.is_ultra_restricted;
    return {
      name: found.profile?.display_name || found.real_name || found.name || user,
      isOperator: (found.is_admin || found.is_owner) && !isGuest && !found.deleted,
      isGuest,
    };
  });
  const groups = createMemory(clock, async (group: string) => {
    const { users } = membersSchema.parse(await calls.groupMembers(group));
    return new Set(users);
  });

  const lookUp = async (user: string): Promise<Known> => {
    try {
      return await people.get(user);
    } catch (error) {
      log.warn({ error, user }, "slack did not say who this is; no rights are assumed");
      return { name: people.last(user)?.name ?? user, isOperator: false, isGuest: true };
    }
  };
  const isInGroup = async (user: string, group: string) => {
    try {
      return (await groups.get(group)).has(user);
    } catch (error) {
      log.warn({ error, group }, "slack did not say who is in this user group; nobody is taken for a member");
      return false;
    }
  };
  return {
    lookUp,
    async speaker(user) {
      const { name, isOperator, isGuest } = await lookUp(user);
      return { author: { id: user, name }, isOperator, isGuest, isInGroup: (group) => isInGroup(user, group) };
    },
  };
}

/** What was asked less than five minutes ago; asked once for all who want to know at the same time. */
function createMemory<T>(clock: Clock, ask: (key: string) => Promise<T>) {
  const known = new Map<string, { readonly value: T; readonly at: number }>();
  const asking = new Map<string, Promise<T>>();

  const askOnce = (key: string): Promise<T> => {
    const running = asking.get(key);
    if (running !== undefined) return running;
    const asked = ask(key)
      .then((value) => {
        if (known.size >= MOST_KNOWN) known.clear();
        known.set(key, { value, at: clock.now() });
        return value;
      })
      .finally(() => asking.delete(key));
    asking.set(key, asked);
    return asked;
  };
  return {
    last: (key: string): T | undefined => known.get(key)?.value,
    /** @throws what `ask` throws @throws {TimeoutError} after a second */
    async get(key: string): Promise<T> {
      const before = known.get(key);
      if (before !== undefined && clock.now() - before.at < FRESH_MS) return before.value;
      return withDeadline(() => askOnce(key), { what: "Slack", timeoutMs: WAIT_MS, clock });
    },
  };
}
