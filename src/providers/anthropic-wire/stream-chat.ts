import type Anthropic from "@anthropic-ai/sdk";
import { eventStreamFault } from "../http/event-stream-fault.js";
import { type Asked, plainError, withLimits } from "../http/provider-fault.js";
import { sdkFault } from "../http/sdk-fault.js";
import { type ChatEvent, type Provider, ProviderError } from "../provider.js";
import { acceptableMessages, maxTokensFor } from "./messages.js";
import { noFacts, readDelta, readFacts } from "./read-events.js";

type Stream = AsyncIterable<unknown> & { readonly controller: AbortController };

/** Chats over one client. */
export function createStreamChat(
  client: Anthropic,
  asked: () => Asked,
  outputLimit: (model: string) => number | undefined,
): Provider["streamChat"] {
  return async function* streamChat(request, signal): AsyncGenerator<ChatEvent> {
    signal.throwIfAborted();
    let facts = noFacts;
    let hasText = false;
    let limits: ReturnType<Asked["limits"]>;
    const body = {
      model: request.model,
      max_tokens: maxTokensFor(request, outputLimit(request.model)),
      messages: acceptableMessages(request.messages),
      ...(request.system && { system: request.system }),
      stream: true,
    };
    try {
      // Not messages.create(): that prints to the console when a model is about to retire.
      const opening = client.post<Stream>("/v1/messages", { body, stream: true, signal });
      const { data: stream, response } = await opening.withResponse();
      limits = asked().limits(response.headers);
      const fault = eventStreamFault(asked().provider, response);
      if (fault) {
        stream.controller.abort();
        throw fault;
      }
      for await (const event of stream) {
        facts = readFacts(facts, event);
        const delta = readDelta(event);
        if (delta === undefined) continue;
        hasText ||= delta.type === "text-delta";
        yield delta;
      }
    } catch (error) {
      signal.throwIfAborted();
      const fault = error instanceof ProviderError ? error : sdkFault(error, { ...asked(), request, hasText });
      // After its finish marker an answer is whole, however the connection ends.
      if (!facts.hasStopped || fault.reason !== "cut-off") throw withLimits(fault, limits);
    }
    // The SDK's iterator ends silently when it is aborted, and when the connection closes in the middle.
    signal.throwIfAborted();
    if (!facts.hasStopped) throw withLimits(plainError(asked().provider, "cut-off"), limits);
    const { reason, usage, model } = facts;
    yield { type: "finish", reason, usage, ...(limits && { limits }), ...(model && { model }) };
  };
}
