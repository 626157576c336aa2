import { App, type Logger, LogLevel, type Receiver, type ReceiverEvent, webApi } from "@slack/bolt";
import { AppError } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import { cutText } from "../../../base/text.js";
import { headerPairs, headersOf, sendRequest, textOf } from "../../../providers/http/send-request.js";
import type { Identity } from "../wire/identity.js";

/** Slack responds within a second or so; a call without a response by then counts as failed. */
const REQUEST_TIMEOUT_MS = 10_000;

export interface ClientSettings {
  readonly apiUrl: string | undefined;
  readonly logger: Logger;
}

/**
 * Sends a form with node:http and resolves with what the SDK reads of a response: the first fetch of a process takes a
 * tenth of a second of CPU and 10 MB, for compiling its parser. A redirect is an error.
 */
const fetchByHttp: webApi.FetchFunction = async (address, { method = "GET", headers = {}, body, signal } = {}) => {
  if (typeof body !== "string") throw new AppError("internal", "slack: the SDK is to send forms only");
  const url = String(address);
  const timeout = signal ?? AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  try {
    const response = await sendRequest({ url, method, headers, body, signal: timeout });
    const { statusCode: status = 0, statusMessage: statusText = "" } = response;
    if (status >= 300 && status < 400) throw new AppError("platform", `it redirects (${status})`);
    const content = await textOf(response);
    return {
      ...{ url, status, statusText, ok: status >= 200 && status < 300 },
      headers: { ...headersOf(response), entries: () => headerPairs(response) },
      text: async () => content,
      json: async () => JSON.parse(content),
      arrayBuffer: async () => new TextEncoder().encode(content).buffer,
    };
  } catch (error) {
    timeout.throwIfAborted();
    throw error;
  }
};

/** Options of every client of the SDK: a timeout for each request, and no retries of its own. */
const clientOptions = ({ apiUrl, logger }: ClientSettings): webApi.WebClientOptions => ({
  ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
  logger,
  fetch: fetchByHttp,
  timeout: REQUEST_TIMEOUT_MS,
  // By default one 429 pauses every call of the client; rate limits are kept before the SDK.
  rejectRateLimitedCalls: true,
  retryConfig: { retries: 0, maxTimeout: 5_000 },
});

export const createWebClient = (token: string, settings: ClientSettings): webApi.WebClient =>
  new webApi.WebClient(token, clientOptions(settings));

/** Sends the SDK's messages to the log, except debug lines, which hold people's messages. */
export function sdkLogger(log: Log): Logger {
  const words = (parts: readonly unknown[]) => cutText(parts.map(String).join(" "), 500);
  return {
    debug() {},
    info: (...parts) => log.debug({ sdk: words(parts) }, "slack: SDK message"),
    warn: (...parts) => log.debug({ sdk: words(parts) }, "slack: SDK warning"),
    error: (...parts) => log.warn({ sdk: words(parts) }, "slack: SDK error"),
    setLevel() {},
    getLevel: () => LogLevel.INFO,
    setName() {},
  };
}

/** Bolt without a receiver of its own: deliveries are checked before they reach `processEvent`. */
export interface BoltApp {
  readonly app: App;
  processEvent(event: ReceiverEvent): Promise<void>;
}

/**
 * Creates Bolt's app. Without `deferInitialization` a refused token would end the process from inside the constructor;
 * `identity` spares Bolt its own call.
 */
export async function createBoltApp(botToken: string, identity: Identity, settings: ClientSettings): Promise<BoltApp> {
  const { botUserId, botId } = identity;
  // The link starts and stops.
  const receiver: Receiver = { init() {}, start: async () => {}, stop: async () => {} };
  const app = new App({
    // Given only a token, Bolt would ask Slack who the bot is when the bot id is unknown.
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
  // What a listener throws reaches the intake, which then doesn't acknowledge.
  app.error(async (error) => {
    throw error;
  });
  return { app, processEvent: (event) => app.processEvent(event) };
}
