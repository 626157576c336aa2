import type { ModelRef } from "../../refresh/choose/model-ref.js";
import type { FallbackMode } from "../../refresh/settings.js";
import type { Detour, Pin, Session } from "../../store/sessions/sessions.js";
import type { ModelQuota, QuotaState } from "../quota.js";
import type { Candidate } from "./candidates.js";

/** What answers a question. */
export type QuestionRoute =
  /** The pinned model, or the one that was asked for. `lost`: the detour that ends, being short of quota itself. */
  | { readonly kind: "pinned"; readonly lost?: Detour }
  /** Another one; `isNew`: the detour begins with this question. */
  | { readonly kind: "detour"; readonly detour: Detour; readonly isNew: boolean }
  /** Nothing: the quota is out, and this question is no probe. */
  | { readonly kind: "stopped"; readonly by: QuotaState; readonly lost?: Detour };

/** What an answer says of the pinned model's quota, and the model that is offered in its place. */
export interface QuotaOffer {
  readonly pin: Pin;
  readonly state: QuotaState;
  /** Undefined where none may be offered. */
  readonly candidate: Candidate | undefined;
}

export interface RouteFacts {
  readonly session: Pick<Session, "detour" | "quotaNotes" | "triesPin">;
  readonly pin: Pin;
  readonly mode: FallbackMode;
  readonly now: number;
  quotaOf(model: ModelRef): ModelQuota;
  /** Whether the model may be used there. */
  isAllowed(model: ModelRef): boolean;
  /** Whether this question may find out whether the quota is still out; asked only where it is. */
  mayProbe(state: QuotaState): Promise<boolean>;
  candidate(): Candidate | undefined;
}

/** How long a detour lasts at most where nobody knows when the quota renews. */
const OPEN_ENDED_MS = 86_400_000;

/** Decides what answers; nothing but a person's consent, or the workspace's, ever moves a question to another model. */
export async function routeQuestion(facts: RouteFacts): Promise<QuestionRoute> {
  const { session, pin, mode, now, quotaOf, candidate } = facts;
  const { out, risk } = quotaOf(pin);
  const current = detourInForce(facts);
  if (current?.isGood) return { kind: "detour", detour: current.detour, isNew: false };
  const lost = current === undefined ? {} : { lost: current.detour };
  const cause = out ?? risk;
  const isTried = session.triesPin === true;
  if (mode === "auto" && cause !== undefined && !isTried && maySwitch(session, cause, now)) {
    const chosen = candidate();
    if (chosen !== undefined)
      return { kind: "detour", detour: detourFor(cause, chosen, { pin, by: null, now }), isNew: true };
  }
  if (out === undefined) return { kind: "pinned", ...lost };
  const isProbe = (isTried && out.window.source !== "budget") || (await facts.mayProbe(out));
  return isProbe ? { kind: "pinned", ...lost } : { kind: "stopped", by: out, ...lost };
}

/** The detour that goes on; `isGood` is false where its own model is out, at risk, or not allowed any more. */
function detourInForce({ session, pin, mode, now, quotaOf, isAllowed }: RouteFacts) {
  const { detour } = session;
  if (detour === undefined || mode === "off" || !isDetourOf(detour, pin, now)) return undefined;
  const { out, risk } = quotaOf(pin);
  if (detour.isOpenEnded && out === undefined && risk === undefined) return undefined;
  const own = quotaOf(detour);
  return { detour, isGood: own.out === undefined && own.risk === undefined && isAllowed(detour) };
}

/** Whether a stored detour still leads away from this pin. */
export const isDetourOf = (detour: Detour, pin: Pin, now: number): boolean =>
  detour.pinAt === pin.at && now < detour.until;

/** At most one switch a window and conversation: never back and forth. */
export const maySwitch = ({ quotaNotes }: Pick<Session, "quotaNotes">, { key }: QuotaState, now: number): boolean =>
  now >= (quotaNotes?.[key]?.switchedUntil ?? 0);

/** The detour to a model until the quota renews. */
export function detourFor(
  cause: QuotaState,
  { provider, model }: ModelRef,
  { pin, by, now }: { readonly pin: Pin; readonly by: string | null; readonly now: number },
): Detour {
  const { renewsAt, key } = cause;
  return {
    ...{ provider, model, until: renewsAt ?? now + OPEN_ENDED_MS, window: key, at: now, by, pinAt: pin.at },
    ...(renewsAt === undefined && { isOpenEnded: true as const }),
  };
}

/** The session with a detour, and the note that there was one for its window. */
export function withDetour<S extends Pick<Session, "detour" | "quotaNotes" | "triesPin">>(now: S, detour: Detour): S {
  const { triesPin: _over, ...rest } = now;
  const note = { ...now.quotaNotes?.[detour.window], switchedUntil: detour.until };
  return { ...rest, detour, quotaNotes: { ...recentNotes(now, detour.at), [detour.window]: note } } as S;
}

/** The session without its detour. */
export function withoutDetour<S extends Pick<Session, "detour">>(session: S): S {
  const { detour: _ended, ...rest } = session;
  return rest as S;
}

/** Nothing that is older matters any more: no window is longer. */
const NOTES_MS = 40 * 86_400_000;

/** The notes that may still matter. */
export const recentNotes = ({ quotaNotes = {} }: Pick<Session, "quotaNotes">, now: number) =>
  Object.fromEntries(
    Object.entries(quotaNotes).filter(
      ([, { toldAt = 0, switchedUntil = 0 }]) => Math.max(toldAt, switchedUntil) > now - NOTES_MS,
    ),
  );
