import type { Clock } from "../../base/clock.js";
import type { HostConfig } from "../../base/config-host.js";
import type { Log } from "../../base/log.js";
import type { Provider, ProviderId } from "../../providers/provider.js";
import type { ModelRef } from "../../refresh/choose/default-model.js";
import type { Refresher } from "../../refresh/refresher.js";
import type { Settings } from "../../refresh/settings.js";
import type { Ending, Pin, Session, Sessions } from "../../store/sessions/sessions.js";
import type { CircuitBreaker } from "../../usage/circuit-breaker.js";
import type { Ledger } from "../../usage/ledger.js";
import type { FindModelFacts } from "../../usage/model-facts.js";
import type { ProviderSlots } from "../../usage/provider-slots.js";
import type { ChatPlatform, ReplyStream } from "../port/platform.js";
import type { PlatformExtras } from "../port/platform-definition.js";
import type { Prepared } from "../prompt/prepare-request.js";
import type { Question } from "../prompt/question.js";
import type { RecentImages } from "../prompt/recent-images.js";
import type { AnswerControls } from "./answer-controls.js";
import type { Answer } from "./turn-text.js";

/** What a finished turn tells the metrics. */
export interface TurnEvent {
  readonly platform: string;
  readonly provider: ProviderId | null;
  readonly model: string | null;
  readonly ending: Ending;
  /** Null where the process that it ran in is no more. */
  readonly durationMs: number | null;
  readonly firstTextMs: number | null;
}

export interface TurnDeps {
  readonly sessions: Sessions;
  readonly refresher: Refresher;
  readonly settings: Pick<Settings, "of">;
  readonly providers: ReadonlyMap<ProviderId, Provider>;
  /** The model of a conversation that has no pin; undefined while there is none. */
  defaultModel(workspace: string): ModelRef | undefined;
  readonly slots: ProviderSlots;
  readonly breaker: CircuitBreaker;
  readonly ledger: Pick<Ledger, "writeOf">;
  readonly modelFacts: FindModelFacts;
  readonly images: RecentImages;
  readonly controls: AnswerControls;
  readonly chat: HostConfig["chat"];
  readonly clock: Clock;
  readonly log: Log;
  newReference(): string;
  /** What that platform can do besides the port. */
  extrasOf(platform: string): PlatformExtras;
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
  /** What answers: the session's pin, or what this answer alone was asked of. */
  readonly pin: Pin | null;
  readonly isConfigured: boolean;
  readonly stream: ReplyStream;
  readonly answer: Answer;
  /** What is shown of it, below what was thought. */
  readonly shown: string;
  readonly prepared: Prepared | undefined;
  readonly startedAt: number;
}
