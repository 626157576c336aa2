import { webApi } from "@slack/bolt";
import { AppError, messageOf } from "../../../base/errors.js";
import { type Phrase, phrase, t } from "../../../languages/translate.js";
import { PlatformError, type PlatformErrorReason, WAS_DELETED } from "../../port/platform-error.js";

const PLATFORM = "slack";

const GONE = new Set(["message_not_found", "channel_not_found", "is_archived", "thread_not_found", "user_not_found"]);
/** The message stays as it is; the channel takes others. */
const NOT_EDITABLE = new Set(["cant_update_message", "edit_window_closed", "message_not_owned_by_app"]);
const FORBIDDEN = new Set([
  "not_in_channel",
  "no_permission",
  "restricted_action",
  "restricted_action_thread_locked",
  "restricted_action_read_only_channel",
  "restricted_action_thread_only_channel",
  "user_not_in_channel",
  "missing_scope",
  "access_denied",
  "ekm_access_denied",
  "team_access_not_granted",
]);
/** The token itself is refused: nothing works until an operator fixes it. */
const TOKEN_REFUSED = new Set([
  "invalid_auth",
  "not_authed",
  "account_inactive",
  "token_revoked",
  "token_expired",
  "not_allowed_token_type",
  "no_permission_to_app",
]);
/** Statuses by which a proxy or a stand-in for Slack says that there is no such method. */
const NO_SUCH_METHOD = new Set([404, 405, 501]);
const BUSY = new Set([
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
  "team_added_to_org",
  "org_login_required",
  "external_channel_migrating",
  "update_failed",
  "streaming_state_conflict",
]);

/** Errors of a method or feature that this workspace or app doesn't have. */
const ABSENT = new Set([
  "unknown_method",
  "missing_scope",
  "not_authorized",
  "not_allowed_token_type",
  "not_allowed",
  "feature_not_enabled",
  "method_not_supported_for_channel_type",
  "method_deprecated",
  "deprecated_endpoint",
  "no_permission",
  "access_denied",
  "not_enabled",
  "invalid_app",
  "app_not_eligible",
]);

const NOT_HERE = phrase`I am not in this channel; \`/invite @Evergreen\` changes that`;
const NO_SCOPE = phrase`the app lacks a scope; \`npm run doctor\` names it`;

/** What Slack's errors mean for who reads that something could not be read. */
const WHYS: Readonly<Record<string, Phrase>> = {
  not_in_channel: NOT_HERE,
  channel_not_found: NOT_HERE,
  user_not_in_channel: NOT_HERE,
  restricted_action: phrase`this workspace lets only some members post here; ask an admin`,
  restricted_action_read_only_channel: phrase`only some members may post in this channel; ask an admin`,
  restricted_action_thread_only_channel: phrase`this channel accepts only replies in threads`,
  restricted_action_thread_locked: phrase`this thread is locked`,
  messages_tab_disabled: phrase`the app's Messages tab is switched off; an operator can switch it on under App Home`,
  is_archived: phrase`this channel is archived`,
  missing_scope: NO_SCOPE,
  file_not_found: WAS_DELETED,
  file_deleted: WAS_DELETED,
  thread_not_found: WAS_DELETED,
  message_not_found: WAS_DELETED,
};

/** The channel takes the message, but no thread below what was asked. */
const NOT_THREADABLE = new Set(["cannot_reply_to_message", "restricted_action_non_threadable_channel"]);

/** An error that Slack returned, with its code. */
export class SlackRefusal extends PlatformError {
  readonly slackError: string;

  constructor(reason: PlatformErrorReason, message: string, slackError: string) {
    const known = WHYS[slackError];
    const why =
      known !== undefined ? t(known) : reason === "refused" ? t`Slack refused it (\`${slackError}\`)` : undefined;
    super(PLATFORM, reason, message, { why });
    this.slackError = slackError;
  }
}

/** Returns Slack's error code, where it gave one. */
export const slackErrorOf = (error: unknown): string | undefined => {
  if (error instanceof SlackRefusal) return error.slackError;
  return error instanceof webApi.WebAPIPlatformError ? String(error.data.error) : undefined;
};

/** True for an error by which Slack says that the feature doesn't exist here. */
export const isAbsent = (error: unknown): boolean => ABSENT.has(slackErrorOf(error) ?? "");

/** True where a message may stand in the channel, but not in the thread that was meant. */
export const isThreadRefused = (error: unknown): boolean => NOT_THREADABLE.has(slackErrorOf(error) ?? "");

/** Returns the scope that Slack says is missing. */
export const neededScopeOf = (error: unknown): string | undefined => {
  if (!(error instanceof webApi.WebAPIPlatformError)) return undefined;
  const { needed } = error.data as { needed?: unknown };
  return typeof needed === "string" ? needed : undefined;
};

export const isTokenRefused = (error: unknown): boolean => TOKEN_REFUSED.has(slackErrorOf(error) ?? "");

/** Translates what a call to Slack threw. `method` is Slack's name of the call. */
export function fromSlackError(method: string, error: unknown): PlatformError {
  if (error instanceof PlatformError) return error;
  if (error instanceof webApi.WebAPIRateLimitedError) {
    return new PlatformError(PLATFORM, "rate-limited", `Slack limits ${method} for ${error.retryAfter} s`, {
      retryAfterMs: error.retryAfter * 1000,
    });
  }
  const code = slackErrorOf(error);
  if (code !== undefined) return new SlackRefusal(reasonOf(code), `Slack refused ${method}: ${shown(code)}`, code);
  if (error instanceof webApi.WebAPIHTTPError) {
    if (NO_SUCH_METHOD.has(error.statusCode)) {
      return new SlackRefusal("refused", `Slack knows no ${method} (${error.statusCode})`, "unknown_method");
    }
    const reason = error.statusCode >= 500 ? "unavailable" : "refused";
    return new PlatformError(PLATFORM, reason, `Slack answered ${method} with status ${error.statusCode}`);
  }
  const why = error instanceof AppError ? error.message : messageOf(error);
  return new PlatformError(PLATFORM, "unavailable", `Slack gave no answer to ${method}: ${why}`, { cause: error });
}

function reasonOf(code: string): PlatformErrorReason {
  if (GONE.has(code)) return "gone";
  if (NOT_EDITABLE.has(code)) return "not-editable";
  if (FORBIDDEN.has(code) || TOKEN_REFUSED.has(code)) return "forbidden";
  if (code === "ratelimited" || code === "rate_limited" || code === "message_limit_exceeded") return "rate-limited";
  // A proxy's page instead of JSON: the SDK takes the whole page for the error.
  return BUSY.has(code) || !/^[a-z][a-z0-9_]*$/.test(code) ? "unavailable" : "refused";
}

const shown = (code: string) => (code.length > 80 ? "an unexpected answer" : code);
