import type { ModelInfo } from "../../providers/provider.js";
import type { Snapshot } from "../catalog/catalog-entry.js";
import type { Settings } from "../settings.js";
import type { AllowedModels } from "./allowed-models.js";
import { defaultModel, type Preference } from "./default-model.js";
import { type ModelRef, splitModel } from "./model-ref.js";
import { newestMatch } from "./newest-match.js";

export interface ModelInForce extends ModelRef {
  readonly by: "workspace" | "pattern" | "host" | "first-provider";
}

interface ModelInForceDeps {
  readonly settings: Pick<Settings, "of">;
  readonly refresher: { snapshot(): Snapshot };
  readonly allowed: Pick<AllowedModels, "judge" | "snapshot">;
  readonly setups: readonly Preference[];
  readonly host: { readonly defaultModel?: ModelRef | undefined };
}

const chatCount = (models: readonly ModelInfo[] = []) => models.filter(({ isChat }) => isChat).length;

/** The model that a new conversation of a workspace would get now, and why; undefined while there is none. */
export function modelInForce(
  { settings, refresher, allowed, setups, host }: ModelInForceDeps,
  workspace: string,
): ModelInForce | undefined {
  const isAllowed = (model: ModelRef) => allowed.judge(workspace, model).isAllowed;
  const { model: own, modelPattern } = settings.of(workspace);
  const newest = modelPattern && newestMatch(allowed.snapshot(workspace), modelPattern.pattern);
  if (newest !== undefined) return { ...newest, by: "pattern" };
  const chosen = own === undefined ? undefined : splitModel(own);
  // A provider whose key was taken out of the environment cannot answer.
  const isUsable = chosen !== undefined && setups.some(({ id }) => id === chosen.provider) && isAllowed(chosen);
  if (isUsable) return { ...chosen, by: "workspace" };
  if (host.defaultModel !== undefined && isAllowed(host.defaultModel)) return { ...host.defaultModel, by: "host" };
  const snapshot = allowed.snapshot(workspace);
  const whole = refresher.snapshot();
  const countOf = ({ providers }: Snapshot, id: string) => chatCount(providers.get(id)?.models);
  const mayAnswer = setups.filter(({ id }) => countOf(snapshot, id) > 0 || countOf(whole, id) === 0);
  const found = defaultModel({ snapshot, setups: mayAnswer });
  return found && { ...found, by: "first-provider" };
}
