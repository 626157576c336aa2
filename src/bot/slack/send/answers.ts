import { conversationOf } from "../../port/conversation.js";
import type { ReplyStream, ReplyStreamDeps } from "../../port/platform.js";
import type { AgentCalls, AgentWay, QuestionTitles, ThreadKey } from "./agent-calls.js";
import { createNativeReplyStream } from "./native-reply-stream.js";
import { APPEND, UPDATE } from "./stream-calls.js";
import { createStreaming, type StreamingDeps } from "./stream-driver.js";

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
