/** Where an error comes from; a closed set, so that a handler can tell what to do without reading the text. */
export type ErrorCode = "config" | "user" | "provider" | "store" | "platform" | "timeout" | "internal";

/** The only class of error that this project throws. `message` never holds a secret's value. */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** True where the same call may succeed later with nothing changed. */
  readonly isRetryable: boolean;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; isRetryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.isRetryable = options.isRetryable ?? false;
  }
}

/** An error whose message is shown to the person as it is; others become a generic apology with a log reference. */
export class UserError extends AppError {
  constructor(message: string) {
    super("user", message);
  }
}

/** A fault of the host's set-up that stops the start. Its message names the thing and the fix. */
export class StartupError extends AppError {
  constructor(message: string, cause?: unknown) {
    super("config", message, { cause });
  }
}

/** A deadline has passed. */
export class TimeoutError extends AppError {
  readonly timeoutMs: number;

  constructor(what: string, timeoutMs: number) {
    super("timeout", `${what} gave no answer within ${timeoutMs / 1000} s`, { isRetryable: true });
    this.timeoutMs = timeoutMs;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What to do where the machine lets the process open no more files or connections; undefined for any other error. */
export function tooManyFiles(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "EMFILE" && code !== "ENFILE") return undefined;
  return (
    "too many open files: the bot may open no more files or connections; raise the limit " +
    "(ulimit -n 4096; for systemd LimitNOFILE=4096) and restart"
  );
}
