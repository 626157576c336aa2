import { withDeadline } from "../../base/deadline.js";
import { UserError } from "../../base/errors.js";
import { cutText } from "../../base/text.js";
import type { Invocation } from "../../commands/command.js";
import type { RetryOutcome, TurnControl } from "../../commands/command-deps.js";
import type { ModelRef } from "../../refresh/choose/default-model.js";
import { ERASED } from "../../store/audit.js";
import type { Turn } from "../../store/sessions/sessions.js";
import { chatRefusal, FULL_LINE, limitFault } from "../access/access.js";
import { channelKeyOf, conversationOf, workspaceOf } from "../port/conversation.js";
import type { ChannelKey } from "../port/platform.js";
import type { OpenedThread, PlatformParts } from "../port/platform-definition.js";
import { PlatformError } from "../port/platform-error.js";
import { openQuestionOf, type Question } from "../prompt/question.js";
import { TurnCalledOff } from "./endings.js";
import { leaseName } from "./line/conversation-line.js";
import { pinnedSession } from "./pinned-session.js";
import { enqueue, type LifeDeps, showFirstMark } from "./turn.js";

export interface TurnControlDeps extends LifeDeps {
  /** Whether the bot stops. */
  isClosed(): boolean;
}

/** What commands do to answers. */
export const createTurnControl = (deps: TurnControlDeps): TurnControl => ({
  stop: (conversation, by) => stop(deps, conversation, by),
  retry: (invocation, model) => retry(deps, invocation, model),
  openThread: (invocation) => openThread(deps, invocation),
  forget: (conversation, also) => forget(deps, conversation, also),
});

const surfaceOf = ({ surfaces }: TurnControlDeps, name: string): PlatformParts | undefined =>
  surfaces.find(({ platform }) => platform.name === name);

async function stop({ turns }: TurnControlDeps, ...[conversation, by]: Parameters<TurnControl["stop"]>) {
  const turn = turns.running.get(conversation);
  // A turn that waits here for another replica is not what streams; it is stopped here where that replica is gone.
  const remote = turn === undefined || turn.isWaiting ? await turns.remoteStop.ask(conversation, by) : "nothing-runs";
  if (turn === undefined || remote !== "nothing-runs") return remote;
  if (turn.asker !== by.id && !by.isOperator) return "not-yours";
  turns.running.get(conversation)?.controller.abort(new TurnCalledOff("stopped"));
  return "stopped";
}

/** Asks the last question once more. Its answer takes the place of the one before in what is sent from then on. */
async function retry(deps: TurnControlDeps, invocation: Invocation, model?: ModelRef): Promise<RetryOutcome> {
  const { sessions, clock, turns } = deps;
  const { conversation, user, isOperator, on } = invocation;
  const platform = surfaceOf(deps, invocation.platform)?.platform;
  if (platform === undefined || deps.isClosed()) return refused("The bot is restarting. Please try again in a moment.");
  const last = await sessions.lastTurn(conversation);
  if (last === undefined) return { kind: "nothing-asked" };
  const { author, authorId } = last.turn.question;
  if (authorId === undefined && author === ERASED) return { kind: "nothing-asked" };
  if (authorId !== user.id && !isOperator) return { kind: "not-yours" };
  if (on !== undefined && last.turn.shownIn !== undefined && on !== last.turn.shownIn) return { kind: "not-last" };
  const question = questionAgain(last, invocation, { at: clock.now(), model });
  if (await sessions.isOpen(question.id)) return { kind: "already" };
  const place = channelKeyOf(conversation);
  const refusal = await chatRefusal(deps.settings.of(workspaceOf(place)), place, { ...invocation, author: user });
  const isFull = turns.queue.placeFor(conversation) === "full";
  const fault = refusal ?? (isFull ? FULL_LINE : limitFault(deps, place, user));
  if (fault !== undefined) return refused(fault);

  if (!(await sessions.open(question.id, openQuestionOf(question, deps.owner)))) return { kind: "already" };
  const taken = enqueue(deps, platform, question);
  if (taken === "waiting") await showFirstMark(deps, platform, question, "waiting");
  if (taken !== "full") return { kind: taken === "waiting" ? "waiting" : "started" };
  await sessions.close(question.id);
  return refused(FULL_LINE);
}

const refused = (why: string): RetryOutcome => ({ kind: "refused", why });

function questionAgain(
  { number, turn }: { readonly number: number; readonly turn: Turn },
  { conversation, user }: Invocation,
  { at, model }: { readonly at: number; readonly model: ModelRef | undefined },
): Question {
  const { message, author, authorId = user.id, text, sent } = turn.question;
  return {
    // One for each answer that is to be replaced: whoever presses twice is answered once.
    id: `${conversation}:${message}:again:${turn.endedAt}`,
    message: { ...channelKeyOf(conversation), message },
    asker: { id: authorId, name: author },
    text,
    at,
    retry: { turn: number, ...(sent !== undefined && { sent }), ...(model !== undefined && { model }) },
  };
}

const MAX_TITLE_CHARS = 80;

/** Begins a thread that goes on from the last answer: it knows that question and its answer, and the model. */
async function openThread(deps: TurnControlDeps, { platform: name, conversation, isDirect, on }: Invocation) {
  const begin = surfaceOf(deps, name)?.openThread;
  const place = channelKeyOf(conversation);
  if (place.thread !== undefined) throw new UserError("This is a thread already: just go on here.");
  if (begin === undefined || isDirect) {
    throw new UserError("There are no threads to open here. Where every question begins its own, just ask.");
  }
  const last = await deps.sessions.lastTurn(conversation);
  const line = last?.turn.question.text.replace(/\s+/g, " ").trim() || "Conversation";
  const title = cutText(line, MAX_TITLE_CHARS);
  const { place: thread, link } = await beginThread(begin, place, { below: on ?? last?.turn.shownIn, title });
  const pinned = await pinnedSession(deps, thread);
  await Promise.all([pinned.channelPinned, deps.sessions.change(conversationOf(thread), pinned.begin)]);
  if (last !== undefined) await deps.sessions.take(conversationOf(thread), last.turn);
  return link;
}

/** A message that has a thread already, or may have none, leaves the channel. */
async function beginThread(
  begin: NonNullable<PlatformParts["openThread"]>,
  place: ChannelKey,
  { below, title }: { readonly below: string | undefined; readonly title: string },
): Promise<OpenedThread> {
  if (below === undefined) return begin(place, title);
  return begin({ ...place, message: below }, title).catch((error) => {
    const isElsewhere = error instanceof PlatformError && (error.reason === "refused" || error.reason === "gone");
    if (!isElsewhere) throw error;
    return begin(place, title);
  });
}

/** How long stopped answers may take to show how they ended. */
const LAST_EDITS_MS = 5_000;
const FORGET_LEASE_MS = 10_000;
const BUSY = "An answer is still being written here. Stop it with `/chat stop`, then ask again to forget.";

/** Nothing can be written while the conversation is erased: its turns have ended, and the lease is ours. */
async function forget(deps: TurnControlDeps, ...[conversation, also]: Parameters<TurnControl["forget"]>) {
  const { store, sessions, clock, log } = deps;
  const ended = { what: "the answer", timeoutMs: LAST_EDITS_MS, clock };
  await withDeadline(() => emptyLine(deps, conversation), ended).catch(() => {
    throw new UserError(BUSY);
  });
  const lease = await store.claim(leaseName(conversation), { ttlMs: FORGET_LEASE_MS, isReentrant: true });
  if (!lease.held) throw new UserError(BUSY);
  try {
    const place = channelKeyOf(conversation);
    deps.images.forget(conversation);
    await surfaceOf(deps, place.platform)?.forget?.(place);
    return await sessions.forget(conversation, also);
  } finally {
    await store.commit(lease.claim, []).catch((error) => log.warn({ error }, "a lease ends by itself"));
  }
}

/** Stops what runs and what waits in a conversation, and resolves when all of it has ended. */
async function emptyLine({ turns }: LifeDeps, conversation: string): Promise<void> {
  turns.emptied.add(conversation);
  turns.running.get(conversation)?.controller.abort(new TurnCalledOff("stopped"));
  await turns.queue.idleIn(conversation).finally(() => turns.emptied.delete(conversation));
}
