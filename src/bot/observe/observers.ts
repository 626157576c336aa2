import type { RefreshEvent } from "../../refresh/refresher.js";
import type { Mark } from "../port/platform.js";
import type { TurnEvent } from "../turn/turn-deps.js";

/** `stream`: the showing of a whole answer by a way of the platform's own, whatever calls it took. */
export type PlatformCall = "post" | "edit" | "append" | "mark" | "stream";
export type StoreOperation = "read" | "write" | "claim" | "commit";

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
  onStoreCall(operation: StoreOperation, isDone: boolean): void;
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
  return {
    add: (observer) => void observers.push(observer),
    onPlatformCall: (...facts) => {
      for (const observer of observers) observer.onPlatformCall?.(...facts);
    },
    onDropped: (platform) => {
      for (const observer of observers) observer.onDropped?.(platform);
    },
    onWaiting: (...facts) => {
      for (const observer of observers) observer.onWaiting?.(...facts);
    },
    onMark: (...facts) => {
      for (const observer of observers) observer.onMark?.(...facts);
    },
    onQuestion: (...facts) => {
      for (const observer of observers) observer.onQuestion?.(...facts);
    },
    onStoreCall: (...facts) => {
      for (const observer of observers) observer.onStoreCall?.(...facts);
    },
    onClaim: (...facts) => {
      for (const observer of observers) observer.onClaim?.(...facts);
    },
    onTurn: (event) => {
      for (const observer of observers) observer.onTurn?.(event);
    },
    onRefresh: (event) => {
      for (const observer of observers) observer.onRefresh?.(event);
    },
  };
}
