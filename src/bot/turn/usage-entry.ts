import { estimateTokenCount } from "tokenx";
import type { Usage } from "../../providers/provider.js";
import type { ModelRef } from "../../refresh/choose/default-model.js";
import type { Ending } from "../../store/sessions/sessions.js";
import type { UsageEntry } from "../../usage/ledger.js";
import type { ModelFacts } from "../../usage/model-facts.js";
import { costOf } from "../../usage/model-facts.js";
import { workspaceOf } from "../port/conversation.js";
import type { Person } from "../port/platform.js";
import type { Prepared } from "../prompt/prepare-request.js";
import type { Question } from "../prompt/question.js";

/** Rough and cheap, for every turn: about four characters of English text make a token. */
const CHARS_PER_TOKEN = 4;

/** What a request holds, without counting it word by word. */
export function estimatedTokens({ request }: Pick<Prepared, "request">): number {
  const chars = request.messages.reduce((sum, { content }) => sum + content.length, request.system?.length ?? 0);
  return Math.ceil(chars / CHARS_PER_TOKEN);
}

export interface Used {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly isEstimated: boolean;
}

/** What a turn used: as the provider said, else as it looks. Undefined where nothing reached the provider. */
export function usedBy(terms: {
  readonly usage: Usage | undefined;
  readonly inputTokens: number | undefined;
  readonly output: string;
}): Used | undefined {
  const { usage, inputTokens, output } = terms;
  const isKnown = usage?.inputTokens !== undefined && usage.outputTokens !== undefined;
  if (!isKnown && inputTokens === undefined) return undefined;
  return {
    inputTokens: usage?.inputTokens ?? inputTokens ?? 0,
    outputTokens: usage?.outputTokens ?? estimateTokenCount(output),
    cachedTokens: usage?.cachedTokens ?? 0,
    isEstimated: !isKnown,
  };
}

/** The ledger's entry of a turn. */
export function usageEntry(facts: {
  readonly question: Pick<Question, "id" | "message" | "at"> & { readonly asker: Person };
  readonly model: ModelRef;
  readonly used: Used;
  readonly modelFacts: ModelFacts;
  readonly ending: Ending;
}): UsageEntry {
  const { question, model, used, ending } = facts;
  return {
    id: question.id,
    at: question.at,
    workspace: workspaceOf(question.message),
    platform: question.message.platform,
    user: { id: question.asker.id, name: question.asker.name },
    provider: model.provider,
    model: model.model,
    ...used,
    costUsd: costOf(facts.modelFacts, used),
    ending,
  };
}
