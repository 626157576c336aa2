import { type Logger, LogLevel, webApi } from "@slack/bolt";
import type { Log } from "../../../base/log.js";

/** Slack answers within a second or so; later than this the call is taken for lost. */
const REQUEST_TIMEOUT_MS = 10_000;

export interface ClientSettings {
  readonly apiUrl: string | undefined;
  readonly logger: Logger;
}

/** What every client of the SDK gets: an end to each request, and no retries behind our back. */
export const clientOptions = ({ apiUrl, logger }: ClientSettings): webApi.WebClientOptions => ({
  ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
  logger,
  timeout: REQUEST_TIMEOUT_MS,
  // One frozen queue behind one 429 would hold back every reply: limits are kept before the SDK.
  rejectRateLimitedCalls: true,
  retryConfig: { retries: 0, maxTimeout: 5_000 },
});

export const createWebClient = (botToken: string, settings: ClientSettings): webApi.WebClient =>
  new webApi.WebClient(botToken, clientOptions(settings));

/** The SDK's messages in our log. Its debug lines hold whole messages of people: they stay out. */
export function sdkLogger(log: Log): Logger {
  const words = (parts: readonly unknown[]) => parts.map(String).join(" ").slice(0, 500);
  return {
    debug() {},
    info: (...parts) => log.debug({ sdk: words(parts) }, "slack's client says"),
    warn: (...parts) => log.debug({ sdk: words(parts) }, "slack's client warns"),
    error: (...parts) => log.warn({ sdk: words(parts) }, "slack's client reports an error"),
    setLevel() {},
    getLevel: () => LogLevel.INFO,
    setName() {},
  };
}
