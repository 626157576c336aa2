import type { ProviderId, Usage } from "../../providers/provider.js";
import type { Swap, Write } from "../store.js";

/** A conversation's model: nothing but a person moves it. */
export interface Pin {
  readonly provider: ProviderId;
  readonly model: string;
  readonly at: number;
  /** Name of the person who chose it; null: the default in force at the first message. */
  readonly by: string | null;
}

/** The record of a conversation; its turns are rows of their own. */
export interface Session {
  readonly pin: Pin | null;
  /** Own system prompt, which follows the host's; null: the host's alone. */
  readonly system: string | null;
  /** What the model thinks is shown above its answers. */
  readonly showsReasoning?: boolean;
  /** Turns from here on are sent; `/chat new` moves it up. */
  readonly firstTurn: number;
  readonly nextTurn: number;
  /** When a person last started over; 0 where nobody did. A turn that began before stays out of what is sent. */
  readonly startedAt: number;
  readonly updatedAt: number;
  /** End of the last turn; null where there was none. */
  readonly answeredAt: number | null;
  /** What was last said of the pinned model's state, so that it is said once; unset where nothing was. */
  readonly noted?: string;
  /** A person chose the pin, or gave it up, and no answer has said so yet. */
  readonly pinNews?: "chosen" | "default";
  /** Who set the system prompt, or dropped it, while no answer has said so yet. */
  readonly systemNews?: string;
  /** Another model answers here for a while; the pin stays. */
  readonly detour?: Detour;
  /** What was said and agreed of quotas of the pinned model, by window. */
  readonly quotaNotes?: Readonly<Record<string, QuotaNote>>;
  /** The next question goes to the pinned model, whether its quota is out or not. */
  readonly triesPin?: true;
}

/** Another model answers until a quota of the pinned one renews, because somebody has agreed to it. */
export interface Detour {
  readonly provider: ProviderId;
  readonly model: string;
  /** Epoch ms. */
  readonly until: number;
  /** Nobody knows when the quota renews: the detour ends when it is seen to let through, at `until` at the latest. */
  readonly isOpenEnded?: true;
  /** The quota's window. */
  readonly window: string;
  readonly at: number;
  /** Name of the person who agreed; null: the workspace has, to all of them. */
  readonly by: string | null;
  /** When the pin was set that it is a detour from: a moved pin ends it. */
  readonly pinAt: number;
}

export interface QuotaNote {
  /** When it was last told that the quota is at risk. */
  readonly toldAt?: number;
  /** Until when no other detour may begin because of this window: there was one. */
  readonly switchedUntil?: number;
}

/** `limited`: the model's length limit or the provider's filter ended it. */
export type Ending = "done" | "limited" | "stopped" | "cut-off" | "failed" | "interrupted";

export interface Turn {
  readonly question: {
    readonly message: string;
    readonly author: string;
    /** Unset in rows of older versions. */
    readonly authorId?: string;
    /** The question as it was written. */
    readonly text: string;
    /** The question as it was sent, with quotes and files; unset where that is `text`. */
    readonly sent?: string;
    readonly at: number;
  };
  /** What was shown; empty where it failed before any text. */
  readonly answer: string;
  /** Id of the message that the answer ends in; unset where nothing was shown. */
  readonly shownIn?: string;
  readonly ending: Ending;
  readonly provider: ProviderId | null;
  readonly model: string | null;
  readonly usage: Usage | null;
  readonly endedAt: number;
  /** Set where the answer was given beside the history, to be compared. */
  readonly compared?: {
    /** Number of the turn whose question it answers. */
    readonly number: number;
    /** The thread that it stands in. */
    readonly thread?: string;
  };
}

/** `inputTokens` is an estimate. */
export interface Asked {
  readonly provider: ProviderId;
  readonly model: string;
  readonly inputTokens: number;
}

/** A question that has no end yet: what the next start finds after a kill. */
export interface OpenQuestion {
  readonly conversation: string;
  /** Where the question stands, as the platform's message key. */
  readonly message: unknown;
  /** The process that answers it. */
  readonly owner: string;
  /** Unset in rows of older versions. */
  readonly authorId?: string;
  /** What was asked of whom when its first text came, so that an answer that is broken off counts. */
  readonly asked?: Asked;
  /** Where the answer stands, once it has begun. */
  readonly answer: unknown | null;
  readonly author: string;
  readonly text: string;
  readonly at: number;
  /** When it was written, where it was found later (epoch ms): its place in line is by that. */
  readonly writtenAt?: number;
  /** How its turn ended, once that is saved: only the end mark may be missing then. */
  readonly ended: Ending | null;
  /** Another process wants its answer stopped. */
  readonly isStopAsked?: true;
  /** Set where the answer is compared with that of turn `number`, beside the conversation's history. */
  readonly compared?: {
    readonly provider: ProviderId;
    readonly model: string;
    readonly number: number;
    /** Under which the answer stands, as the platform's message key: that of the question, or in another thread. */
    readonly at: unknown;
    /** Who compares. */
    readonly by: { readonly id: string; readonly name: string };
  };
}

/** What goes with the end of a turn. */
export interface EndTerms {
  /** The turn takes the place of this one, if it is still the last. */
  readonly replaces?: number | undefined;
  /** Changes the session as well. */
  readonly change?: (before: Session) => Session;
  readonly writes?: readonly Write[];
  /**
   * Makes further rows that change in the same step; asked again where one of them was changed elsewhere. `isOpen`: the
   * question is still open; else another process may have ended and closed it.
   */
  readonly settle?: ((isOpen: boolean) => Promise<readonly Swap[]>) | undefined;
}

/** A turn, and its number in its conversation. */
export interface NumberedTurn {
  readonly number: number;
  readonly turn: Turn;
}
