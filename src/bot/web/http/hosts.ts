import { isLoopbackHost } from "../../../base/variables.js";

/** Which Host values name this server, and by which schemes a page of ours may have been loaded. */
export interface KnownHosts {
  /** Lower case, as the header carries them; the value is the set of origins that are the same site. */
  readonly origins: ReadonlyMap<string, readonly string[]>;
}

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];
/** These listen on loopback as well, so that `http://localhost:…` of the same machine works. */
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
  return {
    // Behind a proxy that an operator named, the browser's side may be https.
    origins: new Map<string, readonly string[]>([
      ...own.map((each) => [each, [originOf("http", each)]] as const),
      ...added.map((each) => [each, [originOf("http", each), originOf("https", each)]] as const),
    ]),
  };
}

/** As browsers write it: without the scheme's own port. */
const originOf = (scheme: "http" | "https", host: string) =>
  `${scheme}://${host.replace(scheme === "http" ? /:80$/ : /:443$/, "")}`;
