import { AppError } from "../../base/errors.js";
import { phrase, type Said } from "../../languages/translate.js";

/**
 * - `gone` the message, channel or workspace no longer exists: give up, forget it
 * - `forbidden` the bot lacks a permission there, or was removed
 * - `rate-limited` the platform refused for now
 * - `edit-cap` this message may not be edited for a while, though others may (Discord 30046)
 * - `not-editable` this message can never be edited again, though new ones can be posted: go on in another
 * - `unavailable` no answer, or a fault of the platform's servers
 * - `refused` what was sent is not accepted: a fault of ours
 */
export type PlatformErrorReason =
  | "gone"
  | "forbidden"
  | "rate-limited"
  | "edit-cap"
  | "not-editable"
  | "unavailable"
  | "refused";

/** Why a message or file cannot be read, as people read it after its name. */
export const WAS_DELETED = phrase`it was deleted`;

/** What went wrong at a chat platform; the SDK's own error is its cause, without tokens or texts of people. */
export class PlatformError extends AppError {
  readonly platform: string;
  readonly reason: PlatformErrorReason;
  readonly retryAfterMs: number | undefined;
  /** The reason as a person reads it after the name of a file or message: "its link has expired". */
  readonly why: Said | undefined;

  constructor(
    platform: string,
    reason: PlatformErrorReason,
    message: string,
    details: {
      readonly retryAfterMs?: number | undefined;
      readonly why?: Said | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super("platform", message, {
      cause: details.cause,
      isRetryable: reason === "rate-limited" || reason === "unavailable",
    });
    this.platform = platform;
    this.reason = reason;
    this.retryAfterMs = details.retryAfterMs;
    this.why = details.why;
  }
}

/** There is no place for the bot any more: nothing that is sent there will ever arrive. */
export const isLost = (error: unknown): error is PlatformError =>
  error instanceof PlatformError && (error.reason === "gone" || error.reason === "forbidden");

/** The message stays as it is, and what follows needs another one. */
export const isNotEditable = (error: unknown): error is PlatformError =>
  error instanceof PlatformError && error.reason === "not-editable";
