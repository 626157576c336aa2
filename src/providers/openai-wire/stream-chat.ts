import type OpenAI from "openai";
import { type ChatEvent, type ChatRequest, type Provider, ProviderError } from "../provider.js";
import { eventStreamFault } from "../wire/event-stream-fault.js";
import { type Asked, plainError, withLimits } from "../wire/provider-fault.js";
import { sdkFault } from "../wire/sdk-fault.js";
import type { OpenAiWire } from "./openai-wire.js";
import { readDeltas, readFacts, type StreamFacts } from "./read-chunks.js";

/** Chats over one client. Remembers, for as long as it lives, that a server does not take `stream_options`. */
export function createStreamChat(client: OpenAI, wire: OpenAiWire, asked: () => Asked): Provider["streamChat"] {
  let takesStreamOptions = true;

  const open = (request: ChatRequest, signal: AbortSignal) =>
    client.chat.completions
      .create(
        {
          model: request.model,
          messages: [
            ...(request.system ? [{ role: "system", content: request.system } as const] : []),
            ...request.messages.map(({ role, content }) => ({ role, content })),
          ],
          ...(request.maxOutputTokens !== undefined && { [wire.tokenLimit]: request.maxOutputTokens }),
          ...(takesStreamOptions && { stream_options: { include_usage: true } }),
          stream: true,
        },
        { signal },
      )
      .withResponse();

  async function openAsTaken(request: ChatRequest, signal: AbortSignal) {
    try {
      return await open(request, signal);
    } catch (error) {
      if (!takesStreamOptions || !refusesStreamOptions(error)) throw error;
      takesStreamOptions = false;
      return await open(request, signal);
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

/** An older compatible server: 400 or 422 that names the parameter. */
const refusesStreamOptions = (error: unknown) =>
  error instanceof Error &&
  "status" in error &&
  (error.status === 400 || error.status === 422) &&
  /stream_options|include_usage/.test(error.message);
