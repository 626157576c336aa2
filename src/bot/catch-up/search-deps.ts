import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { Store } from "../../store/store.js";
import type { ChannelKey, Mention } from "../port/platform.js";
import type { PlatformParts } from "../port/platform-definition.js";

export interface SearchDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** How far back it looks, in ms; 0: never. */
  readonly windowMs: number;
  /** What was written before that is never answered, epoch ms. */
  readonly firstStartAt: number;
  /** Whether this is the store's first start: nothing was missed before events come in for the first time. */
  readonly isFirstStart: boolean;
  /** When one of these conversations was last erased, epoch ms. @throws {StoreError} */
  erasedAt(conversations: readonly string[]): Promise<number>;
  /** Resolves when nothing is answered in the conversation and nothing waits. */
  idleIn(conversation: string): Promise<void>;
}

/** Takes a question to the conversation's line. @throws {UserError} while the bot stops @throws {StoreError} */
export type TakeMissed = (mention: Mention) => Promise<void>;

export type ToldPlaces = readonly ChannelKey[] | Promise<readonly ChannelKey[]>;

export interface SearchTerms {
  readonly platform: string;
  readonly read: NonNullable<PlatformParts["readMissed"]>;
  readonly take: TakeMissed;
  readonly signal: AbortSignal;
}
