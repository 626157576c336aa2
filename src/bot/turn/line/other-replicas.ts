import { conversationOf, questionPrefixOf } from "../../port/conversation.js";
import { orderOf, placeInLine, type Question } from "../../prompt/question.js";
import { ASKER_PAUSES_MS, untilStored } from "../finish-turn.js";
import type { ChatDeps } from "../turn-deps.js";
import { isBefore } from "./conversation-line.js";

type PeersDeps = Pick<ChatDeps, "sessions" | "owner" | "hasPeers" | "clock" | "log">;

/**
 * Whether no other replica has a question of the conversation that came earlier. Within this process the line keeps the
 * order. Never rejects.
 */
export async function isNext(deps: PeersDeps, question: Question): Promise<boolean> {
  const { message } = question;
  const { sessions, owner, hasPeers, log } = deps;
  if (!hasPeers()) return true;
  const [conversation, place] = [conversationOf(message), placeInLine(question)];
  try {
    const read = () => sessions.openQuestions(questionPrefixOf(message));
    const open = await untilStored(read, deps, ASKER_PAUSES_MS);
    return !open.some(([otherId, other]) => {
      const isInLine = other.conversation === conversation && other.ended === null && other.compared === undefined;
      const isElsewhere = isInLine && other.owner !== owner;
      return isElsewhere && isBefore({ at: orderOf(other), id: otherId }, place);
    });
  } catch (error) {
    log.warn({ error }, "question is answered without checking other replicas' questions");
    return true;
  }
}

/** Others take a process for ended that gives no sign of life for longer, and its questions with it. */
const SURELY_OURS_MS = 30_000;

/** Whether others have ended or taken the question while this process stood still, as on a suspended machine. */
export async function isTakenOver(deps: PeersDeps, { id, at }: Question): Promise<boolean> {
  const { sessions, owner, hasPeers, clock, log } = deps;
  if (!hasPeers() || clock.now() - at < SURELY_OURS_MS) return false;
  try {
    // After a sleep all connections have ended.
    const stored = await untilStored(() => sessions.openQuestion(id), deps, ASKER_PAUSES_MS);
    return stored?.owner !== owner;
  } catch (error) {
    log.warn({ error }, "question is answered without checking which replica has it");
    return false;
  }
}
