import type { SpendingCeiling } from "../../base/config/config-host.js";
import { type CalendarPeriod, calendarWindow, DAY_MS, startOfDay } from "../../base/time.js";
import { personKey } from "../question-limits.js";

/** Whose use is counted together; `channel`: each channel of a workspace by itself, over all its threads. */
export const BUDGET_SCOPES = ["person", "channel", "workspace"] as const;
export type BudgetScope = (typeof BUDGET_SCOPES)[number];
export const BUDGET_UNITS = ["usd", "tokens", "questions"] as const;
export type BudgetUnit = (typeof BUDGET_UNITS)[number];
export const BUDGET_PERIODS = ["day", "week", "month"] as const satisfies readonly CalendarPeriod[];

/** What may be used in a calendar period of UTC. */
export interface Budget {
  /** Above 0. */
  readonly amount: number;
  readonly unit: BudgetUnit;
  readonly per: CalendarPeriod;
}

/** A ceiling of the host; a person's holds over all workspaces. */
export type HostBudget = SpendingCeiling;

/** A budget that a workspace has set for itself. */
export interface SetBudget extends Budget {
  /** Since when it counts without a gap, whatever its amount was meanwhile (epoch ms). */
  readonly setAt: number;
}

export interface WorkspaceBudgets {
  readonly person?: SetBudget;
  readonly channel?: SetBudget;
  readonly workspace?: SetBudget;
  /** By account: what it may use until the end of the UTC day of `setAt` (epoch ms), in the unit of its budget. */
  readonly raised?: Readonly<Record<string, { readonly amount: number; readonly setAt: number }>>;
}

/** Who asks, and where. */
export interface Spender {
  readonly platform: string;
  readonly person: string;
  /** Key of the workspace in the settings: "discord:123". */
  readonly workspace: string;
  /** "discord:123:456". */
  readonly channel: string;
}

/** A budget that is in force for somebody. */
export interface BudgetLimit extends Budget {
  readonly scope: BudgetScope;
  /** Where its use is counted: "person/discord:123/KEY", "channel/discord:123:456", "workspace/discord:123". */
  readonly account: string;
  /** Whose entries of the ledger are looked through for it; `ALL_WORKSPACES`: everybody's. */
  readonly workspace: string;
  readonly isHost: boolean;
  /** From when on every answer is counted there (epoch ms); what came before in its period is in the ledger. */
  readonly countedFrom: number;
  /** Until when an operator has raised it (epoch ms). */
  readonly raisedUntil?: number;
}

/** The workspace of an account over all workspaces. */
export const ALL_WORKSPACES = "*";

export const personAccount = (workspace: string, platform: string, person: string): string =>
  `person/${workspace}/${personKey(platform, person)}`;

/** The account that a budget counts a spender's use in. */
function accountOf(scope: BudgetScope, { platform, person, workspace, channel }: Spender, isHost: boolean): string {
  if (scope === "person") return personAccount(isHost ? ALL_WORKSPACES : workspace, platform, person);
  return scope === "channel" ? `channel/${channel}` : `workspace/${workspace}`;
}

export interface LimitTerms {
  readonly own: WorkspaceBudgets | undefined;
  readonly host: readonly HostBudget[];
  /** Since when a budget of the host counts without a gap (epoch ms). */
  hostCountedFrom(budget: HostBudget): number;
  readonly now: number;
}

/** Returns the budgets that are in force for somebody: the host's, and those that a workspace has set below them. */
export function limitsFor(
  spender: Spender,
  { own = {}, host, hostCountedFrom, now }: LimitTerms,
): readonly BudgetLimit[] {
  const hosts = host.map(
    (budget): BudgetLimit => ({
      ...budget,
      account: accountOf(budget.scope, spender, true),
      workspace: budget.scope === "person" ? ALL_WORKSPACES : spender.workspace,
      isHost: true,
      countedFrom: hostCountedFrom(budget),
    }),
  );
  const owns = BUDGET_SCOPES.flatMap((scope): readonly BudgetLimit[] => {
    const budget = own[scope];
    if (budget === undefined) return [];
    const account = accountOf(scope, spender, false);
    const { amount, unit, per, setAt: countedFrom } = budget;
    const { workspace } = spender;
    const limit = { scope, account, workspace, amount, unit, per, isHost: false, countedFrom };
    return [withRaise(limit, own.raised, now)];
  });
  return [...hosts, ...owns];
}

/** The budget as an operator has raised it, until the end of that day. */
export function withRaise(limit: BudgetLimit, raised: WorkspaceBudgets["raised"], now: number): BudgetLimit {
  const { amount = 0, setAt = 0 } = raised?.[limit.account] ?? {};
  const until = endOfDay(setAt);
  return now < until && amount > limit.amount ? { ...limit, amount, raisedUntil: until } : limit;
}

export const endOfDay = (at: number): number => startOfDay(at) + DAY_MS;

/** The host's ceiling on budgets of a kind; undefined where it has none in the same unit and period. */
export const ceilingOf = (
  host: readonly HostBudget[],
  { scope, unit, per }: Pick<HostBudget, "scope" | "unit" | "per">,
): number | undefined => {
  const alike = host.filter((budget) => budget.scope === scope && budget.unit === unit && budget.per === per);
  return alike.length === 0 ? undefined : Math.min(...alike.map(({ amount }) => amount));
};

/** When what a budget has used up is there again (epoch ms). */
export const renewalOf = ({ per }: Pick<Budget, "per">, now: number): number => calendarWindow(per, now).endsAt;
