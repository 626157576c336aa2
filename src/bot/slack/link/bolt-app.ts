import { App, type Receiver, type ReceiverEvent } from "@slack/bolt";
import type { Identity } from "../wire/identity.js";
import { type ClientSettings, clientOptions } from "./web-client.js";

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
