import { UserError } from "../base/errors.js";
import { type Phrase, phrase, t } from "../languages/translate.js";
import { defineCommand } from "./command.js";
import type { CommandDeps, RatingOutcome } from "./command-deps.js";
import { targetThread } from "./threads.js";
import { code } from "./wording/markdown.js";

const REFUSALS: Readonly<Record<Exclude<RatingOutcome["kind"], "counted">, Phrase>> = {
  off: phrase`Votes on answers are switched off in this workspace. Nothing was counted.`,
  unknown: phrase`I no longer know which model gave this answer: it is too old, was erased, or was replaced by a
    retry. Nothing was counted.`,
};

export const chatRate = (deps: CommandDeps) =>
  defineCommand({
    path: "chat rate",
    about: "Say whether the last answer was good: counts for its model, keeps no text",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: {
      answer: {
        kind: "choice",
        about: "good or bad",
        isRequired: true,
        values: [
          { value: "good", label: "👍 good", aliases: ["👍", "up"] },
          { value: "bad", label: "👎 bad", aliases: ["👎", "down"] },
        ],
      },
    },
    async *run({ answer }, invocation) {
      const isGood = answer === "good";
      const target = await targetThread(deps, invocation);
      if (target === undefined)
        throw new UserError(t`You have asked nothing in the last day in this channel's threads. Nothing was counted.`);
      const outcome = await deps.turns.rate(target, isGood);
      if (outcome.kind !== "counted") throw new UserError(t(REFUSALS[outcome.kind]));
      yield { markdown: ratedText(outcome, isGood), controls: outcome.instead };
    },
  });

function ratedText(
  { how, model, instead }: Extract<RatingOutcome, { readonly kind: "counted" }>,
  isGood: boolean,
): string {
  const sign = isGood ? "👍" : "👎";
  const words = {
    new: t`${sign} Counted for ${code(model, 250)}; no text is stored.`,
    changed: t`${sign} Changed: your vote for ${code(model, 250)} counts as this now.`,
    same: t`${sign} You already voted this way; a vote counts once.`,
  };
  return instead.length > 0 ? t`${words[how]} Another model can answer again:` : words[how];
}
