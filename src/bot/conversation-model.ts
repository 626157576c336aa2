import { modelName } from "../commands/model-in-force.js";
import type { ModelRef } from "../refresh/default-model.js";
import type { Sessions } from "../store/sessions.js";
import { conversationOf, workspaceOf } from "./conversation.js";
import type { ChannelKey } from "./platform.js";
import type { ConversationModel } from "./platform-definition.js";

export interface ConversationModelDeps {
  readonly sessions: Pick<Sessions, "get">;
  /** The model of a conversation that has no pin; undefined while there is none. */
  defaultModel(workspace: string): ModelRef | undefined;
}

/** The model of a place's conversation: its pin, else what its next question would get. @throws {StoreError} */
export async function conversationModel(deps: ConversationModelDeps, place: ChannelKey): Promise<ConversationModel> {
  const { pin } = await deps.sessions.get(conversationOf(place));
  if (pin !== null) return { model: modelName(pin), pin: { at: pin.at, by: pin.by } };
  const choice = deps.defaultModel(workspaceOf(place));
  return { model: choice === undefined ? null : modelName(choice), pin: null };
}
