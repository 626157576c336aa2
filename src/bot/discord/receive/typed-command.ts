import { messageOf, UserError } from "../../../base/errors.js";
import type { Command } from "../../../commands/command.js";
import { BARE_NAME, findCommand, hasSubcommands } from "../../../commands/grammar/find-command.js";
import { code } from "../../../commands/wording/markdown.js";
import { t } from "../../../languages/translate.js";
import type { ChatPlatform, Mention, PlatformHandlers } from "../../port/platform.js";
import type { IdFor } from "../send/render.js";
import type { Sender } from "../send/send.js";
import { createShownMessages } from "../send/shown-messages.js";

export interface TypedCommandDeps {
  readonly platform: Pick<ChatPlatform, "post">;
  readonly sender: Pick<Sender, "doorOf">;
  readonly idFor: IdFor;
  readonly commands: readonly Command[];
}

/**
 * Commands that were typed behind a mention. In a server nothing that only its author sees can follow a message, so
 * that it gets one line and nothing is run; in a direct message it runs. Each once, however often its event comes.
 */
export function createTypedCommands(deps: TypedCommandDeps, handlers: PlatformHandlers) {
  const { platform } = deps;

  const post = async (mention: Mention, markdown: string): Promise<void> => {
    await platform.post(mention.message, { markdown }, { rank: "error", replyTo: mention.message });
  };
  const run = async (mention: Mention) => {
    const { message } = mention;
    const shown = createShownMessages(deps.sender.doorOf(message, message), { idFor: deps.idFor });
    for await (const reply of handlers.onCommand({ ...mention, channel: message })) await shown.show(reply);
  };
  return async (mention: Mention): Promise<void> => {
    const { message, isDirect } = mention;
    if (!handlers.isServed(message, isDirect) || !(await handlers.isFirst(message))) return;
    await (isDirect ? run(mention) : post(mention, hintFor(deps.commands, mention.text)));
  };
}

/** The one line that a server gets. @throws what is no `UserError` */
export function hintFor(commands: readonly Command[], text: string): string {
  try {
    const { command } = findCommand(commands, text);
    const path = hasSubcommands(commands, command.path) ? `${command.path} ${BARE_NAME}` : command.path;
    return t`Please use the slash command ${code(`/${path}`)} here: only you see its reply. Nothing was run.`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return t`${messageOf(error)} Use the slash command here; nothing was run.`;
  }
}
