import type { FakeWorkspace } from "./fake-slack-workspace.js";

export type Arguments = Readonly<Record<string, string>>;
export type Answer = Readonly<Record<string, unknown>> & { readonly ok: boolean };

export const refusal = (error: string, more: Record<string, unknown> = {}): Answer => ({ ok: false, error, ...more });

/** A method of the Web API; `run` is called once scope and names of arguments are known to be right. */
export interface Method {
  readonly scope: string | undefined | ((given: Arguments) => string);
  readonly required: readonly string[];
  readonly optional: readonly string[];
  run(given: Arguments, workspace: FakeWorkspace): Answer;
}

/** What a conversation's messages are read with, by its kind. */
export const historyScope = ({ channel = "" }: Arguments): string =>
  ({ D: "im:history", G: "mpim:history" })[channel.slice(0, 1)] ?? "channels:history";

export function channelFault(workspace: FakeWorkspace, channel = ""): Answer | undefined {
  const found = workspace.channels.get(channel);
  if (found === undefined) return refusal("channel_not_found");
  if (found.isArchived) return refusal("is_archived");
  return found.hasBot ? undefined : refusal("not_in_channel");
}
