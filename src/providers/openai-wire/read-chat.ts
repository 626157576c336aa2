import { withLimits } from "../http/provider-fault.js";
import type { ChatEvent, ProviderError, RateLimit } from "../provider.js";
import { readDeltas, readFacts, type StreamFacts } from "./read-chunks.js";

/** An answer that has begun: its chunks, and what its headers said. */
export interface OpenChat {
  readonly chunks: AsyncIterator<unknown>;
  readonly limits: readonly RateLimit[] | undefined;
}

export interface ReadChatDeps {
  readonly signal: AbortSignal;
  /** Called at the first `next`. */
  open(): Promise<OpenChat>;
  /** What the SDK threw, in our words. */
  faultOf(error: unknown, hasText: boolean): ProviderError;
  cutOff(): ProviderError;
}

const NOTHING: readonly ChatEvent[] = [];

/**
 * The events of one answer. An iterator by hand: a generator makes some promises more for every token, which is felt
 * with many answers at once.
 */
export function readChat({ signal, open, faultOf, cutOff }: ReadChatDeps): AsyncIterator<ChatEvent> {
  let chat: OpenChat | undefined;
  let facts: StreamFacts = {};
  let waiting = NOTHING;
  let hasText = false;
  let isOver = false;

  const deliver = (): IteratorResult<ChatEvent> | undefined => {
    const value = waiting[0];
    if (value === undefined) return undefined;
    waiting = waiting.length > 1 ? waiting.slice(1) : NOTHING;
    hasText ||= value.type === "text-delta";
    return { done: false, value };
  };
  const finish = (): IteratorResult<ChatEvent> => {
    isOver = true;
    // The SDK's iterator ends silently when it is aborted, and when the connection closes in the middle.
    signal.throwIfAborted();
    if (facts.reason === undefined) throw withLimits(cutOff(), chat?.limits);
    const { reason, usage, model } = facts;
    const limits = chat?.limits;
    return {
      done: false,
      value: { type: "finish", reason, ...(usage && { usage }), ...(limits && { limits }), ...(model && { model }) },
    };
  };
  const fail = (error: unknown): IteratorResult<ChatEvent> => {
    isOver = true;
    signal.throwIfAborted();
    const fault = faultOf(error, hasText);
    // After its finish marker an answer is whole, even if only the count of its tokens is lost.
    if (facts.reason !== undefined && fault.reason === "cut-off") return finish();
    throw withLimits(fault, chat?.limits);
  };
  const take = (result: IteratorResult<unknown>): IteratorResult<ChatEvent> | Promise<IteratorResult<ChatEvent>> => {
    if (result.done) return finish();
    facts = readFacts(facts, result.value);
    waiting = readDeltas(result.value);
    return deliver() ?? step();
  };
  const step = (): Promise<IteratorResult<ChatEvent>> =>
    chat === undefined ? begin() : chat.chunks.next().then(take, fail);
  const begin = (): Promise<IteratorResult<ChatEvent>> =>
    open().then((opened) => {
      chat = opened;
      return step();
    }, fail);

  return {
    next() {
      const value = deliver();
      if (value !== undefined) return Promise.resolve(value);
      return isOver ? Promise.resolve({ done: true, value: undefined }) : step();
    },
    async return() {
      isOver = true;
      waiting = NOTHING;
      await chat?.chunks.return?.();
      return { done: true, value: undefined };
    },
  };
}
