import type { App } from "@slack/bolt";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { startRounds } from "../../../base/rounds.js";
import { botFault, type Health } from "../wire/health.js";

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
