import { saysSomething } from "../../../base/text.js";
import type { Invocation } from "../../../commands/command.js";
import type { RatingOutcome } from "../../../commands/command-deps.js";
import { modelName } from "../../../refresh/choose/default-model.js";
import type { Settings } from "../../../refresh/settings.js";
import type { Sessions } from "../../../store/sessions/sessions.js";
import type { Votes } from "../../../usage/votes.js";
import type { AnswerControls } from "../answer-controls.js";

export interface RatingDeps {
  readonly sessions: Pick<Sessions, "lastTurn" | "turnShownIn">;
  readonly settings: Pick<Settings, "of">;
  readonly controls: Pick<AnswerControls, "otherModels">;
  readonly votes: Pick<Votes, "cast">;
}

/**
 * Counts what somebody thinks of an answer: of the one whose control was pressed, else of the conversation's last.
 * Under a bad one stands what answers the question again, where this person may have that done. @throws {StoreError}
 */
export async function rateAnswer(
  { sessions, settings, controls, votes }: RatingDeps,
  invocation: Invocation,
  isGood: boolean,
): Promise<RatingOutcome> {
  const { platform, workspace, conversation, user, isOperator, on } = invocation;
  if (settings.of(workspace).feedback === false) return { kind: "off" };
  const found = on === undefined ? await sessions.lastTurn(conversation) : await sessions.turnShownIn(conversation, on);
  const { provider, model, answer, shownIn, question, endedAt } = found?.turn ?? {};
  if (found === undefined || provider == null || model == null || shownIn === undefined || !saysSomething(answer ?? ""))
    return { kind: "unknown" };
  const vote = { at: endedAt ?? 0, workspace, platform, userId: user.id, provider, model, isGood };
  const how = await votes.cast(vote, { conversation, message: shownIn });
  const last = isGood ? undefined : on === undefined ? found : await sessions.lastTurn(conversation);
  const mayRetry = last?.number === found.number && (isOperator || question?.authorId === user.id);
  const instead = mayRetry ? controls.otherModels({ provider, model }, workspace) : [];
  return { kind: "counted", how, model: modelName({ provider, model }), instead };
}
