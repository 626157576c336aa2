import { z } from "zod";
import { backoffMs } from "../../../base/backoff.js";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { retry } from "../../../base/retry.js";
import { PlatformError } from "../../port/platform-error.js";
import type { DiscordRest } from "../send/rest.js";
import { parsed } from "../wire/answer.js";
import { type ApplicationCommand, normalised } from "./commands.js";

const what = "registering the slash commands";

/** Every field that is compared; Discord says more. */
const registered = z.array(z.looseObject({ name: z.string() }));

const PAUSES = { firstMs: 5_000, maxMs: 300_000 };

/**
 * Registers the slash commands, again while Discord fails for the moment.
 * @throws {PlatformError} when it refuses @throws signal.reason when stopped
 */
export const registerWithRetry = (
  deps: { readonly rest: DiscordRest; readonly log: Log; readonly clock: Clock; readonly signal: AbortSignal },
  applicationId: string,
  wanted: readonly ApplicationCommand[],
): Promise<void> =>
  retry(() => registerCommands(deps, applicationId, wanted), {
    clock: deps.clock,
    signal: deps.signal,
    delays(failures, error) {
      if (!(error instanceof PlatformError) || !error.isRetryable) return undefined;
      return Math.max(backoffMs(failures, PAUSES), error.retryAfterMs ?? 0);
    },
    onRetry: (error, pauseMs) =>
      deps.log.warn({ error, pauseMs }, "discord: registering slash commands failed, retrying"),
  });

const hasTranslations = (commands: readonly ApplicationCommand[]) =>
  JSON.stringify(commands).includes("_localizations");

/** Makes Discord's list of slash commands the registry's, when it is another. @throws {PlatformError} */
async function registerCommands(
  { rest, log }: { readonly rest: DiscordRest; readonly log: Log },
  applicationId: string,
  wanted: readonly ApplicationCommand[],
): Promise<void> {
  const path = `/applications/${applicationId}/commands` as const;
  // Discord leaves translations out unless they are asked for.
  const withTranslations = hasTranslations(wanted) ? (`${path}?with_localizations=true` as const) : path;
  const current = parsed(registered, await rest.call("GET", withTranslations, { what }), what);
  // Discord's answer is only compared, never run.
  if (normalised(current as readonly Partial<ApplicationCommand>[]) === normalised(wanted)) return;
  await rest.call("PUT", path, { what, body: wanted });
  log.info({ commands: wanted.map(({ name }) => name) }, "discord: slash commands registered");
}
