import { type Candidate, chooseCandidate } from "../../../quota/fallback/candidates.js";
import { type QuestionRoute, routeQuestion, withDetour, withoutDetour } from "../../../quota/fallback/route.js";
import { type ModelRef, splitModel } from "../../../refresh/choose/default-model.js";
import type { Pin, Session } from "../../../store/sessions/sessions.js";
import { workspaceOf } from "../../port/conversation.js";
import type { MessageKey } from "../../port/platform.js";
import type { Question } from "../../prompt/question.js";
import type { TurnDeps } from "../turn-deps.js";

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
