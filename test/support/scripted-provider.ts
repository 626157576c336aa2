import type { ChatEvent, ChatRequest, ModelInfo, Provider } from "../../src/providers/provider.js";

export interface OpenStream {
  readonly request: ChatRequest;
  readonly signal: AbortSignal;
  send(text: string): void;
  think(text: string): void;
  finish(event?: Partial<Extract<ChatEvent, { type: "finish" }>>): void;
  fail(error: unknown): void;
}

export interface ScriptedProvider extends Provider {
  /** Streams in the order they were asked for. */
  readonly streams: OpenStream[];
}

/** A provider whose answers the test speaks word by word. */
export function scriptedProvider(id: string, models: readonly string[] = ["m1"]): ScriptedProvider {
  const streams: OpenStream[] = [];
  return {
    id,
    streams,
    listModels: async (): Promise<readonly ModelInfo[]> => models.map((model) => ({ id: model, isChat: true })),
    async *streamChat(request, signal) {
      const said: (() => ChatEvent)[] = [];
      let wake: () => void = () => {};
      const say = (event: () => ChatEvent) => {
        said.push(event);
        wake();
      };
      streams.push({
        request,
        signal,
        send: (text) => say(() => ({ type: "text-delta", text })),
        think: (text) => say(() => ({ type: "reasoning-delta", text })),
        finish: (event = {}) => say(() => ({ type: "finish", reason: "stop", ...event })),
        fail: (error) =>
          say(() => {
            throw error;
          }),
      });
      signal.addEventListener("abort", () => wake());
      for (;;) {
        while (said.length === 0) {
          signal.throwIfAborted();
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const event = said.shift()?.();
        if (event === undefined) continue;
        yield event;
        if (event.type === "finish") return;
      }
    },
  };
}
