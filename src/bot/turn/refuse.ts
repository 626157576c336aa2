import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { Control } from "../../commands/command.js";
import { type Said, t } from "../../languages/translate.js";
import { showMark } from "../delivery/show-mark.js";
import type { ChatPlatform, MessageKey, Person } from "../port/platform.js";
import { untilStored } from "./finish-turn.js";

interface Refusal {
  readonly message: MessageKey;
  readonly why: Said;
  /** The only person whom it concerns. */
  readonly to?: Person | undefined;
  /** What can be done instead. */
  readonly controls?: readonly Control[];
  /** Waits for a store that fails: the playground keeps its messages there, and a mark alone explains nothing. */
  readonly isPatient?: true;
}

/** Says why there is no answer. Resolves with whether the question bears its end mark. */
export async function refuse(
  deps: { readonly log: Log; readonly clock: Clock },
  platform: ChatPlatform,
  refusal: Refusal,
): Promise<boolean> {
  const { message, why, to, controls, isPatient = false } = refusal;
  const terms = { rank: "error", replyTo: message, ...(to && { onlyFor: to }) } as const;
  const post = () => platform.post(message, { markdown: t(why), ...(controls && { controls }) }, terms);
  const posted = isPatient ? untilStored(post, deps) : post();
  await posted.catch((error) => deps.log.warn({ error }, "a refusal was not shown"));
  return showMark(deps, platform, message, "failed");
}
