import type { FakeWorkspace } from "./fake-slack-workspace.js";

export type Arguments = Readonly<Record<string, string>>;
export type Answer = Readonly<Record<string, unknown>> & { readonly ok: boolean };

export const refusal = (error: string, more: Record<string, unknown> = {}): Answer => ({ ok: false, error, ...more });

/** A method of the Web API; `run` is called once scope and names of arguments are known to be right. */
export interface Method {
  readonly scope: string | undefined;
  readonly required: readonly string[];
  readonly optional: readonly string[];
  run(given: Arguments, workspace: FakeWorkspace): Answer;
}

export function channelFault(workspace: FakeWorkspace, channel = ""): Answer | undefined {
  const found = workspace.channels.get(channel);
  if (found === undefined) return refusal("channel_not_found");
  if (found.isArchived) return refusal("is_archived");
  return found.hasBot ? undefined : refusal("not_in_channel");
}
