import { messageOf, StartupError } from "../base/errors.js";

/** A server that a `STORE_URL` names. */
export interface ServerAddress {
  readonly url: URL;
  /** Host and port, as texts name them: never with a password. */
  readonly place: string;
}

/**
 * Reads the URL of a server; `example` is what a good one looks like.
 * @throws {StartupError} when it is none; its text holds nothing of the URL, which may hold a password
 */
export function serverAddress(url: string, example: string, defaultPort: number): ServerAddress {
  // No cause either: the error of URL carries the whole text.
  if (!URL.canParse(url))
    throw new StartupError(
      `STORE_URL: cannot be read as a URL; write it as ${example}, with special characters of the password ` +
        "escaped as %40 for @",
    );
  const parsed = new URL(url);
  const host = parsed.hostname || parsed.searchParams.get("host") || "localhost";
  return { url: parsed, place: `${host}:${parsed.port || defaultPort}` };
}

/** The code of a driver's or the system's error; "" where it has none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

const HANGS_UP = "it closes the connection at once, which means that it may require TLS";
const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "its name cannot be looked up now",
  EHOSTUNREACH: "it cannot be reached over the network",
  ENETUNREACH: "it cannot be reached over the network",
  ETIMEDOUT: "it does not answer",
  ECONNRESET: HANGS_UP,
  EPIPE: HANGS_UP,
};

/** The drivers' own words, which have no code. */
const WORDS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/timeout|gave no answer/i, "it does not answer"],
  [/(?:closed|terminated) unexpectedly/i, HANGS_UP],
];

const TLS_FAULT =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$)|SSL connection/;

/** What is wrong between here and a server, where it is not the server that says so. */
export function connectionFault(product: string, place: string, error: unknown): StartupError {
  const code = codeOf(error);
  const about = code === "" ? messageOf(error) : code;
  if (TLS_FAULT.test(code) || TLS_FAULT.test(messageOf(error)))
    return new StartupError(
      `STORE_URL: no safe connection to ${product} at ${place} (${about}); check that it speaks TLS and ` +
        "that its certificate is trusted here (NODE_EXTRA_CA_CERTS names a file of further authorities)",
      error,
    );
  const why = UNREACHABLE[code] ?? WORDS.find(([pattern]) => pattern.test(messageOf(error)))?.[1];
  if (why !== undefined)
    return new StartupError(
      `STORE_URL: cannot reach ${product} at ${place} (${why}); start it, or check host, port and network`,
      error,
    );
  return new StartupError(`STORE_URL: ${product} at ${place} cannot be used (${about}); check the address`, error);
}
