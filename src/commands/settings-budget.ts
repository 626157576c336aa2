import { UserError } from "../base/errors.js";
import { phrase, t } from "../languages/translate.js";
import { audited } from "../refresh/audited-settings.js";
import {
  BUDGET_PERIODS,
  BUDGET_SCOPES,
  BUDGET_UNITS,
  type Budget,
  type BudgetScope,
  ceilingOf,
  endOfDay,
  type SetBudget,
  type WorkspaceBudgets,
} from "../usage/budgets/budget.js";
import { defineCommand, type Options } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { budgetRule, SCOPE_WORDS } from "./wording/budget-text.js";
import { code } from "./wording/markdown.js";

const AMOUNT = /^\d{1,12}(\.\d{1,6})?$/;
const OFF = "off";

const SCOPES = {
  kind: "choice",
  values: [
    { value: "person", label: "each person", aliases: ["people", "user"] },
    { value: "channel", label: "each channel", aliases: ["channels"] },
    { value: "workspace", label: "the workspace", aliases: ["server", "all"] },
  ],
} as const;

export const scopeOption = (about: string) => ({ ...SCOPES, about }) as const;

const OPTIONS = {
  who: scopeOption(t`person, channel or workspace`),
  amount: {
    kind: "word",
    about: "a number above 0, or off to remove the budget",
    accepts: (value: string) => value.toLowerCase() === OFF || (AMOUNT.test(value) && Number(value) > 0),
    takes: () => t`a number above 0, like \`2\` or \`0.50\`, or \`off\``,
  },
  unit: {
    kind: "choice",
    about: "usd, tokens or questions",
    values: [
      { value: "usd", label: "USD", aliases: ["dollars", "$"] },
      { value: "tokens", label: "tokens", aliases: ["token"] },
      { value: "questions", label: "questions", aliases: ["question"] },
    ],
  },
  per: {
    kind: "choice",
    about: "day, week (from Monday) or month, in UTC",
    values: [
      { value: "day", label: "a day", aliases: ["daily"] },
      { value: "week", label: "a week", aliases: ["weekly"] },
      { value: "month", label: "a month", aliases: ["monthly"] },
    ],
  },
} as const satisfies Options;

export const settingsBudget = (deps: CommandDeps) =>
  defineCommand({
    path: "settings budget",
    about: "What each person, each channel or the workspace may use; without options, shows the budgets",
    access: "operator",
    visibility: "ephemeral",
    options: OPTIONS,
    async *run({ who, amount, unit, per }, invocation) {
      const { workspace } = invocation;
      const scope = BUDGET_SCOPES.find((known) => known === who);
      if (scope === undefined || amount === undefined) {
        if ([who, amount, unit, per].some((value) => value !== undefined))
          throw new UserError(t`${HOW} Nothing was changed.`);
        yield { markdown: budgetLines(deps, workspace).join("\n") };
        return;
      }
      const before = deps.settings.of(workspace).budgets?.[scope];
      const budget = amount.toLowerCase() === OFF ? undefined : budgetOf(deps, scope, { amount, unit, per, before });
      await deps.settings.change(
        workspace,
        ({ budgets = {}, ...rest }) => ({ ...rest, budgets: withBudget(budgets, scope, budget, deps.clock.now()) }),
        audited(deps.audit, invocation),
      );
      yield { markdown: [t`Saved. It applies immediately.`, ...budgetLines(deps, workspace)].join("\n") };
    },
  });

const HOW = phrase`Give who, how much and of what: \`/settings budget person 2 usd day\`, or \`/settings budget
  person off\`.`;

interface TypedBudget {
  readonly amount: string;
  readonly unit: string | undefined;
  readonly per: string | undefined;
  readonly before: Budget | undefined;
}

/** What was typed; what was not stays as it was. @throws {UserError} where something is missing, or above the host's */
function budgetOf(deps: CommandDeps, scope: BudgetScope, typed: TypedBudget): Budget {
  const unit = BUDGET_UNITS.find((known) => known === typed.unit) ?? typed.before?.unit;
  const per = BUDGET_PERIODS.find((known) => known === typed.per) ?? typed.before?.per;
  if (unit === undefined || per === undefined) throw new UserError(t`${HOW} Nothing was changed.`);
  const amount = Number(typed.amount);
  if (unit !== "usd" && !Number.isInteger(amount))
    throw new UserError(t`${code(unit)} come in whole numbers, not ${code(typed.amount)}. Nothing was changed.`);
  const ceiling = ceilingOf(deps.budgets.host, { scope, unit, per });
  if (ceiling !== undefined && amount > ceiling) {
    const most = budgetRule({ amount: ceiling, unit, per });
    throw new UserError(
      t`The bot's host lets ${SCOPE_WORDS[scope]} use ${most} at most; a workspace can only lower that. Nothing
        was changed.`,
    );
  }
  return { amount, unit, per };
}

/** A raise ends with the amount that it doubled. */
function withBudget(
  { raised = {}, ...budgets }: WorkspaceBudgets,
  scope: BudgetScope,
  budget: Budget | undefined,
  now: number,
): WorkspaceBudgets {
  const { [scope]: before, ...others } = budgets;
  const kept = Object.entries(raised).filter(
    ([account, { setAt }]) => !account.startsWith(`${scope}/`) && endOfDay(setAt) > now,
  );
  // Other amounts of a period are counted in the same account, without a gap.
  const setAt = before !== undefined && before.per === budget?.per ? before.setAt : now;
  return {
    ...others,
    ...(budget !== undefined && { [scope]: { ...budget, setAt } satisfies SetBudget }),
    ...(kept.length > 0 && { raised: Object.fromEntries(kept) }),
  };
}

/** What may be used in a workspace, in words. */
export function budgetLines(deps: CommandDeps, workspace: string): readonly string[] {
  const own = deps.settings.of(workspace).budgets ?? {};
  const rules = [
    ...BUDGET_SCOPES.flatMap((scope) => {
      const budget = own[scope];
      return budget === undefined ? [] : [{ scope, budget, by: t`this workspace` }];
    }),
    ...deps.budgets.host.map(({ scope, ...budget }) => ({
      ...{ scope, budget },
      by: scope === "person" ? t`the bot's host, over all workspaces` : t`the bot's host`,
    })),
  ];
  if (rules.length === 0) return [t`Budgets: **none** (the default)`];
  return [
    t`Budgets (UTC, weeks start on Monday):`,
    ...rules.map(({ scope, budget, by }) => `- ${SCOPE_WORDS[scope]}: **${budgetRule(budget)}** (${by})`),
    ...(rules.some(({ budget }) => budget.unit === "usd") ? [unpricedLine(deps, workspace)] : []),
  ];
}

/** How models count whose price nobody tells. */
function unpricedLine({ allowed, modelFacts }: CommandDeps, workspace: string): string {
  const models = [...allowed.snapshot(workspace).providers].flatMap(([provider, entry]) =>
    entry.models.filter(({ isChat }) => isChat).map((row) => modelFacts(provider, row.id, row)),
  );
  const unpriced = models.filter(
    ({ outputPrice, inputPrice }) => outputPrice === undefined || inputPrice === undefined,
  );
  return t`Models of unknown price (${unpriced.length} of ${models.length} listed) do not count towards a USD
    budget, and cannot be used once it is used up. ${code("/settings models unknown-price block")} blocks them.`;
}
