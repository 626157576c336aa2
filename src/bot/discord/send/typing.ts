import type { Clock } from "../../../base/clock.js";
import type { MessageKey } from "../../port/platform.js";
import { channelIdOf } from "../wire/places.js";
import type { Calls } from "./calls.js";
import type { DiscordRest } from "./rest.js";

/** Quick answers need none. */
const FIRST_AFTER_MS = 500;
/** Discord shows it for 10 s. */
const AGAIN_AFTER_MS = 9_000;
/** A turn that shows nothing for so long has other ways to tell. */
const LONGEST_MS = 180_000;

export interface Typing {
  /** Shows that an answer to this question is being written, until `end`. */
  begin(question: MessageKey): void;
  end(question: MessageKey): void;
  stop(): void;
}

/** The typing indicator; it is a courtesy, so that its failures are nobody's concern. */
export function createTyping(deps: {
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly clock: Clock;
}): Typing {
  const { rest, calls, clock } = deps;
  const running = new Map<string, AbortController>();

  const end = ({ message }: MessageKey) => {
    running.get(message)?.abort();
    running.delete(message);
  };
  const type = async (question: MessageKey, signal: AbortSignal) => {
    const until = clock.now() + LONGEST_MS;
    await clock.sleep(FIRST_AFTER_MS, signal);
    while (clock.now() < until) {
      const path = `/channels/${channelIdOf(question)}/typing` as const;
      await calls.take("POST", path, "presence", signal);
      await rest.call("POST", path, { what: "the typing indicator" });
      await clock.sleep(AGAIN_AFTER_MS, signal);
    }
  };
  return {
    begin(question) {
      if (running.has(question.message)) return;
      const controller = new AbortController();
      running.set(question.message, controller);
      type(question, controller.signal)
        .catch(() => {}) // it ended, or Discord would not have it: the answer itself comes anyway
        .finally(() => {
          if (running.get(question.message) === controller) running.delete(question.message);
        });
    },
    end,
    stop() {
      for (const controller of running.values()) controller.abort();
      running.clear();
    },
  };
}
