import { TimeoutError } from "../../../base/errors.js";
import { PlatformError, type PlatformErrorReason } from "../../port/platform-error.js";
import { type Answer, EDIT_CAP } from "./answer.js";

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
export const ALREADY_ACKNOWLEDGED = 40060;
export const THREAD_EXISTS = 160004;
/** An interaction's token lives 15 minutes. */
const EXPIRED = [10015, 50027];
const GONE = [10003, 10004, 10008, 10014, 10015, 10062, 50027];
/** The last two: a thread that was archived or locked. */
const FORBIDDEN = [50001, 50007, 50013, 50083, 160005];

/** Discord's own number for what went wrong, where it gave one. */
export const discordCodeOf = (error: unknown): number | undefined => refusalBehind(error)?.code;

/** The HTTP status of a refusal. */
export const discordStatusOf = (error: unknown): number | undefined => refusalBehind(error)?.status;

/** The interaction's token is good for nothing any more; its message may well be there. */
export const hasExpired = (error: unknown): boolean => {
  const refusal = refusalBehind(error);
  return refusal !== undefined && (EXPIRED.includes(refusal.code ?? 0) || refusal.status === 401);
};

function refusalBehind(error: unknown): DiscordRefusal | undefined {
  const source = error instanceof PlatformError ? error.cause : error;
  return source instanceof DiscordRefusal ? source : undefined;
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

/** An answer that says no; `what` says what was tried, as "posting a message". */
export function refusalOf({ status, code, message, limited }: Answer, what: string): PlatformError {
  if (limited !== undefined) {
    const { retryAfterMs } = limited;
    const text = `Discord limits the rate of ${what}; the next try is possible in ${Math.ceil(retryAfterMs / 1000)} s`;
    return new PlatformError("discord", "rate-limited", text, {
      retryAfterMs,
      cause: new DiscordRefusal(text, code, status),
    });
  }
  const said = message?.split("\n")[0]?.slice(0, 100) ?? "no reason given";
  const text =
    status >= 500
      ? `Discord's servers failed at ${what} (HTTP ${status})`
      : `Discord refused ${what}: ${said} (HTTP ${status}, code ${code ?? "none"})`;
  const cause = new DiscordRefusal(text, code, status);
  return new PlatformError("discord", reasonOf(code, status), text, { cause });
}

/** The bot's token was not taken; it is asked again in so many ms. */
export function tokenRefusalOf({ status, code }: Answer, what: string, retryAfterMs: number): PlatformError {
  const text = `Discord refused DISCORD_TOKEN at ${what} (HTTP ${status})`;
  const cause = new DiscordRefusal(text, code, status);
  return new PlatformError("discord", "unavailable", text, { retryAfterMs, cause });
}

/** The one translation of what a call throws that got no answer. */
export function toPlatformError(error: unknown, what: string): PlatformError {
  if (error instanceof PlatformError) return error;
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
  // Anything else that is no refusal, as a redirect, is not Discord's doing.
  return status >= 500 || status < 400 ? "unavailable" : "refused";
}
