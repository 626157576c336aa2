import { plural } from "../base/text.js";
import type { ProviderId } from "../providers/provider.js";
import {
  CHANGE_DAYS,
  type ChangeLog,
  type DayChanges,
  type NamedModels,
  recentDays,
} from "../refresh/catalog/change-log.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code } from "./wording/markdown.js";

export const modelsChanges = (deps: CommandDeps) =>
  defineCommand({
    path: "models changes",
    about: "Which models appeared, left and came back in the last 30 days",
    access: "anyone",
    visibility: "ephemeral",
    options: {},
    async *run() {
      yield { markdown: changesText(deps.refresher.changes(), deps.clock.now()) };
    },
  });

/** The least that a message of any platform's panels takes is 4,000; the last line needs some of it. */
const MAX_CHARS = 3_800;
const MAX_ID_CHARS = 80;

const KINDS = [
  ["appeared", "new"],
  ["left", "gone"],
  ["returned", "back"],
] as const;

/** What appeared, left and came back, by provider and day of UTC, latest first, as far as it fits into a message. */
export function changesText(logs: ReadonlyMap<ProviderId, ChangeLog>, now: number): string {
  const providers = [...logs]
    .map(([id, { days }]) => ({ id, days: recentDays(days, now) }))
    .filter(({ days }) => days.length > 0);
  if (providers.length === 0) {
    return (
      `No list has changed in the last ${CHANGE_DAYS} days, as far as I have seen. A provider's first list ` +
      "counts as no change."
    );
  }
  let charsLeft = MAX_CHARS;
  const budget: Budget = { charsLeft: 0, hidden: 0 };
  const lines = providers.flatMap(({ id, days }, index) => {
    // What one provider does not need goes to those after it.
    const share = Math.floor(charsLeft / (providers.length - index));
    budget.charsLeft = share;
    const own = providerLines(id, days, budget);
    charsLeft -= share - budget.charsLeft;
    return own;
  });
  const rest = budget.hidden > 0 ? [`… and ${plural(budget.hidden, "more change", "more changes")}`] : [];
  return [`What changed in the last ${CHANGE_DAYS} days (days of UTC):`, ...lines, ...rest].join("\n");
}

interface Budget {
  charsLeft: number;
  hidden: number;
}

function providerLines(id: ProviderId, days: readonly DayChanges[], budget: Budget): readonly string[] {
  const title = `**${id}**`;
  budget.charsLeft -= title.length + 1;
  const lines = days.flatMap((day) => dayLine(day, budget));
  return lines.length > 0 ? [title, ...lines] : [];
}

/** As many models of a day as still fit; the others are counted. */
function dayLine(changes: DayChanges, budget: Budget): readonly string[] {
  const parts = KINDS.flatMap(([kind, word]) => kindPart(changes[kind], word, budget));
  if (parts.length === 0) return [];
  budget.charsLeft -= changes.day.length + 5;
  return [`- ${changes.day}: ${parts.join("; ")}`];
}

function kindPart({ models, more }: NamedModels, word: string, budget: Budget): readonly string[] {
  const named: string[] = [];
  for (const model of models) {
    const name = code(model, MAX_ID_CHARS);
    if (budget.charsLeft < name.length + 40) break;
    budget.charsLeft -= name.length + 2;
    named.push(name);
  }
  const left = models.length - named.length + more;
  if (named.length === 0) {
    budget.hidden += left;
    return [];
  }
  budget.charsLeft -= word.length + 20;
  return [`${word}: ${named.join(", ")}${left > 0 ? ` and ${left} more` : ""}`];
}
