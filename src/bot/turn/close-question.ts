import { notLongerThan } from "../../base/deadline.js";
import type { Ending } from "../../store/sessions/sessions.js";
import { showMark } from "../delivery/show-mark.js";
import type { ChatPlatform } from "../port/platform.js";
import type { Question } from "../prompt/question.js";
import { ENDING_MARKS } from "./endings.js";
import { untilStored } from "./finish-turn.js";
import type { Lease } from "./line/conversation-line.js";
import type { ChatDeps } from "./turn-deps.js";

/** A service that limits marks to some fifty a minute shows them late: the next question does not wait for that. */
export const MARK_PATIENCE_MS = 2_000;

/**
 * Steps 6 and 7. Resolves when the next question of the conversation may begin. Where the mark could not be shown, the
 * stored question stays for the next start, which repeats only the mark. @throws {StoreError}
 */
export async function closeQuestion(
  deps: ChatDeps,
  platform: ChatPlatform,
  { id, message }: Question,
  ending: Ending,
  lease: Lease,
): Promise<void> {
  const { sessions, log } = deps;
  const close = async () => {
    if (await showMark(deps, platform, message, ENDING_MARKS[ending]))
      await untilStored(() => sessions.close(id, lease.endWith), deps);
  };
  await notLongerThan(MARK_PATIENCE_MS, close, deps, (error) =>
    log.error({ error, id }, "could not close the question; retrying at next startup"),
  );
}
