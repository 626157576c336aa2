import type { CommandDeps } from "../command-deps.js";
import { type ModelInForce, modelInForce, modelName } from "../model-in-force.js";
import { plain } from "./wording.js";

const BY: Readonly<Record<ModelInForce["by"], string>> = {
  workspace: "this workspace's default",
  host: "the host's default",
  "first-provider": "the first provider's newest preferred model",
};

/** "**openai/gpt-5** (the host's default)", or that there is none. */
export function defaultWords(deps: CommandDeps, workspace: string): string {
  const found = modelInForce(deps, workspace);
  if (found === undefined) return "none yet, because the first provider has no list";
  return `**${plain(modelName(found), 250)}** (${BY[found.by]})`;
}

/** What the next message of an unpinned conversation gets. */
export function defaultSentence(deps: CommandDeps, workspace: string): string {
  if (modelInForce(deps, workspace) !== undefined) {
    return `The next message here pins the default then in force, now ${defaultWords(deps, workspace)}.`;
  }
  return "There is no default model yet, because the first provider has no list: refresh with `/refresh-models`, or choose one with `/models use`.";
}
