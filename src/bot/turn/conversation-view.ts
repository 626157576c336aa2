import { factsOf, modelName } from "../../refresh/choose/model-ref.js";
import { costOf } from "../../usage/model-facts.js";
import { conversationOf, workspaceOf } from "../port/conversation.js";
import type { AnswerFacts, ConversationModel } from "../port/conversation-facts.js";
import { modelFactsView } from "../port/conversation-facts.js";
import type { ChannelKey } from "../port/platform.js";
import type { TurnDeps } from "./turn-deps.js";

type Deps = Pick<TurnDeps, "sessions" | "settings" | "defaultModel" | "modelFacts"> & {
  readonly refresher: Pick<TurnDeps["refresher"], "snapshot">;
};

/** What a surface shows of a conversation besides its messages. */
export const createConversationView = (deps: Deps) => ({
  /** Returns the model that a conversation has, or would get with its next question. @throws {StoreError} */
  async modelOf(place: ChannelKey): Promise<ConversationModel> {
    const { pin, startedAt, system, showsReasoning } = await deps.sessions.get(conversationOf(place));
    const { footer, model: newModel } = deps.settings.of(workspaceOf(place));
    const model = pin ?? deps.defaultModel(workspaceOf(place));
    return {
      model: model === undefined ? null : modelName(model),
      pin: pin === null ? null : { at: pin.at, by: pin.by },
      startedAt: startedAt === 0 ? null : startedAt,
      ...(model && { facts: modelFactsView(factsOf(deps, model)) }),
      settings: {
        system,
        showsReasoning: showsReasoning === true,
        footer: footer === true,
        newModel: newModel ?? null,
      },
    };
  },
  /** Returns what the last answer took; undefined where it was never shown. @throws {StoreError} */
  async lastAnswer(place: ChannelKey): Promise<AnswerFacts | undefined> {
    const { turn } = (await deps.sessions.lastTurn(conversationOf(place))) ?? {};
    if (turn?.shownIn === undefined || turn.provider === null || turn.model === null) return undefined;
    const { provider, model, usage } = turn;
    return {
      question: turn.question.message,
      message: turn.shownIn,
      model: modelName({ provider, model }),
      durationMs: Math.max(0, turn.endedAt - turn.question.at),
      tokens: usage === null ? null : (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0),
      costUsd: usage === null ? null : costOf(factsOf(deps, { provider, model }), usage),
    };
  },
});
