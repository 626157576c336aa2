import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { backoffMs, retry } from "../../base/retry.js";
import { isPassingStoreError } from "../../store/store.js";
import type { ChatPlatform, Mark, MessageKey } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";

/** Adapters retry what fails at their service; a platform of the bot's own keeps marks in the store. */
const STORE_PATIENCE_MS = 120_000;
const STORE_PAUSES = { firstMs: 250, maxMs: 10_000 };

/**
 * Puts a mark on a message, or takes the bot's away. An end mark waits for a store that fails, up to two minutes.
 * Resolves with whether it is settled: shown, or refused for good. Never rejects.
 */
export async function showMark(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  platform: ChatPlatform,
  message: MessageKey,
  mark: Mark | undefined,
): Promise<boolean> {
  try {
    const isEnd = mark !== undefined && mark !== "working" && mark !== "waiting";
    await retry(() => platform.mark(message, mark), {
      clock,
      delays: (failures) => (isEnd ? backoffMs(failures, STORE_PAUSES) : undefined),
      until: clock.now() + STORE_PATIENCE_MS,
      shouldRetry: isPassingStoreError,
    });
    return true;
  } catch (error) {
    log.warn({ error, mark }, "mark was not shown");
    return error instanceof PlatformError && !error.isRetryable;
  }
}
