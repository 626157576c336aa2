import type { HttpBindings } from "@hono/node-server";
import type { Context, MiddlewareHandler } from "hono";
import { isLoopbackHost } from "../../../base/config/variables.js";
import { HttpError } from "./http-error.js";

/** Origins that count as this site, by Host value (lower case, as the header carries it). */
export type KnownHosts = ReadonlyMap<string, readonly string[]>;

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];
/** Addresses that also listen on loopback, so that `http://localhost:…` works on the same machine. */
const WILDCARDS = ["0.0.0.0", "::"];
const DEFAULT_PORT = 80;

/** The addresses under which a server that listens on `host:port` is reached, and those that the operator added. */
export function knownHosts(host: string, port: number, allowedHosts: readonly string[]): KnownHosts {
  const name = host.includes(":") ? `[${host}]` : host;
  const names = isLoopbackHost(host) || WILDCARDS.includes(host) ? [...LOOPBACK_NAMES, name] : [name];
  const own = names
    .flatMap((each) => (port === DEFAULT_PORT ? [each, `${each}:${port}`] : [`${each}:${port}`]))
    .map((each) => each.toLowerCase());
  const added = allowedHosts.map((each) => each.toLowerCase());
  // Behind a proxy that an operator named, the browser's side may be https.
  return new Map<string, readonly string[]>([
    ...own.map((each) => [each, [originOf("http", each)]] as const),
    ...added.map((each) => [each, [originOf("http", each), originOf("https", each)]] as const),
  ]);
}

/** Returns an origin as browsers write it: without the scheme's own port. */
const originOf = (scheme: "http" | "https", host: string) =>
  `${scheme}://${host.replace(scheme === "http" ? /:80$/ : /:443$/, "")}`;

/** What a request says about itself; undefined where a header is missing. */
export interface RequestFacts {
  readonly method: string;
  /** Path of the request without its query. */
  readonly path: string;
  /** Every Host header that was sent, and the host of the request line where it names another. */
  readonly hosts: readonly string[];
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
  readonly fetchDest: string | undefined;
}

/** Orchestrators ask these without our Host or the token; they only say whether the bot is up. */
export const HEALTH_PATHS: readonly string[] = ["/healthz", "/readyz"];
export const SIGN_IN_PATH = "/sign-in";

/**
 * Why a request is refused: another site's page may have sent it, by a name that is not ours (DNS rebinding) or across
 * sites. Undefined where it is allowed. Stricter than hono's CSRF middleware, which checks form posts only.
 */
export function sourceRefusal(facts: RequestFacts, known: KnownHosts): string | undefined {
  if (HEALTH_PATHS.includes(facts.path)) return undefined;
  const [host, ...others] = facts.hosts;
  const origins = host === undefined || others.length > 0 ? undefined : known.get(host.toLowerCase());
  if (origins === undefined) {
    return "This Host is not served here. Use the address the bot prints, or name the host in HTTP_ALLOWED_HOSTS.";
  }
  if (isNavigation(facts)) return undefined;
  if (facts.origin !== undefined && !origins.includes(facts.origin.toLowerCase()) && !isSignInForm(facts)) {
    return "Requests from other sites are not served.";
  }
  const isFromOtherSite = facts.fetchSite !== undefined && !["same-origin", "none"].includes(facts.fetchSite);
  return isFromOtherSite ? "Requests from other sites are not served." : undefined;
}

/** Somebody follows a link to one of our pages, in a window of its own; that changes nothing. */
function isNavigation({ method, path, origin, fetchMode, fetchDest }: RequestFacts): boolean {
  const isPage = !/^\/(api|assets|metrics)(\/|$)/.test(path);
  return method === "GET" && isPage && origin === undefined && fetchMode === "navigate" && fetchDest === "document";
}

/** Under `Referrer-Policy: no-referrer` a browser sends a form's own Origin as "null". */
const isSignInForm = ({ path, origin, fetchSite }: RequestFacts) =>
  path === SIGN_IN_PATH && origin === "null" && (fetchSite === undefined || fetchSite === "same-origin");

/** Refuses with 403 what comes neither from this site's own pages nor from a script. */
export function checkSource(known: () => KnownHosts): MiddlewareHandler {
  return async (context, next) => {
    const refusal = sourceRefusal(factsOf(context), known());
    if (refusal !== undefined) throw new HttpError(403, refusal);
    await next();
  };
}

function factsOf(context: Context): RequestFacts {
  const { incoming } = context.env as HttpBindings;
  const names = incoming.rawHeaders.filter((_text, index) => index % 2 === 0);
  const hosts = names.flatMap((name, index) =>
    name.toLowerCase() === "host" ? [incoming.rawHeaders[index * 2 + 1] ?? ""] : [],
  );
  // Clients of a proxy send an absolute address, which takes precedence over Host and must not name another one.
  const target = /^https?:\/\/([^/?#]*)/i.exec(incoming.url ?? "")?.[1];
  const isOther = target !== undefined && target.toLowerCase() !== hosts[0]?.toLowerCase();
  return {
    method: context.req.method,
    path: context.req.path,
    hosts: isOther ? [...hosts, target] : hosts,
    origin: context.req.header("origin"),
    fetchSite: context.req.header("sec-fetch-site"),
    fetchMode: context.req.header("sec-fetch-mode"),
    fetchDest: context.req.header("sec-fetch-dest"),
  };
}
