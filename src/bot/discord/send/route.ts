/** What Discord counts a call by, until the headers of an answer say more. */
export interface Route {
  /** The call with its ids left out: "PATCH /channels/:id/messages/:id". */
  readonly name: string;
  /** The channel, server or webhook whose calls are counted apart from those of others. */
  readonly major: string;
  /** Interactions and their webhooks don't count into what all calls together may be. */
  readonly isGlobal: boolean;
}

/** Putting a reaction and taking it away are one. */
const REACTIONS = /^(\/channels\/:id\/messages\/:id\/reactions)\/.*$/;

/**
 * https://discord.com/developers/docs/topics/rate-limits: the top-level resource of the path is what is counted
 * apart.
 */
export function routeOf(method: string, path: string): Route {
  const [, kind = "", id = "", token = ""] = /^\/(\w+)\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? [];
  const isOutside = kind === "interactions" || kind === "webhooks";
  const name = isOutside
    ? path.replace(`/${id}/${token}`, "/:id/:token").replace(/\/\d+/g, "/:id")
    : path.replace(/\/\d+/g, "/:id");
  const major = isOutside ? token : kind === "channels" || kind === "guilds" ? id : "";
  const reactions = REACTIONS.exec(name)?.[1];
  return { name: reactions ?? `${method} ${name}`, major, isGlobal: !isOutside };
}
