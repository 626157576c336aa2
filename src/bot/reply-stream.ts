import type { Clock } from "../clock.js";
import type { Control } from "../commands/command.js";
import type { Log } from "../log.js";
import { createPacer } from "./pacer.js";
import type { ChatPlatform, MessageKey } from "./platform.js";

export interface ReplyStreamDeps {
  readonly platform: ChatPlatform;
  readonly question: MessageKey;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once, when the answer has got its first message. */
  onPosted(message: MessageKey): Promise<void>;
}

export interface ReplyStream {
  /** Shows the text so far, when the pace allows. */
  show(text: string): void;
  /** Shows the last text, and is patient with a platform that fails for a moment. @throws what the platform throws in the end */
  finish(text: string, controls?: readonly Control[]): Promise<void>;
}

/** How often the last text is tried, and the pause between: it is worth more than any other. */
const LAST_TEXT_TRIES = 4;
const LAST_TEXT_PAUSE_MS = 1_000;

/** An answer that grows: posted with its first text, edited from then on. */
export function createReplyStream({ platform, question, clock, log, onPosted }: ReplyStreamDeps): ReplyStream {
  let posted: MessageKey | undefined;
  let controls: readonly Control[] = [];

  const send = async (text: string) => {
    const reply = controls.length > 0 ? { markdown: text, controls } : { markdown: text };
    if (posted !== undefined) return platform.edit(posted, reply);
    posted = await platform.post(question, reply, question);
    await onPosted(posted);
  };
  const pacer = createPacer({
    clock,
    minGapMs: platform.limits.minEditGapMs,
    send,
    onError: (error) => log.warn({ error }, "an edit of an answer failed; a later one repairs it"),
  });
  return {
    show: pacer.show,
    async finish(text, lastControls = []) {
      controls = lastControls;
      for (let attempt = 1; ; attempt++) {
        try {
          return await (attempt === 1 ? pacer.finish(text) : send(text));
        } catch (error) {
          if (attempt === LAST_TEXT_TRIES) throw error;
          await clock.sleep(LAST_TEXT_PAUSE_MS);
        }
      }
    },
  };
}
