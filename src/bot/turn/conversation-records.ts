import type { TurnControl } from "../../commands/command-deps.js";
import type { ModelRef } from "../../refresh/choose/default-model.js";
import { modelName } from "../../refresh/choose/default-model.js";
import type { Sessions } from "../../store/sessions/sessions.js";
import { conversationOf, workspaceOf } from "../port/conversation.js";
import type { PlatformDeps } from "../port/platform-definition.js";

export interface ConversationRecordsDeps {
  readonly sessions: Pick<Sessions, "get">;
  readonly turns: () => Pick<TurnControl, "forget">;
  /** The model of a conversation that has no pin; undefined while there is none. */
  defaultModel(workspace: string): ModelRef | undefined;
}

/** What a platform that keeps its channels itself gets to know and to do of their conversations. */
export const conversationRecords = (deps: ConversationRecordsDeps): Pick<PlatformDeps, "modelOf" | "forget"> => ({
  async modelOf(place) {
    const { pin } = await deps.sessions.get(conversationOf(place));
    if (pin !== null) return { model: modelName(pin), pin: { at: pin.at, by: pin.by } };
    const choice = deps.defaultModel(workspaceOf(place));
    return { model: choice === undefined ? null : modelName(choice), pin: null };
  },
  async forget(place) {
    await deps.turns().forget(conversationOf(place));
  },
});
