import type { Log } from "../../../base/log.js";
import type { Store } from "../../../store/store.js";
import { PlatformError } from "../../port/platform-error.js";
import { EPHEMERAL } from "../send/render.js";
import type { DiscordRest } from "../send/rest.js";
import { ALREADY_ACKNOWLEDGED, discordCodeOf } from "../wire/errors.js";
import type { CommandEvent } from "../wire/events.js";

/** An interaction's token lives 15 min; after that there is nothing to answer twice. */
const CLAIM_MS = 900_000;
/** Discord wants the first answer within 3 s: two tries fit. */
const TIMEOUT_MS = 1_300;
const TRIES = 2;
/** "… is thinking", to be replaced by the reply. */
const DEFERRED_REPLY = 5;
/** For presses: nothing is shown, and the pressed message may be edited. */
const DEFERRED_UPDATE = 6;

/**
 * Takes an interaction on before anything else is done; false where another process did, or it is too late. Discord
 * itself lets only the first of several in; the claim decides where an answer of Discord was lost on its way.
 */
export async function acknowledge(
  { rest, store, log }: { readonly rest: DiscordRest; readonly store: Store; readonly log: Log },
  { id, token, type }: CommandEvent,
  isEphemeral: boolean,
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rest.call("POST", `/interactions/${id}/${token}/callback`, {
        what: "acknowledging a command",
        body:
          type === 3
            ? { type: DEFERRED_UPDATE }
            : { type: DEFERRED_REPLY, data: { flags: isEphemeral ? EPHEMERAL : 0 } },
        isWithoutToken: true,
        timeoutMs: TIMEOUT_MS,
      });
      break;
    } catch (error) {
      if (discordCodeOf(error) === ALREADY_ACKNOWLEDGED) {
        if (attempt === 1) return false;
        break; // perhaps by the try whose answer was lost
      }
      const mayRetry = error instanceof PlatformError && error.isRetryable && attempt < TRIES;
      if (!mayRetry) throw error;
    }
  }
  return store.writeOnce(`interaction:${id}`, CLAIM_MS, []).catch((error) => {
    log.warn({ error }, "an interaction could not be claimed; it is answered all the same");
    return true;
  });
}
