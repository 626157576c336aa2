import { t } from "../languages/translate.js";
import type { BudgetState } from "../usage/budgets/budgets.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { channelIn } from "./settings-raise.js";
import { isInDirect, markWords, nameOf, stateLine } from "./wording/budget-text.js";

/** Most budgets that are listed: what fits on one screen. */
const MAX_LISTED = 15;

export const usageBudget = ({ budgets, clock }: CommandDeps) =>
  defineCommand({
    path: "usage budget",
    about: "What is left of your budgets, and when they renew; operators see everybody's",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, { platform, workspace, conversation, user, isOperator }) {
      const now = clock.now();
      const spender = { platform, person: user.id, workspace, channel: channelIn(conversation) };
      const own = await budgets.states(budgets.limitsFor(spender));
      const all = isOperator ? await budgets.statesIn(workspace) : [];
      if (own.length === 0) {
        yield { markdown: t`There is no budget here. Operators set one with \`/settings budget\`.` };
        return;
      }
      const others = [...all].sort((a, b) => shareOf(b) - shareOf(a));
      const listed = others.slice(0, MAX_LISTED);
      const more = others.length - listed.length;
      yield {
        markdown: [
          t`**Your budgets**`,
          ...own.map((state) => `- ${ownWords(state)}: ${stateLine(state, now)}`),
          ...(listed.length > 0 ? ["", t`**Everybody's budgets, the most used first**`] : []),
          ...listed.map((state) => `- ${markWords(state)}${nameOf(state)}: ${stateLine(state, now)}`),
          ...(more > 0 ? [t`…and ${more} more`] : []),
        ].join("\n"),
      };
    },
  });

const shareOf = ({ used, limit }: BudgetState) => used / limit.amount;

function ownWords({ limit }: BudgetState): string {
  if (limit.scope === "person") return t`You`;
  if (isInDirect(limit)) return t`This conversation`;
  return limit.scope === "channel" ? t`This channel` : t`This workspace`;
}
