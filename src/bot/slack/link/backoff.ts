import { webApi } from "@slack/bolt";
import { isTokenRefused, neededScopeOf } from "../wire/errors.js";

const FIRST_MS = 500;
const LONGEST_MS = 5_000;
/** A token that is refused is mended by a person: asking every few minutes finds out, without hammering. */
const REFUSED_MS = 180_000;

/** How long to wait before the next try to connect, after this many failures in a row: not at all after the first one. */
export function backoffMs(error: unknown, failures: number): number {
  if (isTokenRefused(error) || neededScopeOf(error) !== undefined) return REFUSED_MS;
  if (error instanceof webApi.WebAPIRateLimitedError) return error.retryAfter * 1000;
  return failures <= 1 ? 0 : Math.min(FIRST_MS * 2 ** (failures - 2), LONGEST_MS);
}
