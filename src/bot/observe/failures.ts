import { BoundedMap } from "../../base/bounded-map.js";
import type { TurnEvent } from "../turn/turn-deps.js";
import type { Observer } from "./observers.js";

/** An answer that failed, by the reference that its asker was shown; nothing of what was said. */
export interface Failure extends Pick<TurnEvent, "platform" | "provider" | "model" | "ending"> {
  /** Epoch ms. */
  readonly at: number;
  readonly cause: string;
}

/** The last failed answers of this process, in memory. */
export interface Failures extends Pick<Observer, "onTurn"> {
  /** Undefined where it is older, or of another process: the log has it then. */
  find(reference: string): Failure | undefined;
}

const MAX_KEPT = 500;

export function createFailures(now: () => number): Failures {
  const kept = new BoundedMap<string, Failure>(MAX_KEPT);
  return {
    onTurn({ platform, provider, model, ending, failure }) {
      if (failure === undefined) return;
      kept.set(failure.reference, { at: now(), platform, provider, model, ending, cause: failure.cause });
    },
    find: (reference) => kept.get(reference.toLowerCase()),
  };
}
