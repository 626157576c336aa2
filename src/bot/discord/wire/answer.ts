import { RESTJSONErrorCodes } from "discord-api-types/v10";
import { z } from "zod";
import { TimeoutError } from "../../../base/errors.js";
import { cutText } from "../../../base/text.js";
import { type Phrase, phrase, t } from "../../../languages/translate.js";
import type { ResponseHeaders } from "../../../providers/http/send-request.js";
import { PlatformError, type PlatformErrorReason } from "../../port/platform-error.js";

/** What Discord answered to one call. */
export interface DiscordAnswer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** Parsed where it was JSON; undefined where there was none. */
  readonly body: unknown;
  /** Discord's own number for what went wrong, and its words. */
  readonly code: number | undefined;
  readonly message: string | undefined;
  /** With a refusal for the rate of calls. */
  readonly limited: Limited | undefined;
}

export interface Limited {
  readonly retryAfterMs: number;
  /** Whether the limit holds for all calls, not only for the call's own bucket. */
  readonly isGlobal: boolean;
}

/** A rate limit proxy behind DISCORD_API_URL says so of what it answers by itself. */
const BY_PROXY = "generated-by-proxy";

/** The cap on edits of a message older than an hour comes as 429 too, and says nothing of other calls. */
const EDIT_CAP = RESTJSONErrorCodes.MaximumNumberOfEditsToMessagesOlderThanOneHourReached;
/** Where Discord does not say how long. */
const DEFAULT_RETRY_MS = 1_000;

const refusal = z.object({
  code: z.number().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  retry_after: z.number().optional().catch(undefined),
  global: z.boolean().optional().catch(undefined),
});

/** Reads what a response says. */
export function answerOf(status: number, headers: ResponseHeaders, text: string): DiscordAnswer {
  const body = parsedJson(text);
  if (status >= 200 && status < 300)
    return { status, headers, body, code: undefined, message: undefined, limited: undefined };
  const refused = refusal.safeParse(body).data;
  return {
    ...{ status, headers, body, code: refused?.code, message: refused?.message },
    limited: status === 429 && refused?.code !== EDIT_CAP ? limitedBy(headers, refused, text !== "") : undefined,
  };
}

/**
 * A page of the service in front of the API holds for the address; a refusal without any text is a proxy's and holds
 * for the call.
 */
function limitedBy(headers: ResponseHeaders, refused: z.infer<typeof refusal> | undefined, hasText: boolean): Limited {
  const seconds =
    refused?.retry_after ?? (Number(headers.get("retry-after")) || Number(headers.get("x-ratelimit-reset-after")));
  return {
    retryAfterMs: seconds > 0 ? seconds * 1_000 : DEFAULT_RETRY_MS,
    isGlobal: headers.get("x-ratelimit-global") !== null || (refused === undefined ? hasText : refused.global === true),
  };
}

function parsedJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a page: its status says enough
  }
}

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
const Code = RESTJSONErrorCodes;
const SERVERS_FILTER = phrase`this server's filter refused the text`;
/** Filters that refuse a text, or a title: the server's own, and Discord's. */
const FILTERS: ReadonlyMap<number, Phrase> = new Map<number, Phrase>([
  [Code.MessageWasBlockedByAutomaticModeration, SERVERS_FILTER],
  [Code.TitleWasBlockedByAutomaticModeration, SERVERS_FILTER],
  [Code.MessageBlockedByHarmfulLinksFilter, phrase`Discord's filter of harmful links refused the text`],
]);
/** A message may be posted, but not as a reply; the second is not in the list of codes yet. */
const NO_REFERENCE: readonly number[] = [Code.CannotReplyWithoutPermissionToReadMessageHistory, 160_009];
/** An interaction's token lives 15 minutes. */
const EXPIRED: readonly number[] = [Code.UnknownWebhook, Code.InvalidWebhookToken];
const GONE: readonly number[] = [
  Code.UnknownChannel,
  Code.UnknownGuild,
  Code.UnknownMessage,
  Code.UnknownEmoji,
  Code.UnknownInteraction,
  ...EXPIRED,
];
const FORBIDDEN: readonly number[] = [
  Code.MissingAccess,
  Code.CannotSendMessagesToThisUser,
  Code.MissingPermissions,
  Code.InvalidActionOnArchivedThread,
  Code.ThreadLocked,
];

/** Discord's own number for what went wrong, where it gave one. */
export const discordCodeOf = (error: unknown): number | undefined => refusalBehind(error)?.code;

export const isFiltered = (error: unknown): boolean => FILTERS.has(discordCodeOf(error) ?? 0);

/** The bot may post, but not refer to a message, for which it would have to read the channel's history. */
export const isReferenceRefused = (error: unknown): boolean => NO_REFERENCE.includes(discordCodeOf(error) ?? 0);

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
export function refusalOf({ status, headers, code, message, limited }: DiscordAnswer, what: string): PlatformError {
  const isByProxy = headers.get(BY_PROXY) !== null;
  const proxy = "The proxy behind DISCORD_API_URL";
  if (limited !== undefined) {
    const { retryAfterMs } = limited;
    const who = isByProxy ? proxy : "Discord";
    const text = `${who} limits the rate of ${what}; the next try is possible in ${Math.ceil(retryAfterMs / 1000)} s`;
    return new PlatformError("discord", "rate-limited", text, {
      retryAfterMs,
      cause: new DiscordRefusal(text, code, status),
    });
  }
  const said = cutText(message?.split("\n")[0] ?? "no reason given", 100);
  const text =
    status >= 500 || status === 408
      ? `${isByProxy ? proxy : "Discord's servers"} failed (${what}, HTTP ${status})`
      : `Discord refused ${what}: ${said} (HTTP ${status}, code ${code ?? "none"})`;
  const cause = new DiscordRefusal(text, code, status);
  const reason = reasonOf(code, status);
  const why = FILTERS.get(code ?? 0) ?? (reason === "refused" ? t`Discord refused it (${said})` : undefined);
  return new PlatformError("discord", reason, text, { cause, why });
}

/** The bot's token was not taken; it is asked again in so many ms. */
export function tokenRefusalOf({ status, code }: DiscordAnswer, what: string, retryAfterMs: number): PlatformError {
  const text = `Discord refused DISCORD_TOKEN (${what}, HTTP ${status})`;
  const cause = new DiscordRefusal(text, code, status);
  return new PlatformError("discord", "unavailable", text, { retryAfterMs, cause });
}

/** Translates what a call throws that got no answer. */
export function unansweredError(error: unknown, what: string): PlatformError {
  if (error instanceof PlatformError) return error;
  const wait =
    error instanceof TimeoutError ? `did not answer within ${error.timeoutMs / 1000} s (${what})` : undefined;
  return new PlatformError("discord", "unavailable", `Discord ${wait ?? `could not be reached (${what})`}`, {
    cause: error,
  });
}

function reasonOf(code: number | undefined, status: number): PlatformErrorReason {
  if (code === EDIT_CAP) return "edit-cap";
  if (code !== undefined && FILTERS.has(code)) return "refused";
  if (code !== undefined && GONE.includes(code)) return "gone";
  if (code !== undefined && FORBIDDEN.includes(code)) return "forbidden";
  if (status === 404) return "gone";
  if (status === 401 || status === 403) return "forbidden";
  if (status === 429) return "rate-limited";
  // Anything else that is no refusal, as a redirect, is not Discord's doing.
  return status >= 500 || status < 400 || status === 408 ? "unavailable" : "refused";
}

/** Parses what Discord answered. @throws {PlatformError} when it is not what it ought to be */
export function parsed<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new PlatformError("discord", "unavailable", `Discord sent an unexpected answer to ${what}`);
}
