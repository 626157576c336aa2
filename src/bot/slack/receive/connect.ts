import { backoffMs } from "../link/backoff.js";
import { createBoltApp } from "../link/bolt-app.js";
import { createHttpLink } from "../link/http-link.js";
import { createIntake } from "../link/intake.js";
import type { Link } from "../link/link.js";
import { createSocketLink } from "../link/socket-link.js";
import { type ClientSettings, clientOptions, createWebClient } from "../link/web-client.js";
import type { SlackSettings } from "../variables.js";
import { botFault, type Health } from "../wire/health.js";
import { type Identity, identify } from "../wire/identity.js";
import { listenForPresses } from "./actions.js";
import { listenForSurfaces } from "./agent.js";
import { listenForCommands } from "./commands.js";
import type { DoorDeps } from "./doors.js";
import { listenForEvents } from "./receive.js";
import { listenForShortcuts } from "./shortcuts.js";
import { listenForSuggestions } from "./suggestions.js";
import { watchToken } from "./token-watch.js";

export interface ConnectDeps extends Omit<DoorDeps, "identity"> {
  readonly slack: SlackSettings;
  readonly settings: ClientSettings;
  readonly health: Health;
  readonly signal: AbortSignal;
  onIdentity(identity: Identity): void;
}

/** Finds out who the bot is, then keeps the way in open until the bot stops. Resolves with how to stop it. */
export async function connect(deps: ConnectDeps): Promise<Link | undefined> {
  const identity = await untilIdentified(deps);
  if (identity === undefined) return undefined;
  deps.onIdentity(identity);
  const { slack, settings } = deps;
  const { app, processEvent } = await createBoltApp(slack.botToken, identity, settings);
  const doors = { ...deps, identity };
  listenForEvents(app, doors);
  listenForCommands(app, doors);
  listenForPresses(app, doors);
  listenForSuggestions(app, doors);
  listenForShortcuts(app, doors);
  listenForSurfaces(app, doors);
  watchToken(app, { ...deps, ask: () => identify(createWebClient(slack.botToken, settings)) });
  const intake = createIntake({ ...deps, teamId: identity.teamId, processEvent });
  const { appToken, signingSecret = "", port } = slack;
  const link =
    appToken === undefined
      ? createHttpLink({ ...deps, intake, signingSecret, port })
      : createSocketLink({ ...deps, intake, appToken, clientOptions: clientOptions(settings) });
  void link.run().catch((error) => deps.log.error({ error }, "slack's connection ended"));
  return link;
}

/** Undefined when the bot stops before Slack has said who it is. */
async function untilIdentified({ slack, settings, health, clock, signal }: ConnectDeps): Promise<Identity | undefined> {
  const client = createWebClient(slack.botToken, settings);
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      const identity = await identify(client);
      health.set("bot", undefined);
      return identity;
    } catch (error) {
      health.set("bot", botFault(error));
      // Woken by the stop, which the loop sees next.
      await clock.sleep(backoffMs(error, failures), signal).catch(() => {});
    }
  }
  return undefined;
}
