import { z } from "zod";
import type { Clock } from "../../clock.js";
import { withDeadline } from "../../deadline.js";
import type { Log } from "../../log.js";
import type { Calls } from "./calls.js";

export interface People {
  /** The person's name and whether they may change settings here. Within 1 s and never rejects: unknown means no. */
  lookUp(user: string): Promise<{ readonly name: string; readonly isOperator: boolean }>;
}

export interface PeopleDeps {
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Log;
  teamId(): string | undefined;
}

const FRESH_MS = 300_000;
/** It stands between a person and the answer. */
const WAIT_MS = 1_000;
const MOST_PEOPLE = 2_000;

const userSchema = z.object({
  user: z.looseObject({
    team_id: z.string().optional(),
    name: z.string().optional(),
    real_name: z.string().optional(),
    profile: z.looseObject({ display_name: z.string().optional() }).optional(),
    is_admin: z.boolean().default(false),
    is_owner: z.boolean().default(false),
    is_restricted: z.boolean().default(false),
    is_ultra_restricted: z.boolean().default(false),
    is_stranger: z.boolean().default(false),
    deleted: z.boolean().default(false),
  }),
});

interface Known {
  readonly name: string;
  readonly isAdmin: boolean;
  readonly at: number;
}

/** Workspace admins and owners, by `users.info`, which is kept for five minutes. */
export function createPeople({ calls, clock, log, teamId }: PeopleDeps): People {
  const known = new Map<string, Known>();
  const asking = new Map<string, Promise<Known>>();

  const ask = async (user: string): Promise<Known> => {
    const { user: found } = userSchema.parse(await calls.userInfo(user));
    const isStranger = found.is_stranger || (found.team_id !== undefined && found.team_id !== teamId());
    const isGuest = found.is_restricted || found.is_ultra_restricted;
    const isAdmin = (found.is_admin || found.is_owner) && !isStranger && !isGuest && !found.deleted;
    const person = {
      name: found.profile?.display_name || found.real_name || found.name || user,
      isAdmin,
      at: clock.now(),
    };
    if (known.size >= MOST_PEOPLE) known.clear();
    known.set(user, person);
    return person;
  };
  const askOnce = (user: string): Promise<Known> => {
    const running = asking.get(user);
    if (running !== undefined) return running;
    const asked = ask(user).finally(() => asking.delete(user));
    asking.set(user, asked);
    return asked;
  };
  return {
    async lookUp(user) {
      const before = known.get(user);
      if (before !== undefined && clock.now() - before.at < FRESH_MS) {
        return { name: before.name, isOperator: before.isAdmin };
      }
      try {
        const asked = await withDeadline(() => askOnce(user), { what: "users.info", timeoutMs: WAIT_MS, clock });
        return { name: asked.name, isOperator: asked.isAdmin };
      } catch (error) {
        log.warn({ error, user }, "slack did not say who this is; no rights are assumed");
        return { name: before?.name ?? user, isOperator: false };
      }
    },
  };
}
