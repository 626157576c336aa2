import type {
  ChatEvent,
  ChatRequest,
  ModelInfo,
  Provider,
  ProviderErrorDetails,
  ProviderErrorReason,
} from "../../src/providers/provider.js";
import { ProviderError } from "../../src/providers/provider.js";

export interface FakeProvider extends Provider {
  /** From now on it answers with these ids (or rows), `afterMs` later on the given clock. */
  answers(models: readonly (string | ModelInfo)[], afterMs?: number): void;
  /** From now on its lists come with this ETag, and whoever holds a list with it is told that it is unchanged. */
  tags(etag: string | undefined): void;
  fails(reason: ProviderErrorReason, details?: ProviderErrorDetails): void;
  /** Throws what no provider may throw. */
  throws(error: unknown): void;
  /** Never settles and ignores its signal. */
  hangs(): void;
  /** How many lists were asked for, and how many are open now (a hanging one stays so until its deadline aborts it). */
  asked(): number;
  open(): number;
  mostOpen(): number;
  /** What it was asked with, one for each list. */
  readonly asks: readonly (string | undefined)[];
  /** Requests that it got for a chat. */
  readonly chats: readonly ChatRequest[];
}

type Plan = (signal: AbortSignal) => Promise<readonly ModelInfo[]>;

export const modelRow = (model: string | ModelInfo): ModelInfo =>
  typeof model === "string" ? { id: model, isChat: true } : model;

/** A provider that does as it is told; `sleep` (a clock's) is needed for late answers only. */
export function fakeProvider(
  id: string,
  models: readonly (string | ModelInfo)[] = [`${id}-one`],
  sleep?: (ms: number) => Promise<void>,
): FakeProvider {
  const chats: ChatRequest[] = [];
  let plan: Plan = async () => models.map(modelRow);
  let etag: string | undefined;
  const asks: (string | undefined)[] = [];
  let asked = 0;
  let open = 0;
  let mostOpen = 0;
  return {
    id,
    chats,
    asks,
    async listModels(signal, { note, held } = {}) {
      signal.throwIfAborted();
      asks.push(held?.validators.etag);
      asked += 1;
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      let isOpen = true;
      const close = () => {
        if (isOpen) open -= 1;
        isOpen = false;
      };
      signal.addEventListener("abort", close, { once: true });
      try {
        const models = await plan(signal);
        if (held !== undefined && held.validators.etag === etag) return held.models;
        note?.({ droppedRows: 0, ...(etag !== undefined && { validators: { etag } }) });
        return models;
      } finally {
        close();
      }
    },
    async *streamChat(request, signal): AsyncGenerator<ChatEvent> {
      chats.push(request);
      for (const word of ["Hello ", "from ", id]) {
        signal.throwIfAborted();
        yield { type: "text-delta", text: word };
      }
      yield { type: "finish", reason: "stop", usage: { inputTokens: 1, outputTokens: 3 } };
    },
    answers(next, afterMs = 0) {
      plan = async () => {
        if (afterMs > 0) await (sleep ?? (() => Promise.reject(new Error("a late answer needs a clock"))))(afterMs);
        return next.map(modelRow);
      };
    },
    tags(next) {
      etag = next;
    },
    fails(reason, details) {
      plan = async () => {
        throw new ProviderError(id, reason, `${id}: ${reason}`, details);
      };
    },
    throws(error) {
      plan = () => {
        throw error;
      };
    },
    hangs() {
      plan = () => new Promise(() => {});
    },
    asked: () => asked,
    open: () => open,
    mostOpen: () => mostOpen,
  };
}
