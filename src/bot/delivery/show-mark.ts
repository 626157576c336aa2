import type { Log } from "../../base/log.js";
import type { ChatPlatform, Mark, MessageKey } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";

/**
 * Puts a mark on a message, or takes the bot's away. Resolves with whether it is settled: shown, or refused for good.
 * Never rejects.
 */
export async function showMark(
  { log }: { readonly log: Log },
  platform: ChatPlatform,
  message: MessageKey,
  mark: Mark | undefined,
): Promise<boolean> {
  try {
    await platform.mark(message, mark);
    return true;
  } catch (error) {
    log.warn({ error, mark }, "a mark was not shown");
    return error instanceof PlatformError && !error.isRetryable;
  }
}
