import type { Clock } from "../../base/clock.js";
import type { HostConfig } from "../../base/config/config-host.js";
import type { Log } from "../../base/log.js";
import type { FinishReason, Provider, ProviderId, QuotaReading, Usage } from "../../providers/provider.js";
import type { ProviderSetup } from "../../providers/provider-definition.js";
import type { QuestionRoute, QuotaOffer } from "../../quota/fallback/route.js";
import type { Quota } from "../../quota/quota.js";
import type { AllowedModels, Verdict } from "../../refresh/choose/allowed-models.js";
import type { Preference } from "../../refresh/choose/default-model.js";
import type { ModelRef } from "../../refresh/choose/model-ref.js";
import type { Refresher } from "../../refresh/refresher.js";
import type { Settings } from "../../refresh/settings.js";
import type { Defer } from "../../store/deferred-writes.js";
import type { Ending, Pin, Session, Sessions } from "../../store/sessions/sessions.js";
import type { Store } from "../../store/store.js";
import type { Budgets } from "../../usage/budgets/budgets.js";
import { type CircuitBreaker, createCircuitBreaker } from "../../usage/circuit-breaker.js";
import type { Ledger } from "../../usage/ledger.js";
import type { FindModelFacts } from "../../usage/model-facts.js";
import { createProviderSlots, type ProviderSlots } from "../../usage/provider-slots.js";
import { createMessageLimits } from "../../usage/question-limits.js";
import type { Votes } from "../../usage/votes.js";
import type { LimitDeps } from "../access/limits.js";
import type { ChatPlatform, ReplyStream } from "../port/platform.js";
import type { PlatformParts } from "../port/platform-definition.js";
import type { Prepared } from "../prompt/prepare-request.js";
import type { Question } from "../prompt/question.js";
import { createRecentImages, type RecentImages } from "../prompt/recent-images.js";
import { type AnswerControls, createAnswerControls } from "./answer-controls.js";

/** What a finished turn tells the metrics. */
export interface TurnEvent {
  readonly platform: string;
  readonly provider: ProviderId | null;
  readonly model: string | null;
  readonly ending: Ending;
  /** Null where the process that it ran in has ended. */
  readonly durationMs: number | null;
  readonly firstTextMs: number | null;
  /** Why it failed or broke off, under the reference that the asker was shown. */
  readonly failure?: { readonly reference: string; readonly cause: string };
}

export interface TurnDeps {
  readonly sessions: Sessions;
  readonly refresher: Refresher;
  readonly settings: Pick<Settings, "of" | "languageOf">;
  readonly allowed: AllowedModels;
  readonly providers: ReadonlyMap<ProviderId, Provider>;
  /** The configured providers. */
  readonly setups: readonly ProviderSetup[];
  /** The model of a conversation that has no pin; undefined while there is none. */
  defaultModel(workspace: string): ModelRef | undefined;
  readonly slots: ProviderSlots;
  readonly breaker: CircuitBreaker;
  readonly ledger: Pick<Ledger, "writeOf">;
  readonly votes: Pick<Votes, "cast">;
  readonly budgets: Pick<Budgets, "limitsFor" | "reserve" | "news" | "settle" | "host">;
  readonly quota: Pick<Quota, "note" | "count" | "accountOf" | "ofModel" | "mayProbe">;
  readonly modelFacts: FindModelFacts;
  readonly images: RecentImages;
  readonly controls: AnswerControls;
  readonly chat: HostConfig["chat"];
  readonly clock: Clock;
  readonly log: Log;
  newReference(): string;
  /** What was made of each configured platform; filled before the first question. */
  readonly surfaces: readonly PlatformParts[];
  onTurn(event: TurnEvent): void;
}

export interface TurnTerms {
  readonly platform: ChatPlatform;
  readonly question: Question;
  readonly signal: AbortSignal;
}

/** A turn that has its answer, to be shown and saved. */
export interface AnsweredTurn extends TurnTerms {
  readonly session: Session;
  /** Makes the stored session what this one is, if it is new. */
  readonly begin: (now: Session) => Session;
  /** What answers: the session's pin, or what this answer alone was asked of. */
  readonly pin: Pin | null;
  readonly isConfigured: boolean;
  /** The rule that keeps `pin` from answering; undefined where it may. */
  readonly ruling: Extract<Verdict, { readonly isAllowed: false }> | undefined;
  /** What led to `pin`. */
  readonly route: QuestionRoute;
  /** The pin was asked because a person wanted to try it, whether its quota is out or not. */
  readonly isTried: boolean;
  /** What is said of the pinned model's quota, and offered in its place. */
  readonly offer: QuotaOffer | undefined;
  readonly stream: ReplyStream;
  readonly answer: ModelAnswer;
  /** What is shown of it, below what was thought. */
  readonly shown: string;
  readonly prepared: Prepared | undefined;
  readonly startedAt: number;
}

export interface ChatDeps extends TurnDeps, LimitDeps {
  readonly store: Store;
  /** This process among all that share the store. */
  readonly owner: string;
  /** Whether other processes share the store now. */
  hasPeers(): boolean;
  /** Whether they do by now. Never rejects. */
  findPeers(): Promise<boolean>;
  readonly defer: Defer;
}

/** The result of asking a model. */
export interface ModelAnswer {
  /** What was said. */
  readonly text: string;
  readonly ending: Ending;
  readonly finish?: {
    readonly reason: FinishReason;
    /** The vendor's word for an end that nobody knows. */
    readonly word?: string;
    readonly wantsTool?: boolean;
    readonly usage?: Usage;
    /** The model that really answered, where the provider says. */
    readonly model?: string;
  };
  readonly error?: unknown;
  /** What the vendor reported about its quotas. */
  readonly readings?: readonly QuotaReading[];
  /** Whether the model sent reasoning, shown or not. */
  readonly hasThought?: boolean;
  /** How much of its reasoning came, in UTF-16 code units. */
  readonly thoughtChars?: number;
  readonly firstTextAt?: number;
  /** The provider may have counted something: it answered, or was at it when the turn was called off. */
  readonly isUsed?: boolean;
}

type Parts = "limits" | "slots" | "breaker" | "images" | "controls" | "chat";

/** What a chat keeps in memory for itself, as the host's settings want it. */
export function createChatParts(
  { clock, allowed }: Pick<ChatDeps, "clock" | "allowed">,
  config: Pick<HostConfig, "limits" | "chat"> & { readonly providers: readonly Preference[] },
): Pick<ChatDeps, Parts> {
  return {
    limits: createMessageLimits(config.limits, clock),
    slots: createProviderSlots(config.limits.providerConcurrency),
    breaker: createCircuitBreaker(clock),
    images: createRecentImages(),
    controls: createAnswerControls({ snapshot: allowed.snapshot, setups: config.providers }),
    chat: config.chat,
  };
}
