import type { Log } from "../../base/log.js";
import type { Control } from "../../commands/command.js";
import { showMark } from "../delivery/show-mark.js";
import type { ChatPlatform, MessageKey, Person } from "../port/platform.js";

interface Refusal {
  readonly message: MessageKey;
  readonly why: string;
  /** The only person whom it concerns. */
  readonly to?: Person | undefined;
  /** What can be done instead. */
  readonly controls?: readonly Control[];
}

/** Says why there is no answer. Resolves with whether the question bears its end mark. */
export async function refuse(deps: { readonly log: Log }, platform: ChatPlatform, refusal: Refusal): Promise<boolean> {
  const { message, why, to, controls } = refusal;
  const terms = { rank: "error", replyTo: message, ...(to && { onlyFor: to }) } as const;
  await platform
    .post(message, { markdown: why, ...(controls && { controls }) }, terms)
    .catch((error) => deps.log.warn({ error }, "a refusal was not shown"));
  return showMark(deps, platform, message, "failed");
}
