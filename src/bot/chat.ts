import type { TurnControl } from "../commands/turn-control.js";
import { withDeadline } from "../deadline.js";
import { TimeoutError, UserError } from "../errors.js";
import type { OpenQuestion } from "../store/sessions.js";
import { timeMark } from "../time-mark.js";
import type { MessageLimits } from "../usage/message-limits.js";
import { channelOf, conversationOf, questionIdOf, workspaceOf } from "./conversation.js";
import { ENDING_MARKS, failureText, TurnCalledOff } from "./endings.js";
import type { ChatPlatform, Mark, Mention, MessageKey } from "./platform.js";
import { PlatformError } from "./platform-error.js";
import { MAX_QUESTION_CHARS, questionFault } from "./question-fault.js";
import { runTurn, type TurnDeps } from "./turn.js";
import { createTurnQueue } from "./turn-queue.js";
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

export interface ChatDeps extends TurnDeps {
  readonly limits: MessageLimits;
  /** This process among all that share the store. */
  readonly owner: string;
}

/** How long the last words of interrupted answers may take at the end of a stop. */
const LAST_WORDS_MS = 3_000;

/** Takes questions, queues them per conversation, and sees every one of them to its end mark. */
export function createChat(deps: ChatDeps): Chat {
  const { sessions, refresher, limits, clock, log } = deps;
  const queue = createTurnQueue();
  const running = new Map<string, { readonly asker: string; readonly controller: AbortController }>();
  let isClosed = false;
  let isInterrupting = false;

  /** Resolves with whether it is settled: shown, or refused for good. */
  const show = (platform: ChatPlatform, message: MessageKey, mark: Mark): Promise<boolean> =>
    platform
      .slot(message, "mark")
      .then(() => platform.mark(message, mark))
      .then(() => true)
      .catch((error) => {
        log.warn({ error, mark }, "a mark was not shown");
        return error instanceof PlatformError && !error.isRetryable;
      });

  const refuse = async (platform: ChatPlatform, mention: Mention, why: string) => {
    await platform
      .slot(mention.message, "error", undefined, "post")
      .then(() => platform.post(mention.message, { markdown: why }, mention.message))
      .catch((error) => log.warn({ error }, "a refusal was not shown"));
    return show(platform, mention.message, "failed");
  };

  const run = async (platform: ChatPlatform, mention: Mention, id: string) => {
    const conversation = conversationOf(mention.message);
    const controller = new AbortController();
    running.set(conversation, { asker: mention.author.id, controller });
    if (isInterrupting) controller.abort(new TurnCalledOff("interrupted"));
    try {
      const isWorkingShown = show(platform, mention.message, "working");
      const ending = await runTurn(deps, { id, platform, mention, signal: controller.signal });
      await isWorkingShown; // so that it never comes after the end mark
      const isMarked = await show(platform, mention.message, ENDING_MARKS[ending]);
      // Else the next start finds it, and only repeats the mark: a stop may have come before there was room for it.
      if (isMarked) await untilStored(() => sessions.close(id), deps);
    } catch (error) {
      const reference = deps.newReference();
      log.error({ error, id, reference }, "a turn could not be finished");
      const isTold = await refuse(platform, mention, failureText(error, reference));
      if (!isTold) return; // the next start finds it, and says so below it
      await sessions.close(id).catch((late) => log.error({ error: late, id }, "its question stays for the next start"));
    } finally {
      running.delete(conversation);
    }
  };

  return {
    async onMention(platform, mention) {
      if (isClosed) throw new UserError("The bot is restarting. Please ask again in a moment.");
      refresher.noteActivity(workspaceOf(mention.message), conversationOf(mention.message));
      const id = questionIdOf(mention.message);
      // Claimed before anything is answered: a repeated event gets nothing, not even a second refusal.
      if (!(await sessions.open(id, openQuestionOf(mention, clock.now(), deps.owner)))) return;
      const isFull = queue.placeFor(conversationOf(mention.message)) === "full";
      const fault = questionFault(mention.text) ?? (isFull ? FULL_LINE : limitFault(limits, mention));
      const place = fault ?? queue.add(conversationOf(mention.message), () => run(platform, mention, id));
      if (place === "running") return;
      if (place === "waiting") return void (await show(platform, mention.message, "waiting"));
      await refuse(platform, mention, fault ?? FULL_LINE);
      await sessions.close(id);
    },
    async stop(graceMs) {
      isClosed = true;
      const finish = (timeoutMs: number) =>
        withDeadline(() => queue.idle(), { what: "the last answers", timeoutMs, clock });
      await finish(graceMs).catch((error) => {
        if (!(error instanceof TimeoutError)) throw error;
        isInterrupting = true;
        for (const { controller } of running.values()) controller.abort(new TurnCalledOff("interrupted"));
        return finish(LAST_WORDS_MS).catch((late) =>
          log.warn({ error: late, open: queue.size() }, "answers were left for the next start"),
        );
      });
    },
    load: () => queue.size(),
    control: {
      stop(conversation, by) {
        const turn = running.get(conversation);
        if (turn === undefined) return "nothing-runs";
        if (turn.asker !== by.id && !by.isOperator) return "not-yours";
        turn.controller.abort(new TurnCalledOff("stopped"));
        return "stopped";
      },
    },
  };
}

/** What the asker of one question too many reads. */
function limitFault(limits: MessageLimits, { message, author }: Mention): string | undefined {
  const verdict = limits.take(`${message.platform}:${author.id}`, channelOf(message));
  if (verdict.isAllowed) return undefined;
  const who =
    verdict.by === "user"
      ? "You have asked as many questions as one person may"
      : "This channel has had as many questions as it may";
  return `${who} in 10 minutes. The next one is taken ${timeMark(verdict.until)}.`;
}

const FULL_LINE = "There are already 5 questions waiting here. Please ask again when some are answered.";

const openQuestionOf = ({ message, author, text }: Mention, at: number, owner: string): OpenQuestion => ({
  conversation: conversationOf(message),
  message,
  owner,
  answer: null,
  author: author.name,
  text: text.slice(0, MAX_QUESTION_CHARS),
  at,
  ended: null,
});
