import type { Control } from "../../commands/command.js";
import { code } from "../../commands/wording/markdown.js";
import { ProviderError } from "../../providers/provider.js";
import type { Snapshot } from "../../refresh/catalog/catalog-types.js";
import { stateOf } from "../../refresh/catalog/row-state.js";
import { livingModels } from "../../refresh/choose/living-models.js";
import type { ModelUse } from "../../refresh/refresher.js";
import type { Pin, Session } from "../../store/sessions/sessions.js";
import type { Answer } from "./turn-text.js";

/** Longer than any model's name. */
const MAX_MODEL_CHARS = 250;

/** As many buttons fit beside each other and are still read. */
const MAX_REPLACEMENTS = 3;

/** What a turn tells about its model; undefined where it tells nothing (stopped, the network, the provider's trouble). */
export function useOf({ provider, model }: Pin, { finish, error }: Answer): ModelUse | undefined {
  if (finish !== undefined) return { provider, model };
  const failure = refusalOf(error);
  return failure && { provider, model, failure };
}

function refusalOf(error: unknown): ModelUse["failure"] {
  if (!(error instanceof ProviderError)) return undefined;
  if (error.reason === "unknown-model") return "unknown-model";
  return error.reason === "not-for-chat" ? "not-usable" : undefined;
}

/** Where the model was refused: a line that names the closest living ones, and a button for each. */
export function replacements(
  snapshot: Snapshot,
  pin: Pin,
  error: unknown,
): { readonly line: string; readonly controls: readonly Control[] } | undefined {
  if (refusalOf(error) === undefined) return undefined;
  const names = livingModels(snapshot, pin, MAX_REPLACEMENTS).map(({ provider, model }) => `${provider}/${model}`);
  if (names.length === 0) return undefined;
  return {
    line: `The pin stays until somebody changes it. The closest that are listed: ${names.map((name) => code(name, MAX_MODEL_CHARS)).join(", ")}.`,
    controls: names.map((name) => ({ label: `Use ${name}`, command: `/models use ${name}` })),
  };
}

/** What the session keeps of it, so that a change of state is told once; undefined where there is nothing to tell. */
export function pinNote(snapshot: Snapshot, pin: Pin): string | undefined {
  const entry = snapshot.providers.get(pin.provider);
  const state = entry && stateOf(entry, pin.model);
  return state === "unlisted" || state === "retired" ? `${pin.provider}/${pin.model} ${state}` : undefined;
}

/** The quiet line under an answer when the pinned model has left its list; once per change of state. */
export function goneLine(snapshot: Snapshot, pin: Pin, session: Session): string | undefined {
  const note = pinNote(snapshot, pin);
  if (note === undefined || note === session.noted) return undefined;
  return `ℹ️ ${pin.provider} no longer lists ${code(pin.model, MAX_MODEL_CHARS)}. It stays pinned here; /models list shows what there is.`;
}
