import { UserError } from "../base/errors.js";
import { timeMark } from "../base/time.js";
import { phrase, t } from "../languages/translate.js";
import { audited } from "../refresh/audited-settings.js";
import type { WorkspaceSettings } from "../refresh/settings.js";
import { BUDGET_SCOPES, type BudgetLimit, endOfDay, withRaise } from "../usage/budgets/budget.js";
import { personKey } from "../usage/question-limits.js";
import { defineCommand, type Invocation } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { scopeOption } from "./settings-budget.js";
import { budgetRule, budgetWords, doubled, SCOPE_WORDS } from "./wording/budget-text.js";
import { code } from "./wording/markdown.js";

/** A person as platforms mention one, by an id, or by the key that stands for one in a control. */
const PERSON = /^(?:<@!?(\w+)(?:\|[^>]*)?>|@?(\d{5,19}|[UW][A-Z0-9]{5,15})|([\w-]{20}))$/;

export const settingsRaise = (deps: CommandDeps) =>
  defineCommand({
    path: "settings raise",
    about: "Double a budget until tomorrow: one person's, this channel's or the workspace's",
    access: "operator",
    visibility: "ephemeral",
    options: {
      who: { ...scopeOption(t`person, channel (this one) or workspace`), isRequired: true },
      person: {
        kind: "word",
        takesMentions: true,
        about: "the person, for a person's budget: a mention or id",
        accepts: (value) => PERSON.test(value),
        takes: () => t`a person as a mention or an id`,
      },
    },
    async *run({ who, person }, invocation) {
      const now = deps.clock.now();
      const limit = limitOf(deps, invocation, who, person);
      const amount = doubled(limit, deps.budgets.host);
      if (amount <= limit.amount) {
        const most = budgetRule({ ...limit, amount });
        throw new UserError(
          t`The bot's host lets ${SCOPE_WORDS[limit.scope]} use ${most} at most. Nothing was changed.`,
        );
      }
      await deps.settings.change(
        invocation.workspace,
        (before) => withRaised(before, limit.account, { amount, setAt: now }),
        audited(deps.audit, invocation),
      );
      const whose = t(WHOSE[limit.scope]);
      const raised = budgetWords({ ...limit, amount });
      yield {
        markdown: t`${whose} budget is ${raised} until tomorrow (${timeMark(endOfDay(now))}).`,
        controls: [{ label: t`🔁 Retry`, command: "/chat retry" }],
      };
    },
  });

const WHOSE = { person: phrase`This person's`, channel: phrase`This channel's`, workspace: phrase`This workspace's` };

/** What was raised on an earlier day is over. */
function withRaised(
  { budgets = {}, ...rest }: WorkspaceSettings,
  account: string,
  raise: { readonly amount: number; readonly setAt: number },
): WorkspaceSettings {
  const others = Object.entries(budgets.raised ?? {}).filter(([, { setAt }]) => endOfDay(setAt) > raise.setAt);
  return { ...rest, budgets: { ...budgets, raised: { ...Object.fromEntries(others), [account]: raise } } };
}

/** The budget that is meant, as it is now. @throws {UserError} where there is none */
function limitOf(
  { settings, clock }: CommandDeps,
  { workspace, platform, conversation }: Invocation,
  who: string,
  person: string | undefined,
): BudgetLimit {
  const scope = BUDGET_SCOPES.find((known) => known === who) ?? "workspace";
  const { raised, [scope]: budget } = settings.of(workspace).budgets ?? {};
  if (budget === undefined) {
    throw new UserError(
      t`This workspace has set no budget for ${SCOPE_WORDS[scope]}; ${code("/settings budget")} shows what is in
        force.`,
    );
  }
  const [, mention, id = mention, key = id && personKey(platform, id)] = PERSON.exec(person ?? "") ?? [];
  if (scope === "person" && key === undefined)
    throw new UserError(t`Name the person: ${code("/settings raise person @somebody")}. Nothing was changed.`);
  const accounts = {
    person: `person/${workspace}/${key}`,
    channel: `channel/${channelIn(conversation)}`,
    workspace: `workspace/${workspace}`,
  };
  const { amount, unit, per, setAt: countedFrom } = budget;
  const limit = { scope, account: accounts[scope], workspace, amount, unit, per, isHost: false, countedFrom };
  return withRaise(limit, raised, clock.now());
}

/** The channel that a conversation stands in: "discord:123:456" of "discord:123:456:789". */
export const channelIn = (conversation: string): string => conversation.split(":").slice(0, 3).join(":");
