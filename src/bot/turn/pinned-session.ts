import type { Pin, Resumed, Session } from "../../store/sessions/sessions.js";
import { channelOf, conversationOf, workspaceOf } from "../port/conversation.js";
import type { ChannelKey } from "../port/platform.js";
import type { Question } from "../prompt/question.js";
import { ASKER_PAUSES_MS, untilStored } from "./finish-turn.js";
import type { TurnDeps } from "./turn-deps.js";

type Deps = Pick<TurnDeps, "sessions" | "defaultModel" | "clock" | "log">;

/** The session of a question's place as it is, or as the question makes it. */
export interface PinnedSession extends Pick<Resumed, "session" | "turns"> {
  /** What makes it so, when the turn is saved; what a person chose meanwhile stays. */
  readonly begin: (now: Session) => Session;
  /** Resolves once the channel of a new thread has its pin too, or it is clear that it gets none. Never rejects. */
  readonly channelPinned: Promise<unknown>;
}

/**
 * Returns the session of a question's place with its pin, and as many turns as may be sent: the first message pins the
 * default in force, if there is one. A thread is a conversation of its own that begins as its channel is by then; its
 * first question pins the channel too. @throws {StoreError}
 */
export async function pinnedSession(deps: Deps & Pick<TurnDeps, "chat">, place: ChannelKey): Promise<PinnedSession> {
  const { sessions, defaultModel, clock, chat } = deps;
  // One more than fit, for the one that an answer may take the place of.
  const count = Math.ceil(chat.historyMessages / 2) + 1;
  const channel = place.thread === undefined ? undefined : channelOf(place);
  const resume = () => sessions.resume(conversationOf(place), { channel, count });
  const resumed = await untilStored(resume, deps, ASKER_PAUSES_MS);
  const { session, turns } = resumed;
  const asItIs = { session, turns, begin: (now: Session) => now, channelPinned: Promise.resolve() };
  if (session.pin !== null) return asItIs;
  // Whoever has given up a thread's pin wants the default there, whatever its channel is pinned to.
  const isGivenUp = session.pinNews === "default";
  const choice = resumed.channel?.pin && !isGivenUp ? undefined : defaultModel(workspaceOf(place));
  const pin: Pin | null = choice === undefined ? null : { ...choice, at: clock.now(), by: null };
  const pinned = (now: Session): Session => (now.pin === null ? { ...now, pin } : now);
  if (channel === undefined || resumed.channel === undefined) {
    return pin === null ? asItIs : { ...asItIs, session: pinned(session), begin: pinned };
  }
  const above = isGivenUp ? { ...resumed.channel, pin } : pin === null ? resumed.channel : pinned(resumed.channel);
  if (above.pin === null) return asItIs;
  const begin = (now: Session) => (now.pin === null ? begunAs(now, above) : now);
  const channelPinned = pin === null || isGivenUp ? Promise.resolve() : pinChannel(deps, channel, pinned);
  return { session: begin(session), turns, begin, channelPinned };
}

/** The answer in the thread is worth more: where the store stays away, the channel's next question pins it. */
const pinChannel = (deps: Deps, channel: string, pinned: (now: Session) => Session): Promise<unknown> =>
  untilStored(() => deps.sessions.change(channel, pinned), deps).catch((error) =>
    deps.log.warn({ error, channel }, "channel was not pinned, its next question pins it"),
  );

/** What a new thread takes over; what was said in it, or unset, stays its own. */
function begunAs(thread: Session, channel: Session): Session {
  const { pin, system, systemNews, showsReasoning, detour, quotaNotes, triesPin } = channel;
  const isNew = thread.nextTurn === 0 && thread.startedAt === 0;
  if (!isNew) return { ...thread, pin };
  return {
    ...thread,
    pin,
    ...(detour !== undefined && { detour }),
    ...(quotaNotes !== undefined && { quotaNotes }),
    ...(triesPin !== undefined && { triesPin }),
    system: thread.system ?? system,
    ...(systemNews !== undefined && thread.system === null && thread.systemNews === undefined && { systemNews }),
    ...(showsReasoning !== undefined && thread.showsReasoning === undefined && { showsReasoning }),
  };
}

/** What answers: a retry with another model leaves the pin as it is. */
export const pinOf = ({ pin }: Session, { retry, asker }: Question, at: number): Pin | null =>
  retry?.model === undefined ? pin : { ...retry.model, at, by: asker.name };

/** The answer of another model says nothing of the pin. */
export function withoutNews(session: Session): Session {
  const { pinNews: _kept, ...rest } = session;
  return rest;
}
