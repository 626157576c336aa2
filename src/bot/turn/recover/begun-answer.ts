import type { OpenQuestion, Sessions } from "../../../store/sessions/sessions.js";
import { compareMessageIds, messageKeySchema, questionIdOf } from "../../port/conversation.js";
import type { MessageKey } from "../../port/platform.js";
import type { FoundReply, PlatformParts } from "../../port/platform-definition.js";

/** A question that an ended process left open. */
export interface Lost {
  readonly id: string;
  readonly question: OpenQuestion;
  readonly message: MessageKey;
  readonly surface: PlatformParts;
}

/** Most later turns that are looked at; fewer come while a lost question waits. */
const MAX_LATER_TURNS = 100;

/** Finds the answer that a killed process had begun: its place is stored only after the platform has reported it. */
export async function begunAnswer(
  sessions: Pick<Sessions, "openQuestions" | "recentTurns" | "comparedAnswers">,
  { id, question, message, surface }: Lost,
): Promise<FoundReply | undefined> {
  if (question.answer !== null) return { message: messageKeySchema.parse(question.answer) };
  if (surface.findReplies === undefined || id !== questionIdOf(message)) return undefined; // asked again: it has one
  const found = await surface.findReplies(message);
  const last = found.at(-1);
  if (last === undefined || last.isSure) return last;
  const { conversation, owner } = question;
  const open = (await sessions.openQuestions())
    .map(([, other]) => other)
    .filter((other) => other.conversation === conversation);
  // A process answers one after the other there: what it had begun is the first one's, which could not be ended yet.
  const isSecond = open.some((other) => {
    const earlier = messageKeySchema.safeParse(other.message).data;
    const isInLine = other.owner === owner && other.compared === undefined;
    const isLost = isInLine && other.ended === null && other.answer === null;
    return isLost && earlier !== undefined && compareMessageIds(earlier.message, message.message) < 0;
  });
  if (isSecond) return undefined;
  // Others were answered meanwhile, where it waited for missed ones or could not be ended at once.
  const turns = await sessions.recentTurns(conversation, MAX_LATER_TURNS).catch(() => []); // damaged: told when used
  const compared = await sessions.comparedAnswers(conversation, MAX_LATER_TURNS);
  const taken = new Set([...turns, ...compared.map(({ turn }) => turn)].map(({ shownIn }) => shownIn));
  for (const { answer } of open) taken.add(messageKeySchema.safeParse(answer).data?.message);
  return found.findLast((reply) => !taken.has(reply.message.message));
}
