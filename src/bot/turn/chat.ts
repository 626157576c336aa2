import { OVER } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { TimeoutError, UserError } from "../../base/errors.js";
import { createSerial } from "../../base/serial.js";
import type { TurnControl } from "../../commands/command-deps.js";
import { accessFault, FULL_LINE, limitFault } from "../access/intake.js";
import { showMark } from "../delivery/show-mark.js";
import { conversationOf, workspaceOf } from "../port/conversation.js";
import type { ChatPlatform, Mention, MessageKey, Person } from "../port/platform.js";
import { openQuestionOf, type Question, questionOf } from "../prompt/question.js";
import { questionFault } from "../prompt/question-fault.js";
import type { ChatDeps } from "./chat-deps.js";
import { withLease } from "./conversation-lease.js";
import { ENDING_MARKS, failureText, TurnCalledOff } from "./endings.js";
import { createForget } from "./forget.js";
import { createOpenThread } from "./open-thread.js";
import { createRetry } from "./retry.js";
import { createStopElsewhere } from "./stop-elsewhere.js";
import { runTurn } from "./turn.js";
import { createTurnQueue, type Place } from "./turn-queue.js";
import { untilStored } from "./until-stored.js";

export interface Chat {
  readonly control: TurnControl;
  /** Resolves once the question is stored. @throws {UserError} while the bot stops @throws {StoreError} when it could not be stored */
  onMention(platform: ChatPlatform, mention: Mention): Promise<void>;
  /** Takes no more questions, lets answers finish for up to `graceMs`, and ends the rest as interrupted. */
  stop(graceMs: number): Promise<void>;
  /** Answers that run or wait. */
  load(): number;
}

/** The turn at the head of a conversation's line. */
interface Running {
  readonly asker: string;
  readonly controller: AbortController;
  /** Set while another replica answers there. */
  isWaiting: boolean;
}

/** How long the last words of interrupted answers may take at the end of a stop. */
const LAST_WORDS_MS = 3_000;

/** Takes questions, queues them per conversation, and sees every one of them to its end mark. */
export function createChat(deps: ChatDeps): Chat {
  const { sessions, refresher, clock, log } = deps;
  const queue = createTurnQueue();
  const inOrder = createSerial();
  const elsewhere = createStopElsewhere(deps);
  const running = new Map<string, Running>();
  let isClosed = false;
  let isInterrupting = false;
  /** Conversations whose whole line is called off. */
  const emptied = new Set<string>();

  /** Says why a question is not answered; to one person alone, where it concerns nobody else. */
  const refuse = async (platform: ChatPlatform, message: MessageKey, why: string, onlyFor?: Person) => {
    const terms = { rank: "error", replyTo: message, ...(onlyFor && { onlyFor }) } as const;
    await platform
      .post(message, { markdown: why }, terms)
      .catch((error) => log.warn({ error }, "a refusal was not shown"));
    return showMark(deps, platform, message, "failed");
  };

  /** What is asked once more still bears its end mark, perhaps by an earlier process: a first mark looks for none. */
  const showFirst = async (platform: ChatPlatform, { message, retry }: Question, mark: "working" | "waiting") => {
    if (retry !== undefined) await showMark(deps, platform, message, undefined);
    await showMark(deps, platform, message, mark);
  };

  /** From its first mark to its last. Never rejects. */
  const run = async (platform: ChatPlatform, question: Question) => {
    const { id, message, asker } = question;
    const conversation = conversationOf(message);
    const controller = new AbortController();
    const { signal } = controller;
    const turn: Running = { asker: asker.id, controller, isWaiting: false };
    running.set(conversation, turn);
    if (isInterrupting) controller.abort(new TurnCalledOff("interrupted"));
    const isOver = new AbortController();
    elsewhere.watch(id, () => controller.abort(new TurnCalledOff("stopped")), isOver.signal);
    if (emptied.has(conversation)) controller.abort(new TurnCalledOff("stopped"));
    let isShown: Promise<unknown> = Promise.resolve();
    const show = (mark: "working" | "waiting") => {
      isShown = isShown.then(() => showFirst(platform, question, mark));
    };
    try {
      const onWait = () => {
        turn.isWaiting = true;
        show("waiting");
      };
      await withLease(deps, conversation, { signal, onWait }, async (lease) => {
        turn.isWaiting = false;
        if (!signal.aborted) show("working");
        const ending = await runTurn(deps, { platform, question, signal });
        await isShown; // so that it never comes after the end mark
        const isMarked = await showMark(deps, platform, message, ENDING_MARKS[ending]);
        // Else the next start finds it, and only repeats the mark: a stop may have come before there was room for it.
        if (isMarked) await untilStored(() => sessions.close(id, lease.endWith), deps);
      });
    } catch (error) {
      const reference = deps.newReference();
      log.error({ error, id, reference }, "a turn could not be finished");
      const isTold = await refuse(platform, message, failureText(error, reference));
      if (!isTold) return; // the next start finds it, and says so below it
      await sessions.close(id).catch((late) => log.error({ error: late, id }, "its question stays for the next start"));
    } finally {
      isOver.abort(OVER);
      running.delete(conversation);
    }
  };

  const enqueue = (platform: ChatPlatform, question: Question): Place =>
    queue.add(conversationOf(question.message), () => run(platform, question));
  /** Puts it in its conversation's line. */
  const add = async (platform: ChatPlatform, question: Question): Promise<Place> => {
    const place = enqueue(platform, question);
    if (place === "waiting") await showFirst(platform, question, "waiting");
    return place;
  };
  /** Claimed before anything is answered: a repeated event gets nothing, not even a second refusal. */
  const judge = async (mention: Mention, question: Question) => {
    if (!(await sessions.open(question.id, openQuestionOf(question, deps.owner)))) return "repeated";
    return { fault: questionFault(mention) ?? (await accessFault(deps, mention.message, mention)) };
  };
  const place = (platform: ChatPlatform, question: Question, known: string | undefined) => {
    const conversation = conversationOf(question.message);
    const isFull = queue.placeFor(conversation) === "full";
    const fault = known ?? (isFull ? FULL_LINE : limitFault(deps, question.message, question.asker));
    return fault === undefined ? enqueue(platform, question) : { fault };
  };
  const stopRunning = (conversation: string, ending: "stopped" | "interrupted") =>
    running.get(conversation)?.controller.abort(new TurnCalledOff(ending));
  /** Stops what runs and what waits in a conversation, and resolves when all of it has ended. */
  const empty = async (conversation: string) => {
    emptied.add(conversation);
    stopRunning(conversation, "stopped");
    await queue.idleIn(conversation).finally(() => emptied.delete(conversation));
  };

  return {
    async onMention(platform, mention) {
      if (isClosed) throw new UserError("The bot is restarting. Please ask again in a moment.");
      const { message } = mention;
      refresher.noteActivity(workspaceOf(message), conversationOf(message));
      const question = questionOf(mention, clock.now());
      const judged = judge(mention, question);
      judged.catch(() => {}); // its turn in the line tells it
      // Whatever takes how long, the line keeps the order in which they came.
      const taken = await inOrder(conversationOf(message), async () => {
        const verdict = await judged;
        return verdict === "repeated" ? verdict : place(platform, question, verdict.fault);
      });
      if (taken === "waiting") await showFirst(platform, question, "waiting");
      if (typeof taken === "string") return;
      await refuse(platform, message, taken.fault, mention.isDirect ? undefined : mention.author);
      await sessions.close(question.id);
    },
    async stop(graceMs) {
      isClosed = true;
      const finish = (timeoutMs: number) =>
        withDeadline(() => queue.idle(), { what: "the last answers", timeoutMs, clock });
      await finish(graceMs).catch((error) => {
        if (!(error instanceof TimeoutError)) throw error;
        isInterrupting = true;
        for (const conversation of running.keys()) stopRunning(conversation, "interrupted");
        return finish(LAST_WORDS_MS).catch((late) =>
          log.warn({ error: late, open: queue.size() }, "answers were left for the next start"),
        );
      });
    },
    load: () => queue.size(),
    control: {
      async stop(conversation, by) {
        const turn = running.get(conversation);
        // What waits here for another replica is not what streams; it is stopped where that replica is gone.
        const asked = turn === undefined || turn.isWaiting ? await elsewhere.ask(conversation, by) : "nothing-runs";
        if (turn === undefined || asked !== "nothing-runs") return asked;
        if (turn.asker !== by.id && !by.isOperator) return "not-yours";
        stopRunning(conversation, "stopped");
        return "stopped";
      },
      retry: createRetry({ ...deps, add, isClosed: () => isClosed, placeFor: queue.placeFor }),
      openThread: createOpenThread(deps),
      forget: createForget({ ...deps, empty }),
    },
  };
}
