import type { HttpBindings } from "@hono/node-server";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { HEALTH_PATHS, judgeSource, type RequestFacts, SIGN_IN_PATH } from "./guard.js";
import type { KnownHosts } from "./hosts.js";
import { HttpError } from "./http-error.js";
import { COOKIE_NAME, SIGN_IN_FILES, signInPage } from "./sign-in.js";
import type { TokenCheck } from "./token.js";

/** Refuses what does not come from this site's own pages or from a script. */
export function checkSource(known: () => KnownHosts): MiddlewareHandler {
  return async (context, next) => {
    const verdict = judgeSource(factsOf(context), known());
    if (!verdict.isAllowed) throw new HttpError(verdict.status, verdict.reason);
    await next();
  };
}

export interface AccessTerms {
  readonly check: TokenCheck | undefined;
  readonly isMetricsPublic: boolean;
}

const FREE_PATHS: readonly string[] = [...HEALTH_PATHS, SIGN_IN_PATH, ...SIGN_IN_FILES];

/**
 * A page or a file of it, which tell nothing; browsers send a cookie by themselves, also to other ports of the host.
 */
const isPage = ({ req }: Context) => req.method === "GET" && !/^\/(api|metrics)(\/|$)/.test(req.path);

/** Asks for the token, where one is configured. */
export function checkToken({ check, isMetricsPublic }: AccessTerms): MiddlewareHandler {
  return async (context, next) => {
    const path = context.req.path;
    const isFree = FREE_PATHS.includes(path) || (isMetricsPublic && path === "/metrics");
    if (check === undefined || isFree) return next();
    if (isPage(context) && check.isCookie(getCookie(context, COOKIE_NAME) ?? "")) return next();
    const bearer = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
    if (bearer !== undefined && check.isToken(bearer)) return next();
    if (bearer !== undefined && !(await check.slowDown())) {
      throw new HttpError(429, "Too many wrong tokens; wait a minute.");
    }
    const wantsPage = context.req.method === "GET" && context.req.header("accept")?.includes("text/html");
    if (wantsPage) return context.html(signInPage("This bot asks for its token."), 401);
    context.header("www-authenticate", 'Bearer realm="evergreen"');
    return context.json({ error: "Send the token as Authorization: Bearer HTTP_TOKEN." }, 401);
  };
}

function factsOf(context: Context): RequestFacts {
  const { incoming } = context.env as HttpBindings;
  const names = incoming.rawHeaders.filter((_text, index) => index % 2 === 0);
  const hosts = names.flatMap((name, index) =>
    name.toLowerCase() === "host" ? [incoming.rawHeaders[index * 2 + 1] ?? ""] : [],
  );
  // As proxies are asked; this address goes before the Host header then, and must not name another one.
  const asked = /^https?:\/\/([^/?#]*)/i.exec(incoming.url ?? "")?.[1];
  const isOther = asked !== undefined && asked.toLowerCase() !== hosts[0]?.toLowerCase();
  return {
    method: context.req.method,
    path: context.req.path,
    hosts: isOther ? [...hosts, asked] : hosts,
    origin: context.req.header("origin"),
    fetchSite: context.req.header("sec-fetch-site"),
    fetchMode: context.req.header("sec-fetch-mode"),
    fetchDest: context.req.header("sec-fetch-dest"),
  };
}
