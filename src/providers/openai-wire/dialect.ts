import type { OpenAiWire } from "./openai-wire.js";

/** How a server wants to be spoken to, as far as it has said. */
export interface Dialect {
  readonly takesStreamOptions: boolean;
  readonly tokenLimit: OpenAiWire["tokenLimit"];
}

/**
 * What to try next after a refusal: servers that do not know an optional parameter answer 400 or 422 and name it.
 * Undefined where the refusal is about something else, or where there is nothing left to try.
 */
export function betterDialect(
  dialect: Dialect,
  usualLimit: OpenAiWire["tokenLimit"],
  error: unknown,
): Dialect | undefined {
  if (!(error instanceof Error && "status" in error && (error.status === 400 || error.status === 422)))
    return undefined;
  const { message } = error;
  if (dialect.takesStreamOptions && /stream_options|include_usage/.test(message)) {
    return { ...dialect, takesStreamOptions: false };
  }
  const isUnknown = /unsupported|unrecognized|unknown|extra|not permitted/i.test(message);
  if (isUnknown && dialect.tokenLimit === usualLimit && new RegExp(`\\b${usualLimit}\\b`).test(message)) {
    return { ...dialect, tokenLimit: usualLimit === "max_tokens" ? "max_completion_tokens" : "max_tokens" };
  }
  return undefined;
}
