import { OVER } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { TimeoutError, UserError } from "../../base/errors.js";
import { createSerial } from "../../base/serial.js";
import type { TurnControl } from "../../commands/command-deps.js";
import { t } from "../../languages/translate.js";
import { conversationOf, inLanguageOf, workspaceOf } from "../port/conversation.js";
import type { ChatPlatform, Mention } from "../port/platform.js";
import { createTurnControl } from "./control/turn-control.js";
import { TurnCalledOff } from "./endings.js";
import { createBurstBrake } from "./line/burst-brake.js";
import { createTurnQueue } from "./line/conversation-line.js";
import { createRemoteStop } from "./other-replicas.js";
import { type ActiveTurns, type TakeTerms, takeMention } from "./turn.js";
import type { ChatDeps } from "./turn-deps.js";

export interface Chat {
  /** This process among all that share the store. */
  readonly owner: string;
  readonly control: TurnControl;
  /**
   * Resolves once the question is stored.
   * @throws {UserError} while the bot stops @throws {StoreError} when it could not be stored
   */
  onMention(platform: ChatPlatform, mention: Mention, terms?: TakeTerms): Promise<void>;
  /**
   * Runs work at its place in a conversation's line, also in a full one. What comes later waits for it, but no longer
   * than 10 s. Resolves when the work is over.
   */
  inLine<T>(conversation: string, work: () => Promise<T>): Promise<T>;
  /** Takes no more questions, lets answers finish for up to `graceMs`, and ends the rest as interrupted. */
  stop(graceMs: number): Promise<void>;
  /** Resolves when nothing is answered in the conversation and nothing waits. */
  idleIn(conversation: string): Promise<void>;
  /** Answers that run or wait. */
  load(): number;
  /** Ids of the questions that this process is at, from before they are stored until they are closed. */
  inHand(): ReadonlySet<string>;
}

/** How long interrupted answers may take at the end of a shutdown to show how they ended. */
const LAST_EDITS_MS = 3_000;
/** How long other work than an answer keeps a conversation waiting. */
const LONGEST_WORK_MS = 10_000;

/** Takes questions and answers them; the life of each is in `turn.ts`. */
export function createChat(deps: ChatDeps): Chat {
  const { refresher, clock, log } = deps;
  const turns: ActiveTurns = {
    queue: createTurnQueue(),
    brake: createBurstBrake(clock),
    inOrder: createSerial(),
    running: new Map(),
    inHand: new Set(),
    claiming: new Map(),
    emptied: new Set(),
    remoteStop: createRemoteStop(deps),
    isInterrupting: false,
  };
  const { queue } = turns;
  const closing = new AbortController();
  return {
    owner: deps.owner,
    async onMention(platform, mention, terms) {
      if (closing.signal.aborted) throw new UserError(t`The bot is restarting. Please ask again in a moment.`);
      refresher.noteActivity(workspaceOf(mention.message), conversationOf(mention.message));
      await inLanguageOf(deps.settings, mention.message, () =>
        takeMention({ ...deps, turns }, platform, mention, terms),
      );
    },
    async stop(graceMs) {
      closing.abort();
      const finish = (timeoutMs: number) =>
        withDeadline(() => queue.idle(), { what: "the last answers", timeoutMs, clock });
      await finish(graceMs).catch((error) => {
        if (!(error instanceof TimeoutError)) throw error;
        turns.isInterrupting = true;
        for (const { controller } of turns.running.values()) controller.abort(new TurnCalledOff("interrupted"));
        return finish(LAST_EDITS_MS).catch((late) =>
          log.warn({ error: late, open: queue.size() }, "answers were left for the next start"),
        );
      });
    },
    inLine: (conversation, work) =>
      new Promise((resolve, reject) => {
        const run = async () => {
          const isOver = new AbortController();
          const done = work().then(resolve, reject);
          await Promise.race([done, clock.sleep(LONGEST_WORK_MS, isOver.signal).catch(() => {})]); // called off below
          isOver.abort(OVER);
        };
        queue.add(conversation, run, { isMissed: true });
      }),
    idleIn: queue.idleIn,
    load: () => queue.size(),
    inHand: () => new Set([...turns.inHand].map(({ id }) => id)),
    control: createTurnControl({ ...deps, turns, isClosed: () => closing.signal.aborted }),
  };
}
