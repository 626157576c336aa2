import type { Control } from "../../commands/command.js";
import { escapeInline } from "../../commands/wording/markdown.js";
import { costWords } from "../../commands/wording/usage-text.js";
import { localeInForce, t } from "../../languages/translate.js";
import type { Snapshot } from "../../refresh/catalog/catalog-entry.js";
import { livingModels } from "../../refresh/choose/closest-models.js";
import { defaultModelOf, type Preference } from "../../refresh/choose/default-model.js";
import { type ModelRef, modelName } from "../../refresh/choose/model-ref.js";
import type { Used } from "../../usage/ledger.js";
import { costOf, type ModelFacts } from "../../usage/model-facts.js";
import type { Question } from "../prompt/question.js";

/** Stands under an answer while it grows. */
export const stopAnswer = () => ({ label: t`⏹️ Stop`, command: "/chat stop" });

export const retryControl = (): Control => ({ label: t`🔁 Retry`, command: "/chat retry" });
/** Stands under an answer that failed because of the provider's key, address or connection. */
export const statusControl = (): Control => ({ label: t`ℹ️ Model status`, command: "/models status" });
export const threadControl = (): Control => ({ label: t`🧵 Continue in a thread`, command: "/chat thread" });

/** Whether an answer was good: one vote a person. */
export const RATE_CONTROLS: readonly Control[] = [
  { label: "👍", command: "/chat rate good", rates: "good" },
  { label: "👎", command: "/chat rate bad", rates: "bad" },
];

/** A menu is for a quick choice; every model can be typed. */
const MAX_MODELS = 10;

export interface AnswerControls {
  /** What stays under an answer of `model`. */
  under(
    model: ModelRef | null,
    terms: { readonly workspace: string; readonly offersThread: boolean; readonly offersRating: boolean },
  ): readonly Control[];
  /** A menu of other models that may answer again; none where there are none. */
  otherModels(model: ModelRef | null, workspace: string): readonly Control[];
}

/** Creates the controls of answers. Their commands never change, so that they work after a restart as well. */
export function createAnswerControls(deps: {
  /** The models that a workspace may use. */
  readonly snapshot: (workspace: string) => Snapshot;
  readonly setups: readonly Preference[];
}): AnswerControls {
  /** Choosing among thousands of models takes longer than an answer may cost, and lists change rarely. */
  const menus = new WeakMap<Snapshot, Map<string, MenuOptions>>();
  const menuOf = (workspace: string, model: ModelRef | null): readonly Control[] => {
    const snapshot = deps.snapshot(workspace);
    const known = menus.get(snapshot) ?? new Map<string, MenuOptions>();
    menus.set(snapshot, known);
    const key = JSON.stringify(model);
    const options = known.get(key) ?? optionsOf(others(snapshot, deps.setups, model));
    known.set(key, options);
    return options.length === 0 ? [] : [{ label: t`Answer again with…`, options }];
  };
  return {
    under: (model, { workspace, offersThread, offersRating }) => [
      retryControl(),
      ...(offersThread ? [threadControl()] : []),
      ...(offersRating ? RATE_CONTROLS : []),
      ...menuOf(workspace, model),
    ],
    otherModels: (model, workspace) => menuOf(workspace, model),
  };
}

type MenuOptions = readonly { readonly label: string; readonly command: string }[];

const optionsOf = (models: readonly ModelRef[]): MenuOptions =>
  models.map(({ provider, model }) => {
    const label = `${provider}/${model}`;
    return { label, command: `/chat retry model:${label}` };
  });

/** The other providers' defaults first, then those of the same provider that come closest. */
function others(snapshot: Snapshot, setups: readonly Preference[], model: ModelRef | null): readonly ModelRef[] {
  const defaults = setups.flatMap((setup) => defaultModelOf(snapshot, setup) ?? []);
  const closest = model === null ? [] : livingModels(snapshot, model, MAX_MODELS);
  const found = new Map<string, ModelRef>();
  for (const each of [...defaults, ...closest]) {
    const isSame = each.provider === model?.provider && each.model === model.model;
    if (!isSame) found.set(`${each.provider}/${each.model}`, each);
  }
  return [...found.values()].slice(0, MAX_MODELS);
}

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
