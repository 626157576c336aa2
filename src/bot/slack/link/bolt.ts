import { App, type Logger, LogLevel, type Receiver, type ReceiverEvent, webApi } from "@slack/bolt";
import type { Log } from "../../../base/log.js";
import type { Identity } from "../wire/identity.js";

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

/** Bolt with our own way in: deliveries are judged before they reach `processEvent`. */
export interface BoltApp {
  readonly app: App;
  processEvent(event: ReceiverEvent): Promise<void>;
}

/**
 * Without `deferInitialization` a token that is refused would end the process from inside the constructor; who the bot
 * is, is known already, so that Bolt asks Slack nothing.
 */
export async function createBoltApp(botToken: string, identity: Identity, settings: ClientSettings): Promise<BoltApp> {
  const { botUserId, botId } = identity;
  // Starting and stopping is the link's.
  const receiver: Receiver = { init() {}, start: async () => {}, stop: async () => {} };
  const app = new App({
    // With a token alone it would ask Slack who the bot is wherever the bot id is not known.
    authorize: async () => ({ botToken, botUserId, ...(botId !== undefined && { botId }) }),
    receiver,
    deferInitialization: true,
    tokenVerificationEnabled: false,
    convoStore: false,
    logger: settings.logger,
    clientOptions: clientOptions(settings),
  });
  await app.init();
  await app.start();
  // What a listener throws goes to the intake, which then does not acknowledge.
  app.error(async (error) => {
    throw error;
  });
  return { app, processEvent: (event) => app.processEvent(event) };
}
