import type { CommandDeps } from "../command-deps.js";

/** What "smart" comes to right now and why; nothing where no list of the workspace has it. */
export function smartLine({ refresher }: Pick<CommandDeps, "refresher">, workspace: string): readonly string[] {
  const why = refresher.smartWhy(workspace);
  return why === undefined ? [] : [`Right now: ${why}`];
}
