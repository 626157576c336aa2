import { z } from "zod";
import type { Command } from "../../commands/command.js";
import type { Log } from "../../log.js";
import { type ApplicationCommand, applicationCommands, normalised } from "./commands.js";
import type { DiscordRest } from "./rest.js";
import { parsed } from "./send.js";

const what = "registering the slash commands";

/** Every field that is compared; Discord tells more. */
const registered = z.array(z.looseObject({ name: z.string() }));

/** Makes Discord's list of slash commands the registry's, when it is another. @throws {PlatformError} */
export async function registerCommands(
  { rest, log }: { readonly rest: DiscordRest; readonly log: Log },
  applicationId: string,
  commands: readonly Command[],
): Promise<void> {
  const path = `/applications/${applicationId}/commands` as const;
  const wanted = applicationCommands(commands);
  const known = parsed(registered, await rest.call("GET", path, { what }), what);
  // Discord's answer is only compared, never run.
  if (normalised(known as readonly Partial<ApplicationCommand>[]) === normalised(wanted)) return;
  await rest.call("PUT", path, { what, body: wanted });
  log.info({ commands: wanted.map(({ name }) => name) }, "the slash commands were registered with Discord");
}
