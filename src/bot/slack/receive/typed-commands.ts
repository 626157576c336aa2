import type { Reply } from "../../../commands/command.js";
import { PlatformError } from "../../port/platform-error.js";
import { callOf, commandMessage, type DoorDeps, isFirstTime } from "./doors.js";
import type { Written } from "./messages.js";
import { respond } from "./responder.js";

/** "!models status": a command where slash commands do not work, as in threads. */
export const isTypedCommand = (text: string): boolean => /^![a-z]/i.test(text);

/** Runs it and answers for its author only. Resolves once it is claimed; the replies come on their own time. */
export async function runTypedCommand(deps: DoorDeps, written: Written): Promise<void> {
  const { calls, handlers, identity, log } = deps;
  const { channel, thread, ts, user, text, isDirect } = written;
  if (!(await isFirstTime(deps, `command:${identity.teamId}:${channel}:${ts}`))) return;

  const show = async (reply: Reply) => {
    const message = await commandMessage(deps, reply, user, text);
    const place = { platform: "slack", workspace: identity.teamId, channel, ...(thread !== undefined && { thread }) };
    try {
      await calls.postEphemeral(place, user, message);
    } catch (error) {
      // In a direct message nobody else reads along: an ordinary one says it as well.
      if (!isDirect || !(error instanceof PlatformError) || error.isRetryable) throw error;
      await calls.post(place, () => message);
    }
  };
  const run = async () => {
    await respond(handlers.onCommand(await callOf(deps, { channel, thread, user, text })), {
      show,
      // Ephemeral messages cannot be changed: the first one and the last say enough.
      mostReplies: 2,
      onError: (error) => log.warn({ error }, "the reply to a typed command was not shown"),
    });
  };
  void run().catch((error) => log.error({ error }, "a typed command failed"));
}
