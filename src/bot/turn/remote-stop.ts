import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { TurnControl } from "../../commands/command-deps.js";
import type { OpenQuestion, Sessions } from "../../store/sessions/sessions.js";
import { conversationOf } from "../port/conversation.js";
import { messageKeySchema } from "../port/message-key.js";
import { answerIdOf } from "./answer-controls.js";

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

/** Whether a question is answered in a conversation: in its line, beside its history, or in its thread. */
function isIn(conversation: string, question: OpenQuestion): boolean {
  const at = messageKeySchema.safeParse(question.compared?.at).data;
  return question.conversation === conversation || (at !== undefined && conversationOf(at) === conversation);
}

export function createRemoteStop({ sessions, clock, log, owner, hasPeers }: RemoteStopDeps): RemoteStop {
  const look = async (id: string, onStop: () => void, over: AbortSignal) => {
    for (;;) {
      await clock.sleep(hasPeers() ? LOOK_MS : LOOK_ALONE_MS, over);
      if (!hasPeers()) continue;
      const isAsked = await sessions.isAskedToStop(id).catch((error) => {
        log.debug({ error }, "stop requests of other replicas could not be read");
        return false;
      });
      if (isAsked) return onStop();
    }
  };
  return {
    async ask(conversation, by, answer) {
      if (!hasPeers()) return "nothing-runs";
      const others = (await sessions.openQuestions()).filter(
        ([, question]) => question.owner !== owner && question.ended === null && isIn(conversation, question),
      );
      const inLine = others.filter(([, { compared }]) => compared === undefined);
      // Among those of the line, the one that shows something already.
      const first = inLine.find(([, { answer: shown }]) => shown !== null) ?? inLine[0];
      const compared = others.filter(([, question]) => question.compared !== undefined);
      const all = [...(first === undefined ? [] : [first]), ...compared];
      const meant = answer === undefined ? all : compared.filter(([id]) => answerIdOf({ id }) === answer);
      if (meant.length === 0) return "nothing-runs";
      const stopped = meant.filter(([, one]) => by.isOperator || (one.compared?.by.id ?? one.authorId) === by.id);
      for (const [id] of stopped) await sessions.askToStop(id);
      return stopped.length > 0 ? "stopped" : "not-yours";
    },
    watch(id, onStop, over) {
      look(id, onStop, over).catch(() => {}); // only called off, when the answer has ended
    },
  };
}
