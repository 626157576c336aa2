import { UserError } from "../base/errors.js";
import { cutText } from "../base/text.js";
import { DAY_MS } from "../base/time.js";
import { t } from "../languages/translate.js";
import type { Command, Control, Invocation, Reply } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code } from "./wording/markdown.js";

/** A conversation in a thread below the channel that a command was given in. */
export interface ThreadOf {
  readonly conversation: string;
  /** What was asked there last, or is being answered. */
  readonly question: string;
  readonly authorId: string | undefined;
  readonly author: string;
}

/** Most threads that are offered as buttons. */
const MAX_BUTTONS = 5;
const MAX_LABEL_CHARS = 60;

/** Returns the threads of a channel that were answered in during the last day, newest first. @throws {StoreError} */
export async function recentThreads(
  { sessions, clock }: Pick<CommandDeps, "sessions" | "clock">,
  { conversation }: Invocation,
): Promise<readonly ThreadOf[]> {
  const found = await sessions.threadsOf(conversation, clock.now() - DAY_MS);
  return found.map(({ conversation: thread, turn: { question } }) => ({
    conversation: thread,
    question: question.text,
    authorId: question.authorId,
    author: question.author,
  }));
}

/**
 * Returns the call on the conversation that it is about. In a channel whose questions begin threads that is the thread
 * in which its caller was answered last within a day, or undefined where there is none. @throws {StoreError}
 */
export async function targetThread(
  deps: Pick<CommandDeps, "sessions" | "clock">,
  invocation: Invocation,
): Promise<Invocation | undefined> {
  if (invocation.isAboveThreads !== true) return invocation;
  const own = (await recentThreads(deps, invocation)).find(({ authorId }) => authorId === invocation.user.id);
  return own && { ...invocation, conversation: own.conversation };
}

/** What somebody reads who has no such thread: operators choose one of the others'. @throws {UserError} elsewhere */
export async function othersBelow(
  deps: Pick<CommandDeps, "sessions" | "clock">,
  invocation: Invocation,
  verb: string,
  command: string,
): Promise<Reply> {
  const threads = invocation.isOperator ? await recentThreads(deps, invocation) : [];
  if (threads.length === 0) throw new UserError(t`You have asked nothing in the last day in this channel's threads.`);
  return {
    markdown: t`None of the last day's questions in this channel is yours. Choose one to answer again:`,
    controls: threadControls(threads, verb, command.trim()),
  };
}

/** Returns the threads of a channel in which an answer runs or waits, newest first. @throws {StoreError} */
export async function busyThreads(
  { sessions }: Pick<CommandDeps, "sessions">,
  { conversation }: Invocation,
): Promise<readonly ThreadOf[]> {
  const open = (await sessions.openQuestions()).filter(
    ([, question]) => question.ended === null && question.conversation.startsWith(`${conversation}:`),
  );
  // Compared answers of one thread are stopped together.
  return [...new Map(open.map((one) => [one[1].conversation, one])).values()]
    .map(([, { conversation: thread, text, authorId, author }]) => ({
      conversation: thread,
      question: text,
      authorId,
      author,
    }))
    .reverse();
}

/** Buttons that run a command in each of these threads. */
export const threadControls = (threads: readonly ThreadOf[], verb: string, command: string): readonly Control[] =>
  threads.slice(0, MAX_BUTTONS).map(({ conversation, question, author }) => ({
    label: `${verb}${cutText(`${author}: ${question.replace(/\s+/g, " ").trim()}`, MAX_LABEL_CHARS)}`,
    command,
    thread: conversation.slice(conversation.lastIndexOf(":") + 1),
  }));

/**
 * Adds what a command acts on where it was given in a channel whose questions begin threads: this channel and its later
 * threads, with a button for each thread of the last day.
 */
export function aboveThreads(command: Command, deps: Pick<CommandDeps, "sessions" | "clock">): Command {
  return {
    ...command,
    async *run(args, invocation) {
      if (invocation.isAboveThreads !== true) return yield* command.run(args, invocation);
      const values = Object.values(args).filter((value) => value !== undefined);
      const line = [`/${command.path}`, ...values].join(" ");
      const threads = await recentThreads(deps, invocation);
      const typed = code(`@Evergreen !${command.path}`);
      const note = [
        t`This applies to the channel and to threads that begin in it from now on.`,
        t`In a thread, type ${typed}${threads.length > 0 ? t`; or choose one of the last day:` : "."}`,
      ].join(" ");
      for await (const reply of command.run(args, invocation)) {
        const controls = [...(reply.controls ?? []), ...threadControls(threads, "", line)];
        yield { ...reply, markdown: `${reply.markdown}\n\nℹ️ ${note}`, controls };
      }
    },
  };
}
