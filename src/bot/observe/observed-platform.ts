import type { Reply } from "../../commands/command.js";
import { conversationOf } from "../port/conversation.js";
import { type ChatPlatform, currentReply, type ReplyStreamDeps, type SendTerms } from "../port/platform.js";
import type { Observer, PlatformCall } from "./observers.js";

type PlatformEvents = Pick<Observer, "onPlatformCall" | "onDropped" | "onWaiting" | "onMark" | "onQuestion">;

/** Wraps the platform: the observer is told how each call ends, what waits, and what is asked. */
export function observedPlatform(platform: ChatPlatform, observer: PlatformEvents): ChatPlatform {
  const { name } = platform;
  const watched = async <T>(call: PlatformCall, work: Promise<T>): Promise<T> => {
    try {
      const result = await work;
      observer.onPlatformCall(name, call, true);
      return result;
    } catch (error) {
      observer.onPlatformCall(name, call, false);
      throw error;
    }
  };
  const sent = observedSend(name, observer);
  const createReplyStream = platform.createReplyStream?.bind(platform);
  const watchedStream = (deps: ReplyStreamDeps, create: NonNullable<typeof createReplyStream>) => {
    const stream = create(deps);
    return {
      ...stream,
      async finish(...terms: Parameters<typeof stream.finish>) {
        const isShown = await stream.finish(...terms).catch((error) => {
          observer.onPlatformCall(name, "stream", false);
          throw error;
        });
        observer.onPlatformCall(name, "stream", isShown);
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

/** A call waits until the platform asks for its text; one that never gets so far, or is called off, is not sent. */
const observedSend =
  (name: string, observer: PlatformEvents) =>
  async <R extends Reply | undefined, T>(
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
      if (isSent) observer.onPlatformCall(name, call, true);
      return result;
    } catch (error) {
      if (isSent) observer.onPlatformCall(name, call, false);
      else if (signal?.aborted && (rank === "progress" || rank === "first-text")) observer.onDropped(name);
      throw error;
    } finally {
      leave();
    }
  };
