import type { Speaker } from "../../port/platform.js";
import { nameOf } from "../wire/places.js";

interface Given {
  readonly author: { readonly id: string; readonly username: string; readonly global_name?: string | null | undefined };
  /** In servers. */
  readonly member?: { readonly nick?: string | null | undefined; readonly roles: readonly string[] } | undefined;
  readonly guildId: string | undefined;
  readonly isOperator: boolean;
}

/** Somebody as an event tells of them. Everybody in a server has the role that bears its id. */
export function speakerOf({ author, member, guildId, isOperator }: Given): Speaker {
  return {
    author: { id: author.id, name: nameOf(author, member) },
    isDirect: guildId === undefined,
    isOperator: guildId !== undefined && isOperator,
    ...(guildId !== undefined && {
      isInGroup: async (group: string) => group === guildId || (member?.roles.includes(group) ?? false),
    }),
  };
}
