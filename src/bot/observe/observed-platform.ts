import { conversationOf } from "../conversation.js";
import type { ChatPlatform, Mark } from "../platform.js";

export type PlatformCall = "post" | "edit" | "append" | "mark";

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
  return {
    ...platform,
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
