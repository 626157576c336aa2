import type { Control } from "../../commands/command.js";
import { t } from "../../languages/translate.js";
import { type ModelRef, modelName } from "../../refresh/choose/model-ref.js";
import type { ChangeLine } from "../../refresh/watch/gather-changes.js";
import type { Watch } from "../../refresh/watch/watch-rows.js";
import { changeLine, type LineFacts } from "./change-lines.js";

/** How many models a message names; the others are counted. */
const MAX_NAMED = 10;
/** With the other two lines this fits into one message of every platform. */
const MAX_CHARS = 1_850;

export interface WatchMessage {
  readonly text: string;
  readonly controls: readonly Control[];
}

/** What a channel is told; `more` changes are counted and not named. */
export function watchMessage(
  facts: LineFacts,
  {
    lines,
    more,
    watches,
  }: { readonly lines: readonly ChangeLine[]; readonly more: number; readonly watches: readonly Watch[] },
): WatchMessage {
  const named: string[] = [];
  const offered: ModelRef[] = [];
  let chars = 0;
  for (const line of [...lines].sort((a, b) => RANKS[lastOf(a).kind] - RANKS[lastOf(b).kind]).slice(0, MAX_NAMED)) {
    const text = changeLine(facts, line);
    chars += text.length + 1;
    if (chars > MAX_CHARS) break;
    named.push(text);
    const { provider, model, kind } = lastOf(line);
    const isListed = facts.snapshot.providers.get(provider)?.models.some(({ id }) => id === model) === true;
    if (kind !== "retire" && isListed) offered.push({ provider, model });
  }
  const rest = lines.length - named.length + more;
  return {
    text: ["🆕 Models changed", ...named, ...(rest > 0 ? [t`… and ${rest} more: \`/models changes\``] : [])].join("\n"),
    controls: [
      ...controlsFor("Use here", "/models use ", offered),
      ...controlsFor("Try on the last question", "/chat retry model:", offered),
      muteControl(watches),
    ],
  };
}

const lastOf = (line: ChangeLine) => line.at(-1) ?? line[0];

/** What people can use now comes first, what is gone last. */
const RANKS = { new: 0, back: 1, retire: 2, price: 3, context: 4, gone: 5 } as const;

/** A button where there is one model, a menu where there are several. */
function controlsFor(label: string, command: string, models: readonly ModelRef[]): readonly Control[] {
  const names = [...new Set(models.map(modelName))];
  const [only] = names;
  if (only === undefined) return [];
  if (names.length === 1) return [{ label, command: command + only }];
  return [{ label, options: names.map((name) => ({ label: name, command: command + name })) }];
}

/** Ends the only watch; of several, people choose. */
function muteControl(watches: readonly Watch[]): Control {
  const [first, ...others] = watches;
  const isOnly = first !== undefined && others.length === 0;
  return { label: "Mute", command: isOnly ? `/models unwatch ${first.pattern}` : "/models unwatch" };
}
