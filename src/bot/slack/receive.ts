import type { App } from "@slack/bolt";
import { conversationOf } from "../conversation.js";
import type { MessageKey } from "../platform.js";
import type { DoorDeps } from "./doors.js";
import { isFirstTime } from "./doors.js";
import { readMessage, type Written } from "./messages.js";
import { readReaction } from "./reactions.js";
import { isTypedCommand, runTypedCommand } from "./typed-commands.js";

/** Mentions, direct messages and reactions. A listener resolves when what was said is stored: then it is acknowledged. */
export function listenForEvents(app: App, deps: DoorDeps): void {
  const { identity, handlers, people, log } = deps;

  const ask = async (written: Written) => {
    const { channel, ts, thread, user, text, isDirect } = written;
    const message: MessageKey = {
      platform: "slack",
      workspace: identity.teamId,
      channel,
      // Each mention in a channel begins a thread; a direct message is one conversation.
      ...(isDirect ? {} : { thread: thread ?? ts }),
      message: ts,
    };
    if (!written.isAddressed && !(await takesPart(deps, message))) return;
    const { name, isOperator } = await people.lookUp(user);
    await handlers.onMention({ message, author: { id: user, name }, text, isDirect, isOperator });
  };
  const take = async (event: unknown) => {
    const written = readMessage(event, identity);
    if (written === undefined) return;
    if (isTypedCommand(written.text) && written.isAddressed) await runTypedCommand(deps, written);
    else await ask(written);
  };
  app.event("app_mention", ({ event }) => take(event));
  app.event("message", ({ event }) => take(event));
  app.event("reaction_added", async ({ event, body }) => {
    const found = readReaction(event, identity);
    if (found === undefined || !(await isFirstTime(deps, `event:${body.event_id}`))) return;
    const { user, ...reaction } = found;
    const react = async () => {
      const { name, isOperator } = await people.lookUp(user);
      await handlers.onReaction({ ...reaction, author: { id: user, name }, isOperator });
    };
    void react().catch((error) => log.error({ error }, "a reaction failed"));
  });
}

/** In threads that it was called into, where FOLLOW_THREADS asks for it. */
async function takesPart({ store, followsThreads }: DoorDeps, message: MessageKey): Promise<boolean> {
  return followsThreads && (await store.values("sessions").get(conversationOf(message))) !== undefined;
}
