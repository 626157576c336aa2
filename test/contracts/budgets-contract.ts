import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSessions, type Sessions, type Turn } from "../../src/store/sessions/sessions.js";
import { type Store, StoreError } from "../../src/store/store.js";
import type { WorkspaceBudgets } from "../../src/usage/budgets/budget.js";
import { type Budgets, createBudgets } from "../../src/usage/budgets/budgets.js";
import { BudgetsUnknown, BudgetUsedUp } from "../../src/usage/budgets/reserve.js";
import { createLedger, type Ledger, type UsageEntry } from "../../src/usage/ledger.js";
import { type FakeClock, fakeClock } from "../support/fake-clock.js";
import { entry } from "../usage/entries.js";
import type { StoreUnderTest } from "./store-contract.js";

/** A process that counts on the store. */
interface Replica {
  readonly budgets: Budgets;
  readonly sessions: Sessions;
  readonly ledger: Ledger;
}

const PRICE_USD = 0.01;
/** The most that an answer may use is five times as much. */
const WORST = { usd: 5 * PRICE_USD, tokens: 5_000 };
const perDay = { per: "day", setAt: 0 } as const;

function replica(store: Store, clock: FakeClock, own: WorkspaceBudgets): Replica {
  const ledger = createLedger({ store, clock });
  const budgets = createBudgets({ store, ledger, settings: { of: () => ({ budgets: own }) }, host: [], clock });
  return { ledger, budgets, sessions: createSessions({ store, now: clock.now }) };
}

interface Asked {
  readonly id: string;
  readonly person: string;
  readonly channel: string;
}

const limitsOf = ({ budgets }: Replica, { person, channel }: Asked) =>
  budgets.limitsFor({ platform: "discord", person, workspace: "discord:1", channel: `discord:1:${channel}` });

const turnOf = ({ id, person }: Asked, at: number): Turn => ({
  question: { message: id, author: person, authorId: person, text: "?", at },
  answer: "!",
  ending: "done",
  provider: "openai",
  model: "m1",
  usage: null,
  endedAt: at,
});

async function open({ sessions }: Replica, { id, person, channel }: Asked, at: number): Promise<void> {
  const question = { conversation: `discord:1:${channel}`, message: { message: id }, owner: "here", answer: null };
  await sessions.open(id, { ...question, author: person, authorId: person, text: "?", at, ended: null });
}

/** Ends a question as a turn does: the turn, the ledger's row and the budgets in one step. */
async function end(one: Replica, asked: Asked, used: UsageEntry | undefined, at: number): Promise<void> {
  const writes = used === undefined ? [] : [one.ledger.writeOf(used)];
  await one.budgets.settle(limitsOf(one, asked), { id: asked.id, entry: used, name: asked.person }, (settle) =>
    one.sessions.end(asked.id, `discord:1:${asked.channel}`, turnOf(asked, at), { writes, settle }),
  );
}

const entryOf = ({ id, person }: Asked, at: number, more: Partial<UsageEntry> = {}): UsageEntry =>
  entry({ id, at, workspace: "discord:1", user: { id: person, name: person }, costUsd: PRICE_USD, ...more });

/** What a person, a channel and a workspace have used as the ledger and as the budgets say, by account. */
async function bothCounts(one: Replica, asked: readonly Asked[], now: number) {
  const entries = await one.ledger.read({ from: now - (now % 86_400_000), to: now + 86_400_000 });
  const sum = (isOf: (each: UsageEntry) => boolean) => {
    const own = entries.filter(isOf);
    return {
      questions: own.length,
      tokens: own.reduce((total, { inputTokens, outputTokens }) => total + inputTokens + outputTokens, 0),
      microUsd: Math.round(own.reduce((total, { costUsd }) => total + (costUsd ?? 0), 0) * 1e6),
    };
  };
  const ledger: Record<string, unknown> = {};
  const budgets: Record<string, unknown> = {};
  for (const each of asked) {
    const scopes = {
      person: sum(({ user }) => user.id === each.person),
      channel: sum(({ id }) => id.startsWith(`discord:1:${each.channel}:`)),
      workspace: sum(() => true),
    };
    for (const state of await one.budgets.states(limitsOf(one, each))) {
      const { scope, unit, account } = state.limit;
      const { questions, tokens, microUsd } = scopes[scope];
      const used = unit === "usd" ? microUsd : unit === "tokens" ? tokens : questions;
      ledger[account] = { used, held: 0 };
      budgets[account] = { used: unit === "usd" ? Math.round(state.used * 1e6) : state.used, held: state.held };
    }
  }
  return { ledger, budgets };
}

/** Of ten to forty random turns. */
const FEW_ROUNDS = 3;
const ROUNDS = process.env.SOAK ? 400 : FEW_ROUNDS;

/** What budgets do over each store; `isSlow`: the store takes the longer, the more is in it. */
export function describeBudgets(
  name: string,
  openStore: () => Promise<StoreUnderTest>,
  { isSlow = false }: { readonly isSlow?: boolean } = {},
): void {
  describe(`budgets over ${name}`, () => {
    let subject: StoreUnderTest;
    let clock: FakeClock;
    beforeEach(async () => {
      subject = await openStore();
      clock = fakeClock();
    });
    afterEach(() => subject.cleanup());

    it("50 people in parallel at two replicas overspend a budget of 100 answers by at most two", async () => {
      const own = { workspace: { ...perDay, amount: 100 * PRICE_USD, unit: "usd" } } as const;
      const second = await subject.openAgain();
      const replicas = [replica(subject.store, clock, own), replica(second, clock, own)] as const;
      let [answered, refused, running] = [0, 0, 50];
      const person = async (number: number) => {
        const one = replicas[number % 2 === 0 ? 0 : 1];
        for (let question = 0; question < 4; question++) {
          const asked = { id: `discord:1:c${number}:q${question}`, person: `p${number}`, channel: `c${number}` };
          await open(one, asked, clock.now());
          const terms = { id: asked.id, cost: WORST, signal: new AbortController().signal, onWait() {} };
          const tryOnce = (): Promise<boolean> =>
            one.budgets.reserve(limitsOf(one, asked), terms).then(
              () => true,
              (error) => {
                if (!(error instanceof BudgetUsedUp)) throw error;
                // What is left is held for too long by this clock: asked again.
                return error.isUsedUp ? false : tryOnce();
              },
            );
          const isHeld = await tryOnce();
          if (isHeld) answered += 1;
          else refused += 1;
          await end(one, asked, isHeld ? entryOf(asked, clock.now()) : undefined, clock.now());
        }
      };
      const people = Promise.all(Array.from({ length: 50 }, (_, number) => person(number)));
      // Whoever waits for another replica looks again every half second of this clock.
      people
        .finally(() => {
          running = 0;
        })
        .catch(() => {});
      while (running > 0) {
        await clock.advance(100);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await people;
      await second.close();
      expect(answered).toBeGreaterThanOrEqual(100);
      expect(answered).toBeLessThanOrEqual(102);
      expect(answered + refused).toBe(200);
      const [state] = await replicas[0].budgets.states(limitsOf(replicas[0], { id: "", person: "p", channel: "c" }));
      expect(state).toMatchObject({ held: 0 });
      expect(state?.used).toBeCloseTo(answered * PRICE_USD, 9);
    }, 60_000);

    it(
      "agree with the ledger to the token over random turns with retries, stops, kills and a failing store",
      async () => {
        const own = {
          person: { ...perDay, amount: 1e9, unit: "tokens" },
          channel: { ...perDay, amount: 1e9, unit: "questions" },
          workspace: { ...perDay, amount: 1e9, unit: "usd" },
        } as const;
        const turn = fc.record({
          person: fc.constantFrom("ada", "bob", "cleo"),
          channel: fc.constantFrom("a", "b"),
          replica: fc.nat(1),
          fate: fc.constantFrom(
            "done",
            "retried",
            "stopped early",
            "killed",
            "killed and closed",
            "failed",
            "store down",
          ),
          tokens: fc.nat(100_000),
          usd: fc.option(fc.double({ min: 0, max: 2, noNaN: true })),
        });
        let round = 0;
        const check = async (turns: readonly (typeof turn extends fc.Arbitrary<infer T> ? T : never)[]) => {
          round += 1;
          await clock.advance(86_400_000); // another day: the accounts begin anew
          let isDown = false;
          const failing: Store = {
            ...subject.store,
            swap: async (...terms) => {
              if (isDown) throw new StoreError("it cannot be reached");
              return subject.store.swap(...terms);
            },
          };
          const replicas = [replica(failing, clock, own), replica(subject.store, clock, own)] as const;
          const all: Asked[] = [];
          await Promise.all(
            turns.map(async ({ person, channel, replica: at, fate, tokens, usd }, number) => {
              const one = replicas[at === 0 ? 0 : 1];
              const asked = { id: `discord:1:${channel}:r${round}q${number}`, person, channel };
              all.push(asked);
              await open(one, asked, clock.now());
              const terms = { id: asked.id, cost: WORST, signal: new AbortController().signal, onWait() {} };
              isDown = fate === "store down";
              const held = one.budgets.reserve(limitsOf(one, asked), terms);
              const isHeld = await held.then(
                () => true,
                (error) => {
                  expect(error).toBeInstanceOf(BudgetsUnknown);
                  return false;
                },
              );
              isDown = false;
              const used = entryOf(asked, clock.now(), { inputTokens: tokens, outputTokens: tokens % 7, costUsd: usd });
              const isUsed = isHeld && fate !== "stopped early" && fate !== "failed";
              // A killed process's question is ended by another one, perhaps by two.
              const by = fate.startsWith("killed") ? replicas : [one];
              if (fate === "retried") await one.budgets.reserve(limitsOf(one, asked), terms).catch(() => {});
              for (const each of by) {
                for (let attempt = 1; ; attempt++) {
                  const isOver = await end(each, asked, isUsed ? used : undefined, clock.now()).then(
                    () => true,
                    (error) => {
                      if (attempt > 20 || !(error instanceof StoreError)) throw error;
                      return false;
                    },
                  );
                  if (isOver) break;
                }
                if (fate === "killed and closed") await each.sessions.close(asked.id);
              }
            }),
          );
          const { ledger, budgets } = await bothCounts(replicas[1], all, clock.now());
          expect(budgets).toEqual(ledger);
        };
        await fc.assert(fc.asyncProperty(fc.array(turn, { minLength: 10, maxLength: 40 }), check), {
          numRuns: isSlow ? FEW_ROUNDS : ROUNDS,
        });
      },
      process.env.SOAK ? 900_000 : 120_000,
    );
  });
}
