import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { Control } from "../../commands/command.js";
import { type Said, t } from "../../languages/translate.js";
import type { Sessions } from "../../store/sessions/sessions.js";
import { showMark } from "../delivery/show-mark.js";
import type { ChatPlatform, MessageKey, Person } from "../port/platform.js";
import { untilStored } from "./finish-turn.js";

interface RefuseDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly sessions: Pick<Sessions, "noteRefused">;
}

interface Refusal {
  readonly id: string;
  readonly message: MessageKey;
  readonly why: Said;
  /** The only person whom it concerns. */
  readonly to?: Person | undefined;
  /** What can be done instead. */
  readonly controls?: readonly Control[];
  /** Waits for a store that fails: the playground keeps its messages there, and a mark alone explains nothing. */
  readonly isPatient?: true;
}

/** Says why a stored question gets no answer; the caller closes it. Resolves with whether it bears its end mark. */
export async function refuse(deps: RefuseDeps, platform: ChatPlatform, refusal: Refusal): Promise<boolean> {
  const { id, message, why, to, controls, isPatient = false } = refusal;
  const terms = { rank: "error", replyTo: message, ...(to && { onlyFor: to }) } as const;
  const post = () => platform.post(message, { markdown: t(why), ...(controls && { controls }) }, terms);
  const posted = isPatient ? untilStored(post, deps) : post();
  await posted.catch((error) => deps.log.warn({ error }, "a refusal was not shown"));
  // Otherwise the next start would ask a question again that bears its end mark.
  await deps.sessions.noteRefused(id).catch((error) => deps.log.debug({ error, id }, "a refusal was not noted"));
  return showMark(deps, platform, message, "failed");
}
