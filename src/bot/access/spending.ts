import type { Control } from "../../commands/command.js";
import { quoted } from "../../commands/grammar/tokens.js";
import { BUDGETS_UNKNOWN, doubled, raiseTarget, usedUpText } from "../../commands/wording/budget-text.js";
import { escapeInline } from "../../commands/wording/markdown.js";
import { t } from "../../languages/translate.js";
import { freeModel } from "../../quota/fallback/candidates.js";
import type { Quota } from "../../quota/quota.js";
import type { AllowedModels } from "../../refresh/choose/allowed-models.js";
import type { Preference } from "../../refresh/choose/default-model.js";
import { type ModelRef, modelName } from "../../refresh/choose/model-ref.js";
import type { BudgetLimit, Spender } from "../../usage/budgets/budget.js";
import type { Budgets } from "../../usage/budgets/budgets.js";
import { BudgetsUnknown, BudgetUsedUp } from "../../usage/budgets/reserve.js";
import type { FindModelFacts } from "../../usage/model-facts.js";
import { channelOf, workspaceOf } from "../port/conversation.js";
import type { ChannelKey, Person } from "../port/platform.js";

/** Whose budgets a question in a place counts for. */
export const spenderOf = (place: ChannelKey, { id }: Pick<Person, "id">): Spender => ({
  ...{ platform: place.platform, person: id },
  ...{ workspace: workspaceOf(place), channel: channelOf(place) },
});

/** Whether an answer without an end could not be held to one of them. */
export const needsCap = (limits: readonly BudgetLimit[]): boolean => limits.some(({ unit }) => unit !== "questions");

export interface SpendingDeps {
  readonly budgets: Pick<Budgets, "host">;
  readonly allowed: AllowedModels;
  readonly setups: readonly Preference[];
  readonly modelFacts: FindModelFacts;
  readonly quota: Pick<Quota, "ofModel">;
  readonly clock: { now(): number };
}

/** What is read, and what can be pressed, where budgets let no answer through. */
export interface SpendingStop {
  readonly text: string;
  readonly controls: readonly Control[];
}

const MAX_MODEL_CHARS = 250;

/** Returns what budgets say of an answer that failed with `error`; undefined where they say nothing. */
export function spendingStop(deps: SpendingDeps, error: unknown, place: ChannelKey): SpendingStop | undefined {
  if (error instanceof BudgetsUnknown) return { text: t(BUDGETS_UNKNOWN), controls: [] };
  if (!(error instanceof BudgetUsedUp)) return undefined;
  const { limit, isUsedUp } = error;
  const free = isUsedUp && limit.unit === "usd" ? freeModelIn(deps, place) : undefined;
  const canRaise = isUsedUp && !limit.isHost && doubled(limit, deps.budgets.host) > limit.amount;
  const name = free && escapeInline(modelName(free), MAX_MODEL_CHARS);
  return {
    text: usedUpText(error, { freeModel: name, canRaise, now: deps.clock.now() }),
    controls: [...(free === undefined ? [] : [answerWith(free)]), ...(canRaise ? [raiseControl(limit)] : [])],
  };
}

const answerWith = (model: ModelRef): Control => ({
  label: t`Answer again with ${modelName(model)}`,
  command: `/chat retry model:${quoted(modelName(model))}`,
});

const raiseControl = (limit: BudgetLimit): Control => ({
  label: t`Double it until tomorrow (operators)`,
  command: `/settings raise ${limit.scope}${raiseTarget(limit)}`,
});

function freeModelIn({ allowed, setups, modelFacts, quota }: SpendingDeps, place: ChannelKey): ModelRef | undefined {
  const snapshot = allowed.snapshot(workspaceOf(place));
  return freeModel({ snapshot, setups, modelFacts, quotaOf: quota.ofModel });
}
