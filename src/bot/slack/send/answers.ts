import { fenceAfter, NO_FENCE } from "../../delivery/code-fence.js";
import { createReplyStream } from "../../delivery/reply-stream.js";
import { conversationOf } from "../../port/conversation.js";
import type { MessageKey, ReplyStream, ReplyStreamDeps } from "../../port/platform.js";
import type { AgentCalls, AgentWay, QuestionTitles, ThreadKey } from "./agent-calls.js";
import { APPEND, UPDATE } from "./stream-calls.js";
import { createStreaming, type Streaming, type StreamingDeps } from "./stream-driver.js";

export interface AnswerDeps extends Omit<StreamingDeps, "platform" | "log"> {
  readonly agent: AgentCalls;
  readonly titles: QuestionTitles;
}

/** Answers on Slack: shown at work from the beginning, and grown natively where they stand in a thread. */
export function createAnswers(deps: AnswerDeps): (reply: ReplyStreamDeps) => ReplyStream {
  const { agent, buckets, titles } = deps;

  const showAtWork = async ({ question, asker }: ReplyStreamDeps): Promise<AgentWay | undefined> => {
    const { thread } = question;
    if (thread === undefined) return undefined;
    const place: ThreadKey = { ...question, thread };
    const title = titles.of(question);
    const way = await agent.begin(place, { title, user: asker.id });
    if (way === "assistant" && title !== undefined && question.message === thread) await agent.setTitle(place, title);
    return way;
  };
  return (reply) => {
    const { question, asker, platform, log } = reply;
    const atWork = showAtWork(reply).catch(() => undefined); // none of its calls rejects
    return createNativeReplyStream({
      reply,
      begin: () => createStreaming({ ...deps, platform, log }, question, asker.id),
      onEnd(endedNatively) {
        for (const bucket of [UPDATE, APPEND]) buckets.setGrowing(bucket, conversationOf(question), false);
        void atWork
          .then(async (way) => {
            // The end of a stream ends the session's work as well.
            if (way === undefined || (way === "session" && endedNatively)) return;
            await agent.end({ ...question, thread: question.thread ?? "" }, way);
          })
          .catch((error) => log.debug({ error }, "slack: end of the status could not be shown"));
      },
    });
  };
}

/** A part of an answer, in messages of its own. */
interface Part {
  readonly stream: ReplyStream;
  readonly streaming: Streaming;
}

export interface NativeDeps {
  readonly reply: ReplyStreamDeps;
  /** Creates the platform of one more part. */
  begin(): Streaming;
  /** Called at the end with whether Slack's streaming ended the answer. */
  onEnd(endedNatively: boolean): void;
}

/** Slack ends a stream after about five minutes: after this long the answer goes on in another, between paragraphs. */
const ROTATE_AFTER_MS = 200_000;
/** After this long it goes on in another one at any line break. */
const ROTATE_ANYWHERE_MS = 220_000;

/** Shows an answer by Slack's streaming, in a new stream before Slack ends the last one; by edits where that fails. */
export function createNativeReplyStream({ reply, begin, onEnd }: NativeDeps): ReplyStream {
  let from = 0;
  let lastPosted: MessageKey | undefined;
  const earlier: Promise<boolean>[] = [];

  const open = (): Part => {
    const streaming = begin();
    const onPosted = async (message: MessageKey) => {
      lastPosted = message;
      await reply.onPosted(message);
    };
    return { streaming, stream: createReplyStream({ ...reply, platform: streaming.platform, onPosted }) };
  };
  let current = open();

  const close = async ({ stream, streaming }: Part, text: string, controls?: Parameters<ReplyStream["finish"]>[1]) => {
    const isShown = await stream.finish(text, controls);
    return { isShown, endedNatively: await streaming.settle() };
  };
  const rotate = (text: string) => {
    const ageMs = current.streaming.ageMs() ?? 0;
    if (ageMs < ROTATE_AFTER_MS) return;
    const cut = placeToCut(text, from, ageMs >= ROTATE_ANYWHERE_MS ? "\n" : "\n\n");
    if (cut === undefined) return;
    const over = close(current, text.slice(from, cut)).then(({ isShown }) => isShown);
    over.catch(() => {}); // rethrown by finish
    earlier.push(over);
    from = cut;
    current = open();
  };

  return {
    show(text) {
      rotate(text);
      current.stream.show(text.slice(from));
    },
    postedIn: () => current.stream.postedIn() ?? lastPosted,
    async finish(text, controls) {
      const before = await Promise.allSettled(earlier);
      const { isShown, endedNatively } = await close(current, text.slice(from), controls).catch((error) => {
        onEnd(false);
        throw error;
      });
      onEnd(endedNatively);
      for (const each of before) if (each.status === "rejected") throw each.reason;
      return isShown && before.every((each) => each.status === "fulfilled" && each.value);
    },
  };
}

/** Returns the end of the last break that is outside code and has text after it. */
function placeToCut(text: string, from: number, mark: string): number | undefined {
  for (let at = text.lastIndexOf(mark); at > from; at = text.lastIndexOf(mark, at - 1)) {
    const cut = at + mark.length;
    const hasMore = text.slice(cut).trim() !== "";
    if (hasMore && fenceAfter(text.slice(from, cut), NO_FENCE) === undefined) return cut;
  }
  return undefined;
}
