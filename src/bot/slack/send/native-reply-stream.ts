import { fenceAfter, NO_FENCE } from "../../delivery/code-fence.js";
import { createReplyStream } from "../../delivery/reply-stream.js";
import type { MessageKey, ReplyStream, ReplyStreamDeps } from "../../port/platform.js";
import type { Streaming } from "./stream-driver.js";

/** A part of an answer, in messages of its own. */
interface Part {
  readonly stream: ReplyStream;
  readonly streaming: Streaming;
}

export interface NativeDeps {
  readonly reply: ReplyStreamDeps;
  /** Creates the platform of one more part. */
  begin(): Streaming;
  /** Called at the end with whether Slack's streaming ended the answer. */
  onEnd(endedNatively: boolean): void;
}

/** Slack ends a stream after about five minutes: after this long the answer goes on in another, between paragraphs. */
const ROTATE_AFTER_MS = 200_000;
/** After this long it goes on in another one at any line break. */
const ROTATE_ANYWHERE_MS = 220_000;

/** Shows an answer by Slack's streaming, in a new stream before Slack ends the last one; by edits where that fails. */
export function createNativeReplyStream({ reply, begin, onEnd }: NativeDeps): ReplyStream {
  let from = 0;
  let lastPosted: MessageKey | undefined;
  const earlier: Promise<boolean>[] = [];

  const open = (): Part => {
    const streaming = begin();
    const onPosted = async (message: MessageKey) => {
      lastPosted = message;
      await reply.onPosted(message);
    };
    return { streaming, stream: createReplyStream({ ...reply, platform: streaming.platform, onPosted }) };
  };
  let current = open();

  const close = async ({ stream, streaming }: Part, text: string, controls?: Parameters<ReplyStream["finish"]>[1]) => {
    const isShown = await stream.finish(text, controls);
    return { isShown, endedNatively: await streaming.settle() };
  };
  const rotate = (text: string) => {
    const ageMs = current.streaming.ageMs() ?? 0;
    if (ageMs < ROTATE_AFTER_MS) return;
    const cut = placeToCut(text, from, ageMs >= ROTATE_ANYWHERE_MS ? "\n" : "\n\n");
    if (cut === undefined) return;
    const over = close(current, text.slice(from, cut)).then(({ isShown }) => isShown);
    over.catch(() => {}); // rethrown by finish
    earlier.push(over);
    from = cut;
    current = open();
  };

  return {
    show(text) {
      rotate(text);
      current.stream.show(text.slice(from));
    },
    postedIn: () => current.stream.postedIn() ?? lastPosted,
    async finish(text, controls) {
      const before = await Promise.allSettled(earlier);
      const { isShown, endedNatively } = await close(current, text.slice(from), controls).catch((error) => {
        onEnd(false);
        throw error;
      });
      onEnd(endedNatively);
      for (const each of before) if (each.status === "rejected") throw each.reason;
      return isShown && before.every((each) => each.status === "fulfilled" && each.value);
    },
  };
}

/** Returns the end of the last break that is outside code and has text after it. */
function placeToCut(text: string, from: number, mark: string): number | undefined {
  for (let at = text.lastIndexOf(mark); at > from; at = text.lastIndexOf(mark, at - 1)) {
    const cut = at + mark.length;
    const hasMore = text.slice(cut).trim() !== "";
    if (hasMore && fenceAfter(text.slice(from, cut), NO_FENCE) === undefined) return cut;
  }
  return undefined;
}
