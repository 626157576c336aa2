import { plural, t } from "../languages/translate.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { exportControl } from "./privacy-export.js";

export const privacy = ({ personalData, host }: CommandDeps) =>
  defineCommand({
    path: "privacy",
    about: "What I keep about you, and for how long",
    access: "anyone",
    isForEveryone: true,
    isHeavy: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, { platform, user }) {
      const person = { platform, ...user };
      const { questions, conversations, usageEntries, choices, changes, votes, budgets } =
        await personalData.summary(person);
      const { retentionDays, usageDays, auditDays } = host;
      const kept =
        retentionDays === 0 ? t`until somebody erases it` : t`${plural(retentionDays, "day")} after its last use`;
      const lines: readonly (readonly [count: number, line: string])[] = [
        [
          questions,
          t`- ${plural(questions, "question")} with the answers, in ${plural(conversations, "conversation")}:
            each conversation ${kept}.`,
        ],
        [
          usageEntries,
          t`- ${plural(usageEntries, "entry", "entries")} of usage with your name (time, model, tokens, cost; no
            text): ${plural(usageDays, "day")}.`,
        ],
        [
          choices,
          t`- Your name next to ${plural(choices, "choice")} of a model, system prompt or watch, as long as it
            applies.`,
        ],
        [votes, t`- ${plural(votes, "vote")} on answers (👍 or 👎, the model; no text): ${plural(usageDays, "day")}.`],
        [
          changes,
          t`- ${plural(changes, "change")} that you made, in the record of changes (what, when; no text):
            ${plural(auditDays, "day")}.`,
        ],
        [
          budgets,
          t`- What you used in ${plural(budgets, "period")} of budgets, with your name: about two months after
            each began.`,
        ],
      ];
      const there = lines.flatMap(([count, line]) => (count > 0 ? [line] : []));
      yield {
        markdown: [
          t`**What I keep about you**`,
          ...(there.length > 0 ? there : [t`- Nothing yet.`]),
          t`What you ask goes to the provider of the conversation's model, with what was said before in it.
            Images and files are not stored.`,
        ].join("\n"),
        controls: [exportControl(), { label: t`Erase…`, command: "/privacy erase" }],
      };
    },
  });
