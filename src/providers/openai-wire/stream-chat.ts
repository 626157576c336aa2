import type OpenAI from "openai";
import { eventStreamFault } from "../http/event-stream-fault.js";
import { type Asked, plainError, withLimits } from "../http/provider-fault.js";
import { sdkFault } from "../http/sdk-fault.js";
import { type ChatRequest, type Provider, ProviderError } from "../provider.js";
import { betterDialect, type Dialect } from "./dialect.js";
import { wireMessages } from "./messages.js";
import type { OpenAiWire } from "./openai-wire.js";
import { type OpenChat, readChat } from "./read-chat.js";

/** Chats over one client. Remembers, for as long as it lives, which optional parameters the server does not take. */
export function createStreamChat(client: OpenAI, wire: OpenAiWire, asked: () => Asked): Provider["streamChat"] {
  let dialect: Dialect = { takesStreamOptions: true, tokenLimit: wire.tokenLimit };

  const open = (request: ChatRequest, signal: AbortSignal) =>
    client.chat.completions
      .create(
        {
          model: request.model,
          messages: wireMessages(request),
          ...(request.maxOutputTokens !== undefined && { [dialect.tokenLimit]: request.maxOutputTokens }),
          ...(dialect.takesStreamOptions && { stream_options: { include_usage: true } }),
          stream: true,
        },
        { signal },
      )
      .withResponse();

  async function openAsTaken(request: ChatRequest, signal: AbortSignal) {
    for (;;) {
      try {
        return await open(request, signal);
      } catch (error) {
        const better = betterDialect(dialect, wire.tokenLimit, error);
        if (better === undefined) throw error;
        dialect = better;
      }
    }
  }

  const opened = async (request: ChatRequest, signal: AbortSignal): Promise<OpenChat> => {
    signal.throwIfAborted();
    const { data: stream, response } = await openAsTaken(request, signal);
    const limits = asked().limits(response.headers);
    const fault = eventStreamFault(wire.id, response);
    if (fault === undefined) return { chunks: stream[Symbol.asyncIterator](), limits };
    stream.controller.abort();
    throw withLimits(fault, limits);
  };
  return (request, signal) => ({
    [Symbol.asyncIterator]: () =>
      readChat({
        signal,
        open: () => opened(request, signal),
        cutOff: () => plainError(wire.id, "cut-off"),
        faultOf: (error, hasText) =>
          error instanceof ProviderError ? error : sdkFault(error, { ...asked(), request, hasText }),
      }),
  });
}
