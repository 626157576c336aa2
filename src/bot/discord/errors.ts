import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";
import { TimeoutError } from "../../errors.js";
import { PlatformError, type PlatformErrorReason } from "../platform-error.js";

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
export const ALREADY_ACKNOWLEDGED = 40060;
const EDIT_CAP = 30046;
const GONE = [10003, 10004, 10008, 10014, 10015, 10062, 50027];
const FORBIDDEN = [50001, 50007, 50013];

/** Discord's own number for what went wrong, where it gave one. */
export function discordCodeOf(error: unknown): number | undefined {
  const source = error instanceof PlatformError ? error.cause : error;
  return source instanceof DiscordRefusal ? source.code : undefined;
}

/** What Discord answered, without the request: that one holds texts of people, and an address with a token. */
class DiscordRefusal extends Error {
  constructor(
    message: string,
    readonly code: number | undefined,
    readonly status: number,
  ) {
    super(message);
    this.name = "DiscordRefusal";
  }
}

/** The one translation of what the SDK throws; `what` says what was tried, as "posting a message". */
export function toPlatformError(error: unknown, what: string): PlatformError {
  if (error instanceof PlatformError) return error;
  if (error instanceof RateLimitError) {
    const retryAfterMs = Math.max(error.retryAfter, error.sublimitTimeout, 0);
    const text = `Discord limits the rate of ${what}; the next try is possible in ${Math.ceil(retryAfterMs / 1000)} s`;
    return new PlatformError("discord", "rate-limited", text, { retryAfterMs });
  }
  if (error instanceof DiscordAPIError) {
    const code = typeof error.code === "number" ? error.code : undefined;
    const said = "message" in error.rawError ? String(error.rawError.message).split("\n")[0]?.slice(0, 100) : undefined;
    const text = `Discord refused ${what}: ${said ?? "no reason given"} (HTTP ${error.status}, code ${code ?? "none"})`;
    const cause = new DiscordRefusal(text, code, error.status);
    return new PlatformError("discord", reasonOf(code, error.status), text, { cause });
  }
  if (error instanceof HTTPError) {
    const text = `Discord's servers failed at ${what} (HTTP ${error.status})`;
    return new PlatformError("discord", "unavailable", text, {
      cause: new DiscordRefusal(text, undefined, error.status),
    });
  }
  const wait =
    error instanceof TimeoutError ? `gave no answer to ${what} within ${error.timeoutMs / 1000} s` : undefined;
  return new PlatformError("discord", "unavailable", `Discord ${wait ?? `could not be reached for ${what}`}`, {
    cause: error,
  });
}

function reasonOf(code: number | undefined, status: number): PlatformErrorReason {
  if (code === EDIT_CAP) return "edit-cap";
  if (code !== undefined && GONE.includes(code)) return "gone";
  if (code !== undefined && FORBIDDEN.includes(code)) return "forbidden";
  if (status === 404) return "gone";
  if (status === 401 || status === 403) return "forbidden";
  if (status === 429) return "rate-limited";
  return status >= 500 ? "unavailable" : "refused";
}
