import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { Command } from "../../../commands/command.js";
import { PlatformError } from "../../port/platform-error.js";
import type { DiscordRest } from "../send/rest.js";
import { parsed } from "../send/send.js";
import { type ApplicationCommand, applicationCommands, normalised } from "./commands.js";

const what = "registering the slash commands";

/** Every field that is compared; Discord tells more. */
const registered = z.array(z.looseObject({ name: z.string() }));

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

/** The same, again while Discord fails for the moment. @throws {PlatformError} when it refuses @throws signal.reason when stopped */
export async function registerPatiently(
  deps: { readonly rest: DiscordRest; readonly log: Log; readonly clock: Clock; readonly signal: AbortSignal },
  applicationId: string,
  commands: readonly Command[],
): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await registerCommands(deps, applicationId, commands);
    } catch (error) {
      if (!(error instanceof PlatformError) || !error.isRetryable) throw error;
      deps.log.warn({ error, pauseMs }, "the slash commands could not be registered yet; trying again");
      await deps.clock.sleep(Math.max(pauseMs, error.retryAfterMs ?? 0), deps.signal);
    }
  }
}

const hasTranslations = (commands: readonly ApplicationCommand[]) =>
  JSON.stringify(commands).includes("_localizations");

/** Makes Discord's list of slash commands the registry's, when it is another. @throws {PlatformError} */
export async function registerCommands(
  { rest, log }: { readonly rest: DiscordRest; readonly log: Log },
  applicationId: string,
  commands: readonly Command[],
): Promise<void> {
  const path = `/applications/${applicationId}/commands` as const;
  const wanted = applicationCommands(commands);
  // Discord leaves translations out unless they are asked for.
  const asked = hasTranslations(wanted) ? (`${path}?with_localizations=true` as const) : path;
  const known = parsed(registered, await rest.call("GET", asked, { what }), what);
  // Discord's answer is only compared, never run.
  if (normalised(known as readonly Partial<ApplicationCommand>[]) === normalised(wanted)) return;
  await rest.call("PUT", path, { what, body: wanted });
  log.info({ commands: wanted.map(({ name }) => name) }, "the slash commands were registered with Discord");
}
