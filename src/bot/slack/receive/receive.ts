import type { App } from "@slack/bolt";
import { conversationOf } from "../../port/conversation.js";
import type { MessageKey } from "../../port/platform.js";
import { attachmentsOf } from "./attachments.js";
import { type DoorDeps, isFirstTime, threadOf } from "./doors.js";
import { readEarlier } from "./earlier.js";
import { readMessage, type Written } from "./messages.js";
import { readReaction } from "./reactions.js";
import { isTypedCommand, runTypedCommand } from "./typed-commands.js";

/** Mentions, direct messages and reactions. A listener resolves when what was said is stored: then it is acknowledged. */
export function listenForEvents(app: App, deps: DoorDeps): void {
  const { handlers, people, log } = deps;

  const ask = async (written: Written, event: unknown) => {
    const { ts, user, text, isDirect } = written;
    const message = keyOf(deps, written);
    if (!written.isAddressed && !(await takesPart(deps, message))) return;
    const attachments = attachmentsOf(event, deps.files);
    deps.titles.set(message, text);
    await handlers.onMention({
      message,
      ...(await people.speaker(user)),
      text,
      isDirect,
      ...(attachments.length > 0 && { attachments }),
      ...(message.thread !== undefined &&
        message.thread !== ts && { earlier: (count, signal) => readEarlier(deps, message, { count, signal }) }),
    });
  };
  const take = async (event: unknown) => {
    const written = readMessage(event, deps.identity);
    if (written === undefined) return;
    if (isTypedCommand(written.text) && written.isAddressed) await runTypedCommand(deps, written);
    else await ask(written, event);
  };
  app.event("app_mention", ({ event }) => take(event));
  app.event("message", ({ event }) => take(event));
  app.event("reaction_added", async ({ event, body }) => {
    const found = readReaction(event, deps.identity);
    if (found === undefined || !(await isFirstTime(deps, `event:${body.event_id}`))) return;
    const { user, ...reaction } = found;
    const react = async () => handlers.onReaction({ ...reaction, ...(await people.speaker(user)) });
    void react().catch((error) => log.error({ error }, "a reaction failed"));
  });
}

/**
 * Each mention in a channel begins a thread, and so does each message in the agent container; direct messages elsewhere
 * are one conversation, and their threads are their own.
 */
function keyOf({ identity }: DoorDeps, { channel, ts, thread, isDirect, isInAgent }: Written): MessageKey {
  const begun = isDirect && !isInAgent ? undefined : ts;
  const own = isDirect && !isInAgent ? threadOf(channel, ts, thread) : thread;
  const place = own ?? begun;
  return {
    platform: "slack",
    workspace: identity.teamId,
    channel,
    ...(place !== undefined && { thread: place }),
    message: ts,
  };
}

/** In threads that it was called into, where FOLLOW_THREADS asks for it. */
async function takesPart({ store, followsThreads }: DoorDeps, message: MessageKey): Promise<boolean> {
  return followsThreads && (await store.values("sessions").get(conversationOf(message))) !== undefined;
}
