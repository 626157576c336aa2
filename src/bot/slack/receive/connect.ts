import type { App } from "@slack/bolt";
import type { Clock } from "../../../base/clock.js";
import type { HostConfig } from "../../../base/config-host.js";
import type { Log } from "../../../base/log.js";
import { startRounds } from "../../../base/rounds.js";
import { backoffMs } from "../link/backoff.js";
import { type ClientSettings, clientOptions, createBoltApp, createWebClient } from "../link/bolt.js";
import { createHttpLink } from "../link/http-link.js";
import { createIntake } from "../link/intake.js";
import type { Link } from "../link/link.js";
import { createSocketLink } from "../link/socket-link.js";
import { botFault, type Health } from "../wire/health.js";
import { type Identity, identify } from "../wire/identity.js";
import { listenForPresses, listenForSuggestions } from "./actions.js";
import { listenForCommands, listenForShortcuts } from "./commands.js";
import { listenForEvents } from "./receive.js";
import type { DoorDeps } from "./reply-context.js";
import { listenForSurfaces } from "./surfaces.js";

export interface ConnectDeps extends Omit<DoorDeps, "identity"> {
  readonly slack: NonNullable<HostConfig["slack"]>;
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

export interface TokenWatchDeps {
  readonly health: Health;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Asks Slack who the bot is. */
  ask(): Promise<unknown>;
}

/** A token that is refused is mended by a person: asking every few minutes finds out, without hammering. */
const EVERY_MS = 180_000;

/** Finds out that the token was taken away when Slack tells, and that it is good again by asking while it is not. */
export function watchToken(app: App, { health, clock, log, signal, ask }: TokenWatchDeps): void {
  const look = async () => {
    try {
      await ask();
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
  const stop = startRounds({ clock, log, everyMs: EVERY_MS, what: "asking Slack about the bot token", work });
  signal.addEventListener("abort", stop, { once: true });
}
