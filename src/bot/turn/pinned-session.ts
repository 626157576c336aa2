import { modelName } from "../../refresh/choose/default-model.js";
import type { Pin, Session } from "../../store/sessions/sessions.js";
import { channelOf, conversationOf, workspaceOf } from "../port/conversation.js";
import type { ChannelKey } from "../port/platform.js";
import type { ConversationModel } from "../port/platform-definition.js";
import type { TurnDeps } from "./turn-deps.js";

type Deps = Pick<TurnDeps, "sessions" | "defaultModel" | "clock">;

/**
 * Returns the session of a question's place with its pin: the first message pins the default in force, if there is one.
 * A thread is a conversation of its own that begins as its channel is by then; its first question pins the channel too.
 * @throws {StoreError}
 */
export async function pinnedSession(deps: Deps, place: ChannelKey): Promise<Session> {
  const conversation = conversationOf(place);
  const session = await deps.sessions.get(conversation);
  if (session.pin !== null) return session;
  if (place.thread === undefined) return pinDefault(deps, conversation, session, workspaceOf(place));
  const channel = channelOf(place);
  const parent = await pinDefault(deps, channel, await deps.sessions.get(channel), workspaceOf(place));
  if (parent.pin === null) return session;
  return deps.sessions.change(conversation, (now) => (now.pin === null ? begunAs(now, parent) : now));
}

async function pinDefault(
  { sessions, defaultModel, clock }: Deps,
  conversation: string,
  session: Session,
  workspace: string,
): Promise<Session> {
  if (session.pin !== null) return session;
  const choice = defaultModel(workspace);
  if (choice === undefined) return session;
  const pin: Pin = { provider: choice.provider, model: choice.model, at: clock.now(), by: null };
  // A person may have chosen one meanwhile: theirs stays.
  return sessions.change(conversation, (now) => (now.pin === null ? { ...now, pin } : now));
}

/** What a new thread takes over; what was said in it, or unset, stays its own. */
function begunAs(thread: Session, { pin, system, systemNews, showsReasoning }: Session): Session {
  const isNew = thread.nextTurn === 0 && thread.startedAt === 0;
  if (!isNew) return { ...thread, pin };
  return {
    ...thread,
    pin,
    system: thread.system ?? system,
    ...(systemNews !== undefined && thread.system === null && thread.systemNews === undefined && { systemNews }),
    ...(showsReasoning !== undefined && thread.showsReasoning === undefined && { showsReasoning }),
  };
}

/** Returns the model that a conversation has, or would get with its next question. @throws {StoreError} */
export async function conversationModel(deps: Deps, place: ChannelKey): Promise<ConversationModel> {
  const { pin } = await deps.sessions.get(conversationOf(place));
  if (pin !== null) return { model: modelName(pin), pin: { at: pin.at, by: pin.by } };
  const choice = deps.defaultModel(workspaceOf(place));
  return { model: choice === undefined ? null : modelName(choice), pin: null };
}
