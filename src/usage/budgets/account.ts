import { z } from "zod";
import { calendarWindow } from "../../base/time.js";
import type { UsageEntry } from "../ledger.js";
import type { BudgetLimit, BudgetUnit } from "./budget.js";

/** What a question may use at most, or has used; USD are null where its model's price is unknown. */
export interface Cost {
  readonly usd: number | null;
  readonly tokens: number;
}

/** What was used in a period, as the ledger adds it up. */
export interface Spent {
  readonly usd: number;
  readonly tokens: number;
  readonly questions: number;
  /** Questions to models of unknown price, of which `usd` holds nothing. */
  readonly unpriced: number;
}

export const NOTHING_SPENT: Spent = { usd: 0, tokens: 0, questions: 0, unpriced: 0 };

const amount = z.number().nonnegative();
export const accountRow = z.object({
  /** When its period began (epoch ms). */
  startsAt: z.number(),
  /** When it was added up from the ledger, or its period began empty; every answer since then is in it. */
  madeAt: z.number(),
  usd: amount,
  tokens: amount,
  questions: amount,
  unpriced: amount,
  /** What answers on their way may use at most, by question; it counts no more from `until` (epoch ms) on. */
  held: z.record(z.string(), z.object({ usd: amount, tokens: amount, until: z.number() })),
  /** The highest share in percent that was told, by budget. */
  told: z.record(z.string(), z.number()),
  /** The person's latest name. */
  name: z.string().exactOptional(),
});
export type Account = z.infer<typeof accountRow>;

export const withEntry = (
  { usd, tokens, questions, unpriced }: Spent,
  { costUsd, inputTokens, outputTokens }: Pick<UsageEntry, "costUsd" | "inputTokens" | "outputTokens">,
): Spent => ({
  usd: usd + (costUsd ?? 0),
  tokens: tokens + inputTokens + outputTokens,
  questions: questions + 1,
  unpriced: unpriced + (costUsd === null ? 1 : 0),
});

/**
 * Returns the account as it is now for a budget: as it is stored, or a new one for its period. Undefined where the
 * ledger has to say what was used before it was counted.
 */
export function currentAccount(
  stored: Account | undefined,
  { per, countedFrom }: Pick<BudgetLimit, "per" | "countedFrom">,
  now: number,
): Account | undefined {
  const { startsAt } = calendarWindow(per, now);
  // Another replica's clock may be ahead, and its period has begun.
  if (stored !== undefined && stored.startsAt >= startsAt)
    return stored.madeAt >= countedFrom || countedFrom <= stored.startsAt ? stored : undefined;
  return countedFrom <= startsAt ? newAccount(NOTHING_SPENT, { startsAt, now, name: stored?.name }) : undefined;
}

/** `held` and what was told stay those of `stored`, where that is of the same period. */
export function newAccount(
  spent: Spent,
  terms: {
    readonly startsAt: number;
    readonly now: number;
    readonly name?: string | undefined;
    readonly stored?: Account;
  },
): Account {
  const { startsAt, now, name, stored } = terms;
  const { held = {}, told = {} } = stored?.startsAt === startsAt ? stored : {};
  return { startsAt, madeAt: now, ...spent, held, told, ...(name !== undefined && { name }) };
}

/** What of an account counts in a budget's unit: what was used, and what others' answers on their way may use. */
export function countedIn(
  account: Account,
  unit: BudgetUnit,
  { id, now }: { readonly id?: string | undefined; readonly now: number },
): { readonly used: number; readonly held: number } {
  const others = Object.entries(account.held).filter(([question, { until }]) => question !== id && until > now);
  const held = others.reduce((sum, [, hold]) => sum + (unit === "questions" ? 1 : hold[unit]), 0);
  return { used: account[unit], held };
}

/** Sums of fractions differ in their last digits. */
const TINY = 1e-9;

export type Room = "free" | "held" | "used-up";

/**
 * Whether a question fits: `held` where it may, once answers on their way have used less than they might. What costs
 * nothing in the budget's unit always fits.
 */
export function roomFor(
  limit: Pick<BudgetLimit, "unit" | "amount">,
  account: Account,
  { cost, id, now }: { readonly cost: Cost; readonly id: string; readonly now: number },
): Room {
  const { unit, amount: most } = limit;
  if (unit === "usd" && cost.usd === 0) return "free";
  const { used, held } = countedIn(account, unit, { id, now });
  if (used >= most - TINY) return "used-up";
  return used + held >= most - TINY ? "held" : "free";
}

export function withHold(
  account: Account,
  id: string,
  { usd, tokens }: Cost,
  terms: { now: number; forMs: number },
): Account {
  const { now, forMs } = terms;
  const live = Object.entries(account.held).filter(([, { until }]) => until > now);
  return { ...account, held: { ...Object.fromEntries(live), [id]: { usd: usd ?? 0, tokens, until: now + forMs } } };
}

/** The account once an answer is at its end: without what it held, and with what it used, if anything. */
export function settled(account: Account, id: string, entry: UsageEntry | undefined): Account {
  const { [id]: _over, ...held } = account.held;
  // An answer counts in the period in which it was asked for, as in the ledger.
  const isCounted = entry !== undefined && entry.at >= account.startsAt;
  return { ...account, ...(isCounted && withEntry(account, entry)), held };
}

/** The shares at which people are told, in percent. */
const TOLD_AT = [100, 80, 50] as const;

/** By which a budget's shares are told once: with another amount they are told again. */
export const toldKey = ({ unit, amount: most, isHost }: Pick<BudgetLimit, "unit" | "amount" | "isHost">): string =>
  `${isHost ? "host " : ""}${most} ${unit}`;

/** The highest share that is reached; 0 where none is. */
export const reachedShare = (used: number, most: number): number =>
  TOLD_AT.find((percent) => used >= (most * percent) / 100 - TINY) ?? 0;
