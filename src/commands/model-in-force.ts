import { defaultModel, type ModelRef } from "../refresh/choose/default-model.js";
import type { CommandDeps } from "./command-deps.js";

export interface ModelInForce extends ModelRef {
  readonly by: "workspace" | "host" | "first-provider";
}

/** "provider/model" at the first slash. */
function splitModel(text: string): ModelRef {
  const [provider = "", ...model] = text.split("/");
  return { provider, model: model.join("/") };
}

export const modelName = ({ provider, model }: ModelRef): string => `${provider}/${model}`;

/** The model that a new conversation of a workspace would get now, and why; undefined while there is none. */
export function modelInForce(
  { settings, refresher, setups, host }: Pick<CommandDeps, "settings" | "refresher" | "setups" | "host">,
  workspace: string,
): ModelInForce | undefined {
  const own = settings.of(workspace).model;
  const chosen = own === undefined ? undefined : splitModel(own);
  // A provider whose key was taken out of the environment cannot answer.
  if (chosen !== undefined && setups.some(({ id }) => id === chosen.provider)) return { ...chosen, by: "workspace" };
  if (host.defaultModel !== undefined) return { ...host.defaultModel, by: "host" };
  const found = defaultModel({ snapshot: refresher.snapshot(), setups });
  return found && { ...found, by: "first-provider" };
}
