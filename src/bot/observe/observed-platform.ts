import { conversationOf } from "../port/conversation.js";
import type { ChatPlatform, Mark, ReplyStreamDeps } from "../port/platform.js";

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
    async slot(channel, rank, signal, call) {
      observer.onWaiting(name, 1);
      try {
        await platform.slot(channel, rank, signal, call);
      } catch (error) {
        if (signal?.aborted && (rank === "progress" || rank === "first-text")) observer.onDropped(name);
        throw error;
      } finally {
        observer.onWaiting(name, -1);
      }
    },
    post: (...terms) => watched("post", platform.post(...terms)),
    edit: (...terms) => watched("edit", platform.edit(...terms)),
    append: (...terms) => watched("append", platform.append(...terms)),
    async mark(message, mark) {
      observer.onMark(name, `${conversationOf(message)} ${message.message}`, mark);
      await watched("mark", platform.mark(message, mark));
    },
  };
}
