import { type Clock, OVER } from "../../base/clock.js";
import { AppError } from "../../base/errors.js";
import type { Serial } from "../../base/serial.js";
import { type Store, StoreError } from "../../store/store.js";
import { type Cost, type Room, roomFor, withHold } from "./account.js";
import type { AccountRows } from "./account-rows.js";
import { type BudgetLimit, renewalOf } from "./budget.js";

/** A question does not fit into a budget. */
export class BudgetUsedUp extends AppError {
  readonly limit: BudgetLimit;
  readonly renewsAt: number;
  /** Nothing is left; else what is left is reserved for answers in progress. */
  readonly isUsedUp: boolean;

  constructor(limit: BudgetLimit, terms: { readonly renewsAt: number; readonly isUsedUp: boolean }) {
    super("user", `a budget of ${limit.scope} is used up`);
    this.limit = limit;
    this.renewsAt = terms.renewsAt;
    this.isUsedUp = terms.isUsedUp;
  }
}

/** Nobody knows what is left of the budgets, so that nothing may be spent. */
export class BudgetsUnknown extends AppError {
  constructor(cause: unknown) {
    super("store", "the budgets could not be read", { cause, isRetryable: true });
  }
}

export interface ReserveTerms {
  /** The question's id. */
  readonly id: string;
  /** The most that its answer may use. */
  readonly cost: Cost;
  readonly signal: AbortSignal;
  /** Called where it has to wait for answers on their way. */
  onWait(): void;
}

/** How long a reservation lasts: longer than any answer takes. After that, what a killed process held is free again. */
const HELD_MS = 30 * 60_000;
/** How long a question waits for answers on their way, and how soon it sees what other replicas have settled. */
const MAX_WAIT_MS = 120_000;
const POLL_MS = 500;
/** Processes that count in one account at the same moment get through one by one. */
const ATTEMPTS = 50;
/** What holding and settling share. */
export interface BudgetParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly rows: AccountRows;
  /** Wakes whoever waits for room. */
  readonly waiting: Set<() => void>;
  readonly inOrder: Serial;
}

/** @throws {BudgetUsedUp} @throws {BudgetsUnknown} @throws terms.signal.reason when aborted while it waits */
export async function reserve(parts: BudgetParts, limits: readonly BudgetLimit[], terms: ReserveTerms): Promise<void> {
  const { clock, inOrder } = parts;
  const until = clock.now() + MAX_WAIT_MS;
  for (let hasWaited = false; ; hasWaited = true) {
    const full = await inOrder("reserve", () => tryToHold(parts, limits, terms)).catch((error) => {
      throw new BudgetsUnknown(error);
    });
    if (full === undefined) return;
    const isUsedUp = full.room === "used-up";
    if (isUsedUp || clock.now() >= until)
      throw new BudgetUsedUp(full.limit, { isUsedUp, renewsAt: renewalOf(full.limit, clock.now()) });
    if (!hasWaited) terms.onWait();
    await changeOrPoll(parts, terms.signal);
  }
}

/** The budget into which a question does not fit; undefined where it is held in all of them. @throws {StoreError} */
async function tryToHold(
  { rows, store, clock }: BudgetParts,
  limits: readonly BudgetLimit[],
  { id, cost }: ReserveTerms,
): Promise<{ readonly limit: BudgetLimit; readonly room: Exclude<Room, "free"> } | undefined> {
  let isFresh = false;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const found = await rows.read(limits, isFresh);
    const now = clock.now();
    const judged = found.flatMap((row) =>
      row.limits.map((limit) => ({ limit, room: roomFor(limit, row.account, { cost, id, now }) })),
    );
    const full = judged.find(({ room }) => room === "used-up") ?? judged.find(({ room }) => room === "held");
    if (full !== undefined && full.room !== "free" && isFresh) return { limit: full.limit, room: full.room };
    if (full === undefined) {
      const held = found.map((row) => ({ ...row, account: withHold(row.account, id, cost, { now, forMs: HELD_MS }) }));
      if (await store.swap(held.map(rows.swapOf), [])) {
        for (const row of held) rows.note(row);
        return undefined;
      }
    }
    isFresh = true;
  }
  throw new StoreError("the budgets kept changing, giving up after several retries");
}

/** Resolves when an answer of this process has settled, or another replica's may have. @throws signal.reason */
async function changeOrPoll({ waiting, clock }: BudgetParts, signal: AbortSignal): Promise<void> {
  const isOver = new AbortController();
  let wake = () => {};
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  waiting.add(wake);
  const polled = clock.sleep(POLL_MS, AbortSignal.any([signal, isOver.signal]));
  try {
    await Promise.race([woken, polled]);
  } finally {
    waiting.delete(wake);
    isOver.abort(OVER);
    polled.catch(() => {}); // only called off
  }
}
