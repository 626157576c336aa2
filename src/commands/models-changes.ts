import { dayOf } from "../base/time.js";
import { phrase, plural, t } from "../languages/translate.js";
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
    about: "Models that were added, removed, changed or are about to retire, in the last 30 days",
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
  ["appeared", phrase`new`],
  ["left", phrase`gone`],
  ["returned", phrase`back`],
  ["price", phrase`other price`],
  ["context", phrase`other context`],
  ["retire", phrase`retirement announced`],
] as const;

type ChangedFact = "price" | "context" | "retire";
/** Returns the line of one day. */
type ToldDay = Pick<DayChanges, "day"> & { readonly [K in (typeof KINDS)[number][0]]?: NamedModels };

/** The days of a log, latest first, with the models of which a fact has changed. */
function toldDays({ days, changes = [] }: ChangeLog, now: number): readonly ToldDay[] {
  const byDay = new Map<string, ToldDay>(days.map((day) => [day.day, day]));
  for (const { at, kind, model } of changes) {
    if (kind === "new" || kind === "gone" || kind === "back") continue;
    const day = byDay.get(dayOf(at)) ?? { day: dayOf(at) };
    byDay.set(day.day, { ...day, [kind]: withModel(day[kind satisfies ChangedFact], model) });
  }
  return recentDays([...byDay.values()], now).sort((a, b) => (a.day < b.day ? 1 : -1));
}

const withModel = ({ models, more }: NamedModels = { models: [], more: 0 }, model: string): NamedModels => ({
  models: [...new Set([...models, model])],
  more,
});

/** What appeared, left, came back and changed, by provider and day of UTC, latest first, as far as it fits. */
export function changesText(logs: ReadonlyMap<ProviderId, ChangeLog>, now: number): string {
  const providers = [...logs]
    .map(([id, log]) => ({ id, days: toldDays(log, now) }))
    .filter(({ days }) => days.length > 0);
  if (providers.length === 0) {
    return t`No change was recorded in the last ${CHANGE_DAYS} days. A provider's first list does not count.`;
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
  const rest = budget.hidden > 0 ? [t`… and ${plural(budget.hidden, "more change", "more changes")}`] : [];
  return [t`What changed in the last ${CHANGE_DAYS} days (UTC):`, ...lines, ...rest].join("\n");
}

interface Budget {
  charsLeft: number;
  hidden: number;
}

function providerLines(id: ProviderId, days: readonly ToldDay[], budget: Budget): readonly string[] {
  const title = `**${id}**`;
  budget.charsLeft -= title.length + 1;
  const lines = days.flatMap((day) => dayLine(day, budget));
  return lines.length > 0 ? [title, ...lines] : [];
}

/** Returns the line of a day with as many models as fit; the others are counted. */
function dayLine(changes: ToldDay, budget: Budget): readonly string[] {
  const parts = KINDS.flatMap(([kind, word]) =>
    changes[kind] === undefined ? [] : kindPart(changes[kind], t(word), budget),
  );
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
  return [t`${word}: ${named.join(", ")}${left > 0 ? t` and ${left} more` : ""}`];
}
