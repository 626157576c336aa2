import type { Control } from "../../commands/command.js";
import { quoted } from "../../commands/grammar/tokens.js";
import { escapeInline } from "../../commands/wording/markdown.js";
import { forecastText, untilText, windowName } from "../../commands/wording/quota-text.js";
import { inLanguage, t } from "../../languages/translate.js";
import { ProviderError } from "../../providers/provider.js";
import { type Candidate, chooseCandidate } from "../../quota/fallback/candidates.js";
import {
  maySwitch,
  type QuestionRoute,
  type QuotaOffer,
  recentNotes,
  routeQuestion,
  withDetour,
  withoutDetour,
} from "../../quota/fallback/route.js";
import type { QuotaState } from "../../quota/quota.js";
import { type ModelRef, modelName, splitModel } from "../../refresh/choose/model-ref.js";
import type { Detour, Pin, Session } from "../../store/sessions/sessions.js";
import { workspaceOf } from "../port/conversation.js";
import type { MessageKey } from "../port/platform.js";
import type { Question } from "../prompt/question.js";
import { ProviderDown } from "./endings.js";
import type { AnsweredTurn, TurnDeps } from "./turn-deps.js";

/** Where a model's name is cut; none is longer. */
const MAX_MODEL_CHARS = 250;
const shown = (model: ModelRef): string => escapeInline(modelName(model), MAX_MODEL_CHARS);

/**
 * Returns what belongs under an answer: once per episode of risk where the quota is at risk, and under every question
 * that it could not answer where it is out. Undefined under answers of other models.
 */
export function offerUnder(deps: TurnDeps, turn: Omit<AnsweredTurn, "offer">): QuotaOffer | undefined {
  const { session, question, route, answer } = turn;
  const { pin } = session;
  if (pin === null || question.retry?.model !== undefined || route.kind === "detour") return undefined;
  const { out, risk } = deps.quota.ofModel(pin);
  const isStopped = route.kind === "stopped" || (answer.ending === "failed" && answer.error instanceof ProviderError);
  const state = isStopped ? out : isNews(session, risk) ? risk : undefined;
  if (state === undefined) return undefined;
  const isAsked = fallbackMode(deps, question.message) === "ask" && maySwitch(session, state, deps.clock.now());
  return { pin, state, candidate: isAsked ? candidateFor(deps, question.message, pin) : undefined };
}

/** Whether an episode of risk has not been told here yet. */
const isNews = ({ quotaNotes }: Session, risk: QuotaState | undefined): boolean =>
  risk?.forecast !== undefined && (quotaNotes?.[risk.key]?.toldAt ?? 0) < (risk.riskSince ?? 0);

/** The session that knows that the risk was told. */
export function withToldRisk(offer: QuotaOffer | undefined, now: Session, at: number): Session {
  if (offer === undefined || offer.state.isOut) return now;
  const { key } = offer.state;
  return { ...now, quotaNotes: { ...recentNotes(now, at), [key]: { ...now.quotaNotes?.[key], toldAt: at } } };
}

/** When a quota renews, as a control and a line name it. */
const renewalWords = (at: number | undefined, now: number) => (at === undefined ? t`it is back` : untilText(at, now));

/** Two named controls: nobody who presses none of them is taken anywhere. */
export function offerControls({ pin, state, candidate }: QuotaOffer, now: number): readonly Control[] {
  if (candidate === undefined) return [];
  const [other, own] = [modelName(candidate), modelName(pin)];
  const until = inLanguage(undefined, () => renewalWords(state.renewsAt, now));
  return [
    {
      label: `Use ${other} until ${until}`,
      command: `/models detour ${quoted(other)} ${quoted(own)}`,
    },
    { label: `Keep ${own}`, command: `/models back ${quoted(own)}` },
  ];
}

/** Where a provider has passing trouble, its question can be asked of another model; nothing else changes. */
export function troubleControl(deps: TurnDeps, turn: AnsweredTurn): readonly Control[] {
  const { answer, session, question } = turn;
  const { error } = answer;
  const isPassing =
    error instanceof ProviderDown ||
    (error instanceof ProviderError && error.isRetryable && error.reason !== "rate-limited");
  if (!isPassing || session.pin === null || fallbackMode(deps, question.message) === "off") return [];
  const candidate = candidateFor(deps, question.message, session.pin);
  if (candidate === undefined) return [];
  const name = modelName(candidate);
  return [{ label: t`Answer again with ${name}`, command: `/chat retry model:${quoted(name)}` }];
}

/** The quiet line under an answer whose quota is at risk. */
export function riskLine(offer: QuotaOffer | undefined, now: number): string | undefined {
  if (offer === undefined || offer.state.isOut) return undefined;
  return `⚠️ ${windowName(offer.state)}: ${forecastText(offer.state, now)}.${unknownWords(offer.candidate)}`;
}

const unknownWords = (candidate: Candidate | undefined): string =>
  candidate === undefined || candidate.isQuotaKnown ? "" : t` The remaining quota of ${shown(candidate)} is not known.`;

/** What is read instead of an answer while the quota is out. */
export function stoppedText({ route, offer, pin }: AnsweredTurn, now: number): string {
  if (route.kind !== "stopped" || pin === null) return "";
  const { by, lost } = route;
  const isBudget = by.window.source === "budget";
  const until = renewalWords(by.renewsAt, now);
  const what = isBudget
    ? t`⛔ **${shown(pin)}** is out of quota until ${until} (${windowName(by)}, set by the bot's host).`
    : t`⛔ **${shown(pin)}** is out of quota until ${until} (${windowName(by)}).`;
  const meanwhile = lost === undefined ? "" : t` ${shown(lost)}, which answered meanwhile, is out of quota, too.`;
  const next =
    offer?.candidate === undefined
      ? isBudget
        ? t` Choose another model with \`/models use\`.`
        : t` Choose another model with \`/models use\`, or try it anyway with \`/models back\`.`
      : t` ${shown(offer.candidate)} can answer until then, this question included.${unknownWords(offer.candidate)}`;
  return `${what}${meanwhile}${next}`;
}

/** Under every answer of another model: who answered and why. */
export function detourLine({ route, session, answer }: AnsweredTurn, now: number): string | undefined {
  if (route.kind !== "detour" || session.pin === null || answer.text === "") return undefined;
  const { detour, isNew } = route;
  const until = inLanguage(undefined, () => untilOf(detour, now));
  return [
    `↪️ Answered by ${shown(detour)}: ${shown(session.pin)} is out of quota until ${until}. /models back returns now.`,
    ...(isNew ? [t`This began automatically, because \`/settings fallback\` is \`auto\` here.`] : []),
  ].join("\n");
}

const untilOf = ({ until, isOpenEnded }: Detour, now: number) => renewalWords(isOpenEnded ? undefined : until, now);

/** Why the pinned model answers again before its quota renews. */
export function lostLine({ route, answer }: AnsweredTurn): string | undefined {
  if (route.kind !== "pinned" || route.lost === undefined || answer.text === "") return undefined;
  return t`↩️ ${shown(route.lost)} no longer answers here: it is out of quota, too, or no longer allowed.`;
}

type Deps = Pick<TurnDeps, "quota" | "settings" | "allowed" | "setups" | "modelFacts" | "chat" | "clock" | "providers">;

/** Decides what answers a question: the pinned model, another one that somebody has agreed to, or none. */
export async function chooseRoute(
  deps: Deps,
  { message, retry }: Question,
  session: Session,
  pin: Pin | null,
): Promise<QuestionRoute> {
  if (pin === null || !deps.providers.has(pin.provider)) return { kind: "pinned" };
  const workspace = workspaceOf(message);
  const isForced = retry?.model !== undefined;
  return routeQuestion({
    session: isForced ? {} : session,
    pin,
    mode: isForced ? "off" : fallbackMode(deps, message),
    now: deps.clock.now(),
    quotaOf: deps.quota.ofModel,
    isAllowed: (model) => deps.providers.has(model.provider) && deps.allowed.judge(workspace, model).isAllowed,
    mayProbe: deps.quota.mayProbe,
    candidate: () => candidateFor(deps, message, pin),
  });
}

export const fallbackMode = ({ settings }: Pick<Deps, "settings">, place: MessageKey) =>
  settings.of(workspaceOf(place)).fallback?.mode ?? "ask";

/** The model that may answer in the pinned one's place; undefined where there is none. */
export function candidateFor(deps: Deps, place: MessageKey, pinned: ModelRef): Candidate | undefined {
  const workspace = workspaceOf(place);
  const { fallback } = deps.settings.of(workspace);
  const listed = (fallback?.models ?? []).map(splitModel).filter((model) => {
    return deps.providers.has(model.provider) && deps.allowed.judge(workspace, model).isAllowed;
  });
  const isListed = (fallback?.models ?? []).length > 0;
  if (isListed && listed.length === 0) return undefined;
  return chooseCandidate({
    ...{ pinned, listed, snapshot: deps.allowed.snapshot(workspace), setups: deps.setups },
    ...{ modelFacts: deps.modelFacts, historyTokens: deps.chat.historyTokens, quotaOf: deps.quota.ofModel },
  });
}

/** What the stored session becomes with the question; what a person chose meanwhile stays. */
export function withRoute(route: QuestionRoute, before: Session, now: Session): Session {
  if (route.kind === "detour") {
    return route.isNew && now.pin?.at === route.detour.pinAt ? withDetour(now, route.detour) : now;
  }
  const isEnded = before.detour !== undefined && now.detour?.at === before.detour.at;
  return isEnded ? withoutDetour(now) : now;
}

/** What a session becomes once a question has tried the pin, as a person wanted. */
export function withoutTry({ isTried }: { readonly isTried: boolean }, now: Session): Session {
  const { triesPin: _tried, ...rest } = now;
  return isTried ? rest : now;
}
