import type { Reply } from "../../commands/command.js";
import type { RefreshEvent } from "../../refresh/refresher.js";
import { aroundStore, type StoreOperation } from "../../store/around-store.js";
import type { Store } from "../../store/store.js";
import { conversationOf } from "../port/conversation.js";
import { type ChatPlatform, currentReply, type Mark, type ReplyStreamDeps, type SendTerms } from "../port/platform.js";
import type { TurnEvent } from "../turn/turn-deps.js";

/** `stream`: the showing of a whole answer by a way of the platform's own, whatever calls it took. */
export type PlatformCall = "post" | "edit" | "append" | "mark" | "stream";

/** What can be observed of a running bot. Nothing of what is said or stored. */
export interface Observer {
  onPlatformCall(platform: string, call: PlatformCall, isSent: boolean): void;
  /** A text was not sent: a newer one took its place. */
  onDropped(platform: string): void;
  /** The number of calls that wait for the platform's rate limit has changed. */
  onWaiting(platform: string, change: 1 | -1): void;
  /** The bot's mark on a question is now this one. */
  onMark(platform: string, message: string, mark: Mark | undefined): void;
  onQuestion(platform: string, conversation: string): void;
  onStoreCall(operation: Exclude<StoreOperation, "renew" | "purge">, isDone: boolean): void;
  /** `kind` is the part of the claim's name before the colon: "refresh". */
  onClaim(kind: string, isWon: boolean): void;
  onTurn(event: TurnEvent): void;
  onRefresh(event: RefreshEvent): void;
}

/** The one list of observers. What they observe tells it, and may be made before them. */
export interface Observers extends Observer {
  add(observer: Partial<Observer>): void;
}

export function createObservers(): Observers {
  const observers: Partial<Observer>[] = [];
  const tellAll =
    <E extends keyof Observer>(event: E) =>
    (...facts: Parameters<Observer[E]>): void => {
      for (const observer of observers)
        (observer[event] as ((...facts: Parameters<Observer[E]>) => void) | undefined)?.call(observer, ...facts);
    };
  return {
    add: (observer) => void observers.push(observer),
    onPlatformCall: tellAll("onPlatformCall"),
    onDropped: tellAll("onDropped"),
    onWaiting: tellAll("onWaiting"),
    onMark: tellAll("onMark"),
    onQuestion: tellAll("onQuestion"),
    onStoreCall: tellAll("onStoreCall"),
    onClaim: tellAll("onClaim"),
    onTurn: tellAll("onTurn"),
    onRefresh: tellAll("onRefresh"),
  };
}

/** Wraps the store: the observer is told how each call ends. */
export function observedStore(store: Store, observer: Pick<Observer, "onStoreCall" | "onClaim">): Store {
  const observed = aroundStore(store, async (operation, call) => {
    if (operation === "renew" || operation === "purge") return call();
    try {
      const result = await call();
      observer.onStoreCall(operation, true);
      return result;
    } catch (error) {
      observer.onStoreCall(operation, false);
      throw error;
    }
  });
  return {
    ...observed,
    async claim(name, terms) {
      const result = await observed.claim(name, terms);
      observer.onClaim(name.split(":")[0] ?? name, result.held);
      return result;
    },
  };
}

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
