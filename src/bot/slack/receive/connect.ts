import type { App } from "@slack/bolt";
import { retry } from "../../../base/retry.js";
import { startRounds } from "../../../base/rounds.js";
import { type ClientSettings, createBoltApp, createWebClient } from "../link/bolt.js";
import { createHttpLink } from "../link/http-link.js";
import { createIntake } from "../link/intake.js";
import { connectPauseMs, type Link, REFUSED_TOKEN_PAUSE_MS } from "../link/link.js";
import { createSocketLink } from "../link/socket-link.js";
import type { SlackSettings } from "../variables.js";
import { botFault, type Health } from "../wire/health.js";
import { type Identity, identify } from "../wire/identity.js";
import { listenForPresses, listenForSuggestions } from "./actions.js";
import { listenForCommands, listenForShortcuts } from "./commands.js";
import { ownPlaces } from "./missed.js";
import { listenForEvents } from "./receive.js";
import type { ReplyContext } from "./reply-context.js";
import { listenForSurfaces } from "./surfaces.js";

export interface ConnectDeps extends Omit<ReplyContext, "identity"> {
  readonly slack: SlackSettings;
  readonly settings: ClientSettings;
  readonly health: Health;
  readonly signal: AbortSignal;
  onIdentity(identity: Identity): void;
  /** Called once for each other team whose deliveries come in; they are acknowledged and dropped. */
  onStrangeTeam(team: string): void;
}

/** Finds out who the bot is, then keeps the connection open until the bot stops. Resolves with the connection. */
export async function connect(deps: ConnectDeps): Promise<Link | undefined> {
  const identity = await untilIdentified(deps);
  if (identity === undefined) return undefined;
  deps.onIdentity(identity);
  const { slack, settings, signal } = deps;
  const { app, processEvent } = await createBoltApp(slack.botToken, identity, settings);
  const context = { ...deps, identity };
  // The app is in one team, which has one language.
  const place = { platform: "slack", workspace: identity.teamId, channel: "" };
  app.use(({ next }) => deps.handlers.inLanguageOf(place, next));
  listenForEvents(app, context);
  listenForCommands(app, context);
  listenForPresses(app, context);
  listenForSuggestions(app, context);
  listenForShortcuts(app, context);
  listenForSurfaces(app, context);
  watchToken(app, deps);
  const onGap = () => {
    deps.handlers.onGap();
    deps.handlers.onGap(ownPlaces(context, signal));
  };
  const intake = createIntake({ ...deps, identity, apiUrl: slack.apiUrl, onGap, processEvent });
  const { appToken, signingSecret = "", host, port } = slack;
  const link =
    appToken === undefined
      ? createHttpLink({ ...deps, intake, onGap, signingSecret, host, port })
      : createSocketLink({ ...deps, intake, onGap, appClient: createWebClient(appToken, settings) });
  void link.run().catch((error) => deps.log.error({ error }, "slack: connection ended"));
  return link;
}

/** Resolves with undefined when the bot stops before Slack has said who it is. */
async function untilIdentified({ slack, settings, health, clock, signal }: ConnectDeps): Promise<Identity | undefined> {
  const client = createWebClient(slack.botToken, settings);
  try {
    const identity = await retry(() => identify(client), {
      clock,
      signal,
      delays: (failures, error) => connectPauseMs(error, failures),
      onRetry: (error) => health.set("bot", botFault(error)),
    });
    health.set("bot", undefined);
    return identity;
  } catch {
    return undefined; // every other failure is retried
  }
}

/** Notices that the bot token was revoked when Slack says so, and that it is valid again by asking until then. */
function watchToken(app: App, { slack, settings, health, clock, log, signal }: ConnectDeps): void {
  const client = createWebClient(slack.botToken, settings);
  const look = async () => {
    try {
      await identify(client);
      health.set("bot", undefined);
    } catch (error) {
      health.set("bot", botFault(error));
    }
  };
  const lookSoon = async () => void look();
  app.event("tokens_revoked", lookSoon);
  app.event("app_uninstalled", lookSoon);
  const work = async () => {
    if (health.isFaulty("bot")) await look();
  };
  const what = "asking Slack about the bot token";
  const stop = startRounds({ clock, log, everyMs: REFUSED_TOKEN_PAUSE_MS, what, work });
  signal.addEventListener("abort", stop, { once: true });
}
