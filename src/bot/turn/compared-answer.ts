import type { Control } from "../../commands/command.js";
import { escapeInline } from "../../commands/wording/markdown.js";
import { costWords } from "../../commands/wording/usage-text.js";
import { localeInForce, t } from "../../languages/translate.js";
import { type ModelRef, modelName } from "../../refresh/choose/default-model.js";
import { costOf, type ModelFacts } from "../../usage/model-facts.js";
import type { Question } from "../prompt/question.js";
import { stopAnswer } from "./answer-controls.js";
import type { Used } from "./turn-deps.js";

/** Where a model's name is cut; none is longer. */
const MAX_MODEL_CHARS = 250;

/** Names the model above its answer from the first word on, where several stand beside each other. */
export const comparedHeading = (model: ModelRef): string => `**${escapeInline(modelName(model), MAX_MODEL_CHARS)}**`;

/** The time that an answer took, its tokens and their cost: "`3.2 s · 1,204 tokens · $0.0031`". */
export function takenLine(durationMs: number, used: Used | undefined, facts: ModelFacts): string {
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  if (used === undefined) return t`\`${seconds} · tokens and cost unknown\``;
  const count = (used.inputTokens + used.outputTokens).toLocaleString(localeInForce());
  const tokens = t`${used.isEstimated ? "≈ " : ""}${count} tokens`;
  const cost = costWords({ costUsd: costOf(facts, used), hasUnknownCost: false, isEstimated: used.isEstimated });
  return `\`${seconds} · ${tokens} · ${cost}\``;
}

/** What names a compared answer among those of its conversation. */
export const answerIdOf = ({ id }: Pick<Question, "id">): string => id.slice(id.lastIndexOf("~") + 1);

/** Keeps a compared answer: its model is pinned, and the history goes on from it. */
export const chooseControl = (question: Pick<Question, "id">, model: ModelRef): Control => ({
  label: t`Use ${modelName(model)} here`,
  command: `/chat choose ${answerIdOf(question)}`,
});

/** Stands under an answer while it grows; where several do, each stops its own. */
export function stopControl(question: Pick<Question, "id" | "compared">): Control {
  const { label, command } = stopAnswer();
  return { label, command: question.compared === undefined ? command : `${command} ${answerIdOf(question)}` };
}
