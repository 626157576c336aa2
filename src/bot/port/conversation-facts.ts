import type { ModelFacts } from "../../usage/model-facts.js";

/** What a page shows of a model; prices are USD per million tokens, null is unknown. */
export interface ModelFactsView {
  readonly contextTokens: number | null;
  readonly inputPrice: number | null;
  readonly outputPrice: number | null;
  readonly takesImages: boolean | null;
}

export const modelFactsView = ({ contextTokens, inputPrice, outputPrice, input }: ModelFacts): ModelFactsView => ({
  contextTokens: contextTokens ?? null,
  inputPrice: inputPrice ?? null,
  outputPrice: outputPrice ?? null,
  takesImages: input?.includes("image") ?? null,
});

/** The model that a conversation has, or would get with its next question. */
export interface ConversationModel {
  /** The model as "provider/model"; null while there is none. */
  readonly model: string | null;
  /** When it was pinned, and by whom (null: the default at the first message); null where nothing is pinned. */
  readonly pin: { readonly at: number; readonly by: string | null } | null;
  /** When somebody last started a new conversation, epoch ms; null or unset where nobody did. */
  readonly startedAt?: number | null;
  readonly facts?: ModelFactsView;
  readonly settings?: {
    /** The conversation's own system prompt. */
    readonly system: string | null;
    readonly showsReasoning: boolean;
    /** The workspace's: a line under each answer, and the model of new conversations (null: the host's default). */
    readonly footer: boolean;
    readonly newModel: string | null;
  };
}

/** What an answer took. */
export interface AnswerFacts {
  /** The message that was asked, and the one that the answer ends in. */
  readonly question: string;
  readonly message: string;
  /** The model as "provider/model". */
  readonly model: string;
  readonly durationMs: number;
  /** Input and output together; null where the provider does not say. */
  readonly tokens: number | null;
  /** USD; null where a price is unknown. */
  readonly costUsd: number | null;
}
