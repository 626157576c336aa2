import { DAY_MS } from "../../base/time.js";
import type { ModelChange } from "../catalog/change-log.js";

/** What a channel was told and when (epoch ms), by model and what was said: a model that flaps is told once a day. */
export type ToldChanges = Readonly<Record<string, number>>;

/** What happened to one model in one respect since the last message, oldest first; at least one. */
export type ChangeLine = readonly [ModelChange, ...ModelChange[]];

export interface GatheredChanges {
  /** Changes to report now. */
  readonly lines: readonly ChangeLine[];
  /** Changes reported less than a day ago: they wait, and are dropped where they turn out to change nothing. */
  readonly held: readonly ModelChange[];
  /** What was told, once the lines are. */
  readonly told: ToldChanges;
  /** When the first of `held` may be told (epoch ms); unset where there is none. */
  readonly heldUntil?: number;
}

/** More models are remembered no longer: in a change of thousands nobody reads that one of them flaps. */
const MAX_TOLD = 1_000;

/** Gathers what waits for a channel into lines, one a model and respect. */
export function gatherChanges(changes: readonly ModelChange[], before: ToldChanges, now: number): GatheredChanges {
  const told = new Map(Object.entries(before).filter(([, at]) => at > now - DAY_MS));
  const groups = new Map<string, ModelChange[]>();
  for (const change of [...changes].sort((a, b) => a.at - b.at)) {
    const key = `${change.provider}/${change.model} ${topicOf(change)}`;
    const group = groups.get(key) ?? [];
    group.push(change);
    groups.set(key, group);
  }
  const lines: ChangeLine[] = [];
  const held: ModelChange[] = [];
  const untils: number[] = [];
  for (const [key, [first, ...rest]] of groups) {
    if (first === undefined) continue;
    const last = rest.at(-1) ?? first;
    const says = `${key} ${stateOf(last)}`;
    if (topicOf(first) !== "presence" && JSON.stringify(first.before) === JSON.stringify(last.after)) continue;
    const toldAt = told.get(says);
    if (toldAt === undefined) {
      lines.push([first, ...rest]);
      for (const change of [first, ...rest]) told.set(`${key} ${stateOf(change)}`, now);
      // Map order: the state that holds is the one told last.
      told.delete(says);
      told.set(says, now);
    } else if (lastTold(told, key) !== says) {
      held.push(last);
      untils.push(toldAt + DAY_MS);
    }
  }
  return {
    lines,
    held,
    told: Object.fromEntries([...told].slice(-MAX_TOLD)),
    ...(untils.length > 0 && { heldUntil: Math.min(...untils) }),
  };
}

/** A model is on its list or not; in other respects each kind of change is one. */
const topicOf = ({ kind }: ModelChange): string =>
  kind === "new" || kind === "back" || kind === "gone" ? "presence" : kind;

/** What is so after a change, in a word. */
const stateOf = (change: ModelChange): string => {
  if (topicOf(change) !== "presence") return JSON.stringify(change.after ?? {});
  return change.kind === "gone" ? "gone" : "here";
};

const lastTold = (told: ReadonlyMap<string, number>, key: string): string | undefined =>
  [...told.keys()].filter((known) => known.startsWith(`${key} `)).at(-1);
