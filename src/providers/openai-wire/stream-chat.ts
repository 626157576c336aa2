import type OpenAI from "openai";
import { type ChatEvent, type ChatRequest, type Provider, ProviderError } from "../provider.js";
import { eventStreamFault } from "../wire/event-stream-fault.js";
import { type Asked, plainError, withLimits } from "../wire/provider-fault.js";
import { sdkFault } from "../wire/sdk-fault.js";
import { betterDialect, type Dialect } from "./dialect.js";
import { wireMessages } from "./messages.js";
import type { OpenAiWire } from "./openai-wire.js";
import { readDeltas, readFacts, type StreamFacts } from "./read-chunks.js";

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

  return async function* streamChat(request, signal): AsyncGenerator<ChatEvent> {
    signal.throwIfAborted();
    let facts: StreamFacts = {};
    let hasText = false;
    let limits: ReturnType<Asked["limits"]>;
    try {
      const { data: stream, response } = await openAsTaken(request, signal);
      limits = asked().limits(response.headers);
      const fault = eventStreamFault(wire.id, response);
      if (fault) {
        stream.controller.abort();
        throw fault;
      }
      for await (const chunk of stream) {
        facts = readFacts(facts, chunk);
        for (const delta of readDeltas(chunk)) {
          hasText ||= delta.type === "text-delta";
          yield delta;
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      const fault = error instanceof ProviderError ? error : sdkFault(error, { ...asked(), request, hasText });
      // After its finish marker an answer is whole, even if only the count of its tokens is lost.
      if (facts.reason === undefined || fault.reason !== "cut-off") throw withLimits(fault, limits);
    }
    // The SDK's iterator ends silently when it is aborted, and when the connection closes in the middle.
    signal.throwIfAborted();
    if (facts.reason === undefined) throw withLimits(plainError(wire.id, "cut-off"), limits);
    const { reason, usage, model } = facts;
    yield { type: "finish", reason, ...(usage && { usage }), ...(limits && { limits }), ...(model && { model }) };
  };
}
