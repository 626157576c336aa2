import type { KnownHosts } from "./hosts.js";

/** What a request says about itself; undefined where a header is missing. */
export interface RequestFacts {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  /** Every Host header that was sent, and what the request line names besides. */
  readonly hosts: readonly string[];
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
  readonly fetchDest: string | undefined;
}

export type Verdict =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly status: 403; readonly reason: string };

/** Asked by orchestrators that know neither our Host nor the token; they tell nothing but whether we are up. */
export const HEALTH_PATHS: readonly string[] = ["/healthz", "/readyz"];
export const SIGN_IN_PATH = "/sign-in";

const ALLOWED: Verdict = { isAllowed: true };
const refused = (reason: string): Verdict => ({ isAllowed: false, status: 403, reason });

/** Refuses what another site's page may have sent: by a name that is not ours (DNS rebinding) or across sites. */
export function judgeSource(facts: RequestFacts, known: KnownHosts): Verdict {
  if (HEALTH_PATHS.includes(facts.path)) return ALLOWED;
  const [host, ...others] = facts.hosts;
  const origins = host === undefined || others.length > 0 ? undefined : known.origins.get(host.toLowerCase());
  if (origins === undefined) {
    return refused(
      "This Host is not served here. Use the address the bot prints, or name the host in HTTP_ALLOWED_HOSTS.",
    );
  }
  if (isNavigation(facts)) return ALLOWED;
  if (facts.origin !== undefined && !origins.includes(facts.origin.toLowerCase()) && !isSignInForm(facts)) {
    return refused("Requests from other origins are not served.");
  }
  if (facts.fetchSite !== undefined && facts.fetchSite !== "same-origin" && facts.fetchSite !== "none") {
    return refused("Requests from other sites are not served.");
  }
  return ALLOWED;
}

/** Somebody follows a link to a page of ours, in a window of its own; nothing happens by that. */
function isNavigation({ method, path, origin, fetchMode, fetchDest }: RequestFacts): boolean {
  const isPage = !/^\/(api|assets|metrics)(\/|$)/.test(path);
  return method === "GET" && isPage && origin === undefined && fetchMode === "navigate" && fetchDest === "document";
}

/** Under `Referrer-Policy: no-referrer` a browser sends a form's own Origin as "null". */
const isSignInForm = ({ path, origin, fetchSite }: RequestFacts) =>
  path === SIGN_IN_PATH && origin === "null" && (fetchSite === undefined || fetchSite === "same-origin");
