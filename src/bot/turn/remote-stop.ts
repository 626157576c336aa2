import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { TurnControl } from "../../commands/command-deps.js";
import type { Sessions } from "../../store/sessions/sessions.js";

export interface RemoteStopDeps {
  readonly sessions: Pick<Sessions, "openQuestions" | "askToStop" | "isAskedToStop">;
  readonly clock: Clock;
  readonly log: Log;
  /** This process among all that share the store. */
  readonly owner: string;
  /** Whether other processes share the store now. Where none does, the store is not asked. */
  hasPeers(): boolean;
}

/** Stops of answers that another process gives than the one that the press came to. */
export interface RemoteStop {
  /** Asks whoever answers there. @throws {StoreError} */
  ask(...given: Parameters<TurnControl["stop"]>): ReturnType<TurnControl["stop"]>;
  /** Calls back once if another process was asked to have this question's answer stopped, until `over` aborts. */
  watch(id: string, onStop: () => void, over: AbortSignal): void;
}

/** A stream that is stopped elsewhere has closed within half a second. */
const LOOK_MS = 300;
/** Where nobody else is known yet: a process that has just started is known to the others within half a minute. */
const LOOK_ALONE_MS = 10_000;

export function createRemoteStop({ sessions, clock, log, owner, hasPeers }: RemoteStopDeps): RemoteStop {
  const look = async (id: string, onStop: () => void, over: AbortSignal) => {
    for (;;) {
      await clock.sleep(hasPeers() ? LOOK_MS : LOOK_ALONE_MS, over);
      if (!hasPeers()) continue;
      const isAsked = await sessions.isAskedToStop(id).catch((error) => {
        log.debug({ error }, "whether an answer was stopped elsewhere could not be read");
        return false;
      });
      if (isAsked) return onStop();
    }
  };
  return {
    async ask(conversation, by) {
      if (!hasPeers()) return "nothing-runs";
      const others = (await sessions.openQuestions()).filter(
        ([, question]) => question.conversation === conversation && question.owner !== owner && question.ended === null,
      );
      // The question to stop: among several, the one that shows something already.
      const [id, question] = others.find(([, { answer }]) => answer !== null) ?? others[0] ?? [];
      if (id === undefined || question === undefined) return "nothing-runs";
      if (question.authorId !== by.id && !by.isOperator) return "not-yours";
      await sessions.askToStop(id);
      return "stopped";
    },
    watch(id, onStop, over) {
      look(id, onStop, over).catch(() => {}); // only called off, when the answer has ended
    },
  };
}
