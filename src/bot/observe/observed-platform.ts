import type { Reply } from "../../commands/command.js";
import { conversationOf } from "../port/conversation.js";
import { type ChatPlatform, currentReply, type Mark, type ReplyStreamDeps, type SendTerms } from "../port/platform.js";

/** `stream`: the showing of a whole answer by a way of the platform's own, whatever calls it took. */
export type PlatformCall = "post" | "edit" | "append" | "mark" | "stream";

/** Who is told what a platform does. Nothing of what is said. */
export interface PlatformObserver {
  onCall(platform: string, call: PlatformCall, isSent: boolean): void;
  /** A text's turn never came: a newer one took its place. */
  onDropped(platform: string): void;
  /** Calls that wait for the platform's pace: one more, or one fewer. */
  onWaiting(platform: string, change: 1 | -1): void;
  /** The bot's mark on a question is now this one. */
  onMark(platform: string, message: string, mark: Mark | undefined): void;
  /** Somebody asked something in a conversation. */
  onQuestion(platform: string, conversation: string): void;
}

/** The same platform, and the observer hears of its calls. */
export function observedPlatform(platform: ChatPlatform, observer: PlatformObserver): ChatPlatform {
  const { name } = platform;
  const watched = async <T>(call: PlatformCall, work: Promise<T>): Promise<T> => {
    try {
      const result = await work;
      observer.onCall(name, call, true);
      return result;
    } catch (error) {
      observer.onCall(name, call, false);
      throw error;
    }
  };
  /** A call waits until the platform asks for its text; one that never gets so far, or is called off, is not sent. */
  const sent = async <R extends Reply | undefined, T>(
    call: PlatformCall,
    reply: Reply | (() => R),
    { rank, signal }: SendTerms = {},
    send: (reply: () => Reply | R) => Promise<T>,
  ): Promise<T> => {
    let isWaiting = true;
    let isSent = false;
    const leave = () => {
      if (isWaiting) observer.onWaiting(name, -1);
      isWaiting = false;
    };
    observer.onWaiting(name, 1);
    try {
      const result = await send(() => {
        leave();
        const current = currentReply(reply);
        isSent = current !== undefined;
        return current;
      });
      if (isSent) observer.onCall(name, call, true);
      return result;
    } catch (error) {
      if (isSent) observer.onCall(name, call, false);
      else if (signal?.aborted && (rank === "progress" || rank === "first-text")) observer.onDropped(name);
      throw error;
    } finally {
      leave();
    }
  };
  const createReplyStream = platform.createReplyStream?.bind(platform);
  const watchedStream = (deps: ReplyStreamDeps, create: NonNullable<typeof createReplyStream>) => {
    const stream = create(deps);
    return {
      ...stream,
      async finish(...terms: Parameters<typeof stream.finish>) {
        const isShown = await stream.finish(...terms).catch((error) => {
          observer.onCall(name, "stream", false);
          throw error;
        });
        observer.onCall(name, "stream", isShown);
        return isShown;
      },
    };
  };
  return {
    ...platform,
    ...(createReplyStream && {
      createReplyStream: (deps: ReplyStreamDeps) => watchedStream(deps, createReplyStream),
    }),
    start: (handlers) =>
      platform.start({
        ...handlers,
        onMention(mention) {
          observer.onQuestion(name, conversationOf(mention.message));
          return handlers.onMention(mention);
        },
      }),
    post: (channel, reply, terms) => sent("post", reply, terms, (current) => platform.post(channel, current, terms)),
    edit: (message, reply, terms) => sent("edit", reply, terms, (current) => platform.edit(message, current, terms)),
    append: (...terms) => watched("append", platform.append(...terms)),
    async mark(message, mark) {
      observer.onMark(name, `${conversationOf(message)} ${message.message}`, mark);
      await watched("mark", platform.mark(message, mark));
    },
  };
}
